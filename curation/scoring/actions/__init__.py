"""What scoring does: keep judges and their versions, score for nothing what it can, and run what costs money."""

from curation.scoring.actions.creating import create_jobs, make_due
from curation.scoring.actions.ensembles import create_ensemble, new_ensemble_version
from curation.scoring.actions.jobs import retry_failed
from curation.scoring.actions.judges import add_version, create_judge, retire_judge
from curation.scoring.actions.rereading import read_anew
from curation.scoring.actions.rules import end_import_rule, follow_rules, set_import_rule
from curation.scoring.actions.runs import (
    ask_to_start,
    cancel_run,
    clear_cancelled,
    estimate_run,
    finish_runs,
    make_jobs,
    pause_run,
    rerun_failed,
    resume_run,
    start_run,
    stop_run,
)
from curation.scoring.actions.scores import insert_scores
from curation.scoring.actions.stages import move_on
from curation.scoring.actions.versions import adopt, ensure_embedded_judge, note_labels
from curation.scoring.actions.work import prepare, work

__all__ = [
    "add_version",
    "adopt",
    "ask_to_start",
    "cancel_run",
    "clear_cancelled",
    "create_ensemble",
    "create_jobs",
    "create_judge",
    "end_import_rule",
    "ensure_embedded_judge",
    "estimate_run",
    "finish_runs",
    "follow_rules",
    "insert_scores",
    "make_due",
    "make_jobs",
    "move_on",
    "new_ensemble_version",
    "note_labels",
    "pause_run",
    "prepare",
    "read_anew",
    "rerun_failed",
    "resume_run",
    "retire_judge",
    "retry_failed",
    "set_import_rule",
    "start_run",
    "stop_run",
    "work",
]
