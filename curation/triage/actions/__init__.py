"""Making queues over some stories, and putting stories into them."""

from curation.triage.actions.asking import dismiss_fill, fill_queue, make_queue, retry_fill
from curation.triage.actions.filling import fill_due

__all__ = ["dismiss_fill", "fill_due", "fill_queue", "make_queue", "retry_fill"]
