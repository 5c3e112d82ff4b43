"""What calibration does: show scores and note who has seen them, measure judges and the pool, learn from ratings."""

from curation.calibration.actions.auditing import draw_audit
from curation.calibration.actions.combining import combine_what_is_due
from curation.calibration.actions.measuring import measure
from curation.calibration.actions.probing import record_probe
from curation.calibration.actions.pruning import prune_scores
from curation.calibration.actions.refitting import due, refit, refit_what_is_due
from curation.calibration.actions.revealing import (
    ask_for_scores,
    reveal_comparison,
    reveal_findings,
    reveal_scores,
)

__all__ = [
    "ask_for_scores",
    "combine_what_is_due",
    "draw_audit",
    "due",
    "measure",
    "prune_scores",
    "record_probe",
    "refit",
    "refit_what_is_due",
    "reveal_comparison",
    "reveal_findings",
    "reveal_scores",
]
