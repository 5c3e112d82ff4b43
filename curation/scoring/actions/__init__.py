"""What scoring does: keep judge versions, hand out jobs, do them."""

from curation.scoring.actions.creating import create_jobs, make_due
from curation.scoring.actions.jobs import retry_failed
from curation.scoring.actions.versions import adopt, ensure_embedded_judge
from curation.scoring.actions.work import prepare, work

__all__ = ["adopt", "create_jobs", "ensure_embedded_judge", "make_due", "prepare", "retry_failed", "work"]
