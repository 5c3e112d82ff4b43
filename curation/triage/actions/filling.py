"""Carrying out a fill: the stories that fit are put into their queue slice by slice, as a worker does it."""

import logging
import time
from contextlib import suppress

from django.db import Error as DatabaseError
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.actions import add_items, recuse_from, set_priorities
from annotations.models import Item, Saw
from annotations.models.queue import ItemKind
from annotations.queries.blindness import reads
from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.core import leases
from curation.core.errors import Conflict, ExemplaError
from curation.core.jobs import nudge
from curation.core.leases import Lease, LeaseLost
from curation.triage.actions.asking import READING, TASK
from curation.triage.models import Fill, FillState
from curation.triage.queries import StorySelection, matching, priorities_in, select_stories

log = logging.getLogger(__name__)
SLICE = 2_000


def fill_due(*, seconds: float | None = None) -> int:
    """Carry out what waits, each for about `seconds` before it gives way to others; return how many were taken up."""

    def work(fill: Fill, lease: Lease) -> None:
        with lease:
            try:
                carry_out(fill, lease, seconds)
            except LeaseLost:
                raise
            except Exception as error:
                keep_reason(fill, lease, error)
            except BaseException:
                lease.give_back()
                raise

    return leases.carry_out_each(claim, work)


def claim() -> tuple[Fill, Lease] | None:
    """Take the fill that has waited longest; None if none is due."""
    return leases.claim_one(Fill.objects.select_related("queue__rubric", "created_by"))


def carry_out(fill: Fill, lease: Lease, seconds: float | None) -> None:
    """Put in what is missing, a slice and its count in one transaction: a kill loses nothing and doubles nothing."""
    if fill.reorders:
        reorder(fill, lease)
        return
    until = None if seconds is None else time.monotonic() + seconds
    selection = StorySelection.from_data(fill.selection, limit=fill.total - fill.added)
    if selection.by_score:
        with lease.storing():
            recuse_from_order(fill, selection)
    chosen = select_stories(selection, fill.queue.rubric, queue=fill.queue)
    # By their numbers where the priorities order them: those of the items are no secret.
    stories = sorted(chosen.story_ids) if selection.by_score else chosen.story_ids
    for start in range(0, len(stories), SLICE):
        part = stories[start : start + SLICE]
        with lease.storing():
            count = add_items(
                actor=fill.created_by or SYSTEM,
                queue=fill.queue,
                stories=part,
                priorities=chosen.priorities,
                recorded=False,
            )
            lease.update(added=F("added") + count, attempts=1, error="")
        fill.added += count
        if until is not None and time.monotonic() > until:
            with lease.storing():
                lease.end(FillState.PENDING, attempts=0, next_at=Now())
                nudge(TASK)
            return
    with lease.storing():
        lease.end(FillState.DONE)
        note(fill)


def reorder(fill: Fill, lease: Lease) -> None:
    """Put the stories of a queue in the order of another judge's scores. Interrupted, it begins anew: it is quick."""
    assert fill.created_by is not None  # noqa: S101 - tells mypy what holds here  # nosec
    selection = StorySelection.from_data(fill.selection, limit=fill.total)
    there = Item.objects.filter(queue=fill.queue, kind=ItemKind.NORMAL)
    with lease.storing():
        if there.filter(reads(fill.created_by, "story")).exists():
            raise Conflict(READING)
        recuse_from(user=fill.created_by, stories=there.values_list("story", flat=True), saw=Saw.ORDER)
    done = 0
    for priorities in priorities_in(fill.queue, selection):
        with lease.storing():
            done += set_priorities(queue=fill.queue, priorities=priorities)
            lease.update(added=done, attempts=1, error="")
    with lease.storing():
        lease.end(FillState.DONE)
        record(actor=fill.created_by, verb="queue.ordered", target=fill.queue, count=done)


def recuse_from_order(fill: Fill, selection: StorySelection) -> None:
    """Recuse whoever has stories put in an order by scores from them: it tells how all of them stand to each other.

    They may adjudicate them. Raises `Conflict` while they are reading one of them.
    """
    assert fill.created_by is not None  # noqa: S101 - tells mypy what holds here  # nosec
    stories = matching(selection, queue=fill.queue)
    if stories.filter(reads(fill.created_by, "pk")).exists():
        raise Conflict(READING)
    recuse_from(user=fill.created_by, stories=stories.values_list("pk", flat=True), saw=Saw.ORDER)


def note(fill: Fill) -> None:
    """Put what went into the queue on record, once for all slices."""
    if fill.added and not fill.reorders:
        record(
            actor=fill.created_by or SYSTEM,
            verb="queue.items_added",
            target=fill.queue,
            count=fill.added,
            kind=ItemKind.NORMAL.value,
        )


def keep_reason(fill: Fill, lease: Lease, error: Exception) -> None:
    """Let the fill wait if the error may pass, else fail with what a person can do about it."""
    if isinstance(error, ExemplaError):
        reason = error.message
    elif isinstance(error, DatabaseError):
        reason = _("The database was not there.")
    else:
        reason = _("It stopped at an unexpected error (%(error)s).") % {"error": type(error).__name__}
    log.error("fill %s stopped", fill.pk, exc_info=None if isinstance(error, ExemplaError) else error)
    # A database that is away cannot be told: the fill is free again when its lease has run out.
    with suppress(DatabaseError, LeaseLost):
        if lease.put_off(error, reason=reason) == FillState.FAILED:
            note(fill)
