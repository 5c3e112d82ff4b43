from curation.research.models.outcome import OutcomeState, TrainingOutcome
from curation.research.models.profile import Profile, RowGroup
from curation.research.models.report import ReportKind, ReportState, RowReport

__all__ = ["OutcomeState", "Profile", "ReportKind", "ReportState", "RowGroup", "RowReport", "TrainingOutcome"]
