"""What calibration does: show scores and note who has seen them, measure judges, learn from ratings."""

from curation.calibration.actions.measuring import measure
from curation.calibration.actions.refitting import due, refit, refit_what_is_due
from curation.calibration.actions.revealing import reveal_comparison, reveal_scores

__all__ = ["due", "measure", "refit", "refit_what_is_due", "reveal_comparison", "reveal_scores"]
