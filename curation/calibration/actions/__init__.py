"""What calibration does: note who has seen scores, measure judges, learn from ratings."""

from curation.calibration.actions.exposures import record_exposure
from curation.calibration.actions.measuring import measure
from curation.calibration.actions.refitting import due, refit, refit_what_is_due

__all__ = ["due", "measure", "record_exposure", "refit", "refit_what_is_due"]
