"""Reading human ratings: what machines are held against, and how far people agree."""

from curation.calibration.queries.agreement import Agreement, agreement
from curation.calibration.queries.labels import Labels, labelled_count, labels
from curation.calibration.queries.quality import Quality, quality_of

__all__ = ["Agreement", "Labels", "Quality", "agreement", "labelled_count", "labels", "quality_of"]
