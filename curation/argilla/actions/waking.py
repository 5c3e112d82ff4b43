"""Waking the worker that speaks to Argilla, and having it try again what waits."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from curation.argilla.models import AnswerState, ArgillaAnswer, ArgillaServer, Link, LinkState, Listener
from curation.core.jobs import nudge

TASK = "argilla.sync"


def wake_worker(links: QuerySet[Link]) -> None:
    """Have a worker look at these links after the commit, those that wait."""
    if links.filter(state=LinkState.PENDING).update(next_at=Now()):
        nudge(TASK)


def try_at_once(answers: QuerySet[ArgillaAnswer]) -> None:
    """Have the next round try those of these answers that wait, however often they were tried before."""
    answers.filter(state=AnswerState.WAITING).update(tried_at=None, next_at=Now())


def look_at_listener(server: ArgillaServer) -> None:
    """Have a worker look after the commit whether a server calls here, if it should."""
    if Listener.objects.filter(server=server).update(next_at=Now()):
        nudge(TASK)
