from curation.calibration.models.anchoring import Anchoring
from curation.calibration.models.audit import AuditSample, PoolQuality
from curation.calibration.models.exposure import Exposure
from curation.calibration.models.probe import Probe, ProbeStory
from curation.calibration.models.quality import JudgeQuality

__all__ = ["Anchoring", "AuditSample", "Exposure", "JudgeQuality", "PoolQuality", "Probe", "ProbeStory"]
