"""Waking the worker that speaks to Argilla."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from curation.argilla.models import Link, LinkState
from curation.core.jobs import nudge

TASK = "argilla.sync"


def wake_worker(links: QuerySet[Link]) -> None:
    """Have a worker look at these links after the commit, those that wait."""
    if links.filter(state=LinkState.PENDING).update(next_at=Now()):
        nudge(TASK)
