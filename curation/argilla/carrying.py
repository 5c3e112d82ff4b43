"""One round of a link: its dataset is there, then stories are sent, then answers are read. No transaction is open
while Argilla is called.

Every step first looks what is done. So a round that was killed anywhere, or whose answer was lost, is gone on with by
the next, and another round changes nothing.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Now

from curation.argilla import faults
from curation.argilla.bringing_in import anything_due
from curation.argilla.client import Argilla
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import Link, LinkState
from curation.argilla.preparing import prepare
from curation.argilla.pulling import pull
from curation.argilla.pushing import push
from curation.argilla.told import anything_told
from curation.core import leases
from curation.core.errors import ExemplaError
from curation.core.leases import Lease, LeaseLost, is_retryable

log = logging.getLogger(__name__)
# Between two rounds, and after an error that may pass.
EVERY = 60.0
# A server that asks for more is asked again after so long all the same.
LONGEST_WAIT = 3_600.0


@dataclass(frozen=True)
class SyncRound:
    """What a round came to: how many stories were sent and answers brought in, or what went wrong."""

    sent: int = 0
    found: int = 0
    fault: str = ""


def claim(pk: int | None = None) -> tuple[Link, Lease] | None:
    """Take the link that has waited longest, or that of `pk` if it waits; None if none is due."""
    rows = Link.objects.select_related("server", "queue__rubric", "judge")
    return leases.claim_one(rows, among=None if pk is None else Q(pk=pk))


def carry_out_due() -> int:
    """Carry out a round of every link that is due, and return of how many."""
    return leases.carry_out_each(claim, carry_out)


def carry_out(link: Link, lease: Lease, *, pushes: bool = True, pulls: bool = True) -> SyncRound:
    """Carry out a round of a claimed link, or half of one. An interruption gives it back."""
    with lease:
        try:
            with Argilla(link.server) as argilla:
                dataset = prepare(link, lease, argilla)
                sent = push(link, lease, argilla) if pushes else 0
                found = pull(link, lease, argilla, dataset) if pulls else 0
            with lease.storing():
                more = anything_told(link) or anything_due(link)
                wait = timedelta(0) if more else timedelta(seconds=EVERY)
                lease.end(LinkState.PENDING, error="", attempts=0, next_at=Now() + wait)
            return SyncRound(sent, found)
        except LeaseLost:
            raise
        except Exception as error:
            return SyncRound(fault=keep_reason(link, lease, error))
        except BaseException:
            lease.give_back()
            raise


def keep_reason(link: Link, lease: Lease, error: Exception) -> str:
    """Let the link wait if the error may pass, else fail; return what went wrong."""
    trouble = (
        error if isinstance(error, ArgillaTrouble) else ArgillaTrouble(_in_words(error), passes=is_retryable(error))
    )
    if not isinstance(error, ArgillaTrouble | ExemplaError | OSError):
        log.error("link %s", link.pk, exc_info=error)
    pause = timedelta(seconds=min(max(trouble.after, EVERY), LONGEST_WAIT))
    state = LinkState.PENDING if trouble.passes else LinkState.FAILED
    with suppress(DatabaseError), lease.storing():
        lease.end(state, error=trouble.words, attempts=0, next_at=Now() + pause)
    return trouble.words


def _in_words(error: Exception) -> str:
    if isinstance(error, ExemplaError):
        return error.message
    return faults.STOPPED % {"error": type(error).__name__}
