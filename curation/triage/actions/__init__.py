"""Making queues over some stories, putting stories into them, and having judges score some."""

from curation.triage.actions.asking import dismiss_fill, fill_queue, make_queue, retry_fill, set_queue_judges
from curation.triage.actions.filling import fill_due
from curation.triage.actions.running import begin_run, propose_run, start_due_runs

__all__ = [
    "begin_run",
    "dismiss_fill",
    "fill_due",
    "fill_queue",
    "make_queue",
    "propose_run",
    "retry_fill",
    "set_queue_judges",
    "start_due_runs",
]
