"""Making queues out of a curator's selection, and asking for more stories in one. A worker puts them in."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions import add_member, create_queue
from annotations.models import Item, Queue
from annotations.models.queue import ItemKind, QueueState
from annotations.permissions import check_can_run_queues
from annotations.queries.blindness import reads
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.jobs import nudge
from curation.scoring.models import Judge
from curation.triage.models import Fill, FillState, QueueJudges
from curation.triage.queries import StorySelection, embedded_judge, judges_of, matching

TASK = "triage.fill"
UNDER_WAY = [FillState.PENDING, FillState.RUNNING]
NOTHING = gettext_lazy("No story fits that choice. Widen it, or wait until imported stories are checked.")
READING = gettext_lazy(
    "You are reading one of these stories yourself, so you cannot have them put in an order by scores. "
    "Submit or pass on your review first, or choose another order."
)
# The second of two clicks comes within moments.
SAME_CLICK = timedelta(minutes=1)


def make_queue(
    *,
    actor: User,
    selection: StorySelection,
    members: Collection[User],
    orders: Judge | None = None,
    shows: Judge | None = None,
    **fields: Any,
) -> tuple[Queue, Fill]:
    """Make a queue with its reviewers, and have its first stories put in, all or nothing.

    `orders` and `shows` are the judges of `set_queue_judges`; `fields` are those of
    `annotations.actions.create_queue`. Raises `InvalidInput` when no story fits. The same person
    asking for the same again within a minute gets the queue that they have just made.
    """
    selection = _judged(selection, orders)
    with transaction.atomic():
        try:
            with transaction.atomic():
                queue = create_queue(actor=actor, **fields)
        except Conflict:
            if same := _just_made(actor, str(fields["name"]), selection):
                return same.queue, same
            raise
        if orders or shows:
            set_queue_judges(actor=actor, queue=queue, orders=orders, shows=shows)
        for member in members:
            add_member(actor=actor, queue=queue, user=member)
        return queue, fill_queue(actor=actor, queue=queue, selection=selection)


def set_queue_judges(*, actor: User, queue: Queue, orders: Judge | None, shows: Judge | None) -> Fill | None:
    """Choose whose scores order the stories of a queue, and whose are shown after a commit. None: the embedded scorer.

    Where stories are in the queue in an order by scores, and another judge is to order them, a worker puts them in the
    new order; return that work. Raises `Conflict` while stories are being put in by the order of before, and while the
    actor reads one of those that are in.
    """
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        locked = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
        before = judges_of(locked).orders
        QueueJudges.objects.update_or_create(queue=queue, defaults={"orders": orders, "shows": shows})
        named = {"orders": orders.key if orders else "", "shows": shows.key if shows else ""}
        record(actor=actor, verb="queue.judges_set", target=queue, **named)
        return None if before == orders else _reorder(actor, locked, orders)


def _reorder(actor: User, queue: Queue, orders: Judge | None) -> Fill | None:
    """Have a worker put a queue in the order that it has by scores, those of another judge; None where it has none."""
    by_score = Fill.objects.filter(queue=queue, selection__order__in=["high", "low"])
    if by_score.filter(state__in=UNDER_WAY).exists():
        raise Conflict(_("Stories are being put in order right now. Choose another judge once that is done."))
    items = Item.objects.filter(queue=queue, kind=ItemKind.NORMAL)
    last = by_score.order_by("-pk").first()
    total = items.count()
    if last is None or not total:
        return None
    if items.filter(reads(actor, "story")).exists():
        raise Conflict(READING)
    selection = _judged(StorySelection.from_data(last.selection, limit=total), orders).as_data()
    fill = Fill.objects.create(queue=queue, selection=selection, total=total, created_by=actor, reorders=True)
    nudge(TASK)
    return fill


def fill_queue(*, actor: User, queue: Queue, selection: StorySelection) -> Fill:
    """Have the stories that fit put into a queue, in the selection's order; return the work that a worker carries out.

    Raises `InvalidInput` when none fits, `Conflict` for a closed queue, and for an order by scores while they are
    reading one of the stories. The same person asking for the same again gets
    what is under way.
    """
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        # Two clicks at once: the second waits here, and finds what the first has asked for.
        locked = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
        if locked.state == QueueState.CLOSED:
            raise Conflict(_("This queue is closed. Reopen it before adding stories."))
        selection = _judged(selection, judges_of(locked).orders)
        asked = selection.as_data()
        twice = Fill.objects.filter(queue=locked, state__in=UNDER_WAY, selection=asked, created_by=actor)
        same = twice.filter(reorders=False).first()
        if same is not None:
            return same
        if selection.by_score and matching(selection, queue=locked).filter(reads(actor, "pk")).exists():
            raise Conflict(READING)
        total = matching(selection, queue=locked).order_by()[: selection.limit].count()
        if not total:
            raise InvalidInput(NOTHING)
        fill = Fill.objects.create(queue=locked, selection=asked, total=total, created_by=actor)
        nudge(TASK)
    return fill


def retry_fill(*, actor: User, fill: Fill) -> None:
    """Have a failed one go on with the stories that are not in yet. `Conflict` if it has not failed."""
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        failed = Fill.objects.filter(pk=fill.pk, state=FillState.FAILED)
        if not failed.update(state=FillState.PENDING, error="", attempts=0, next_at=Now()):
            raise Conflict(_("Somebody has seen to this already. Reload the page to see how it is now."))
        nudge(TASK)


def dismiss_fill(*, actor: User, fill: Fill) -> None:
    """Leave a failed one as it is: what is in the queue stays. `Conflict` if it has not failed."""
    check_can_run_queues(actor=actor)
    if not Fill.objects.filter(pk=fill.pk, state=FillState.FAILED).delete()[0]:
        raise Conflict(_("Somebody has seen to this already. Reload the page to see how it is now."))


def _judged(selection: StorySelection, orders: Judge | None) -> StorySelection:
    """Return the selection with the judge that its order rests on, so that it stays as it was asked for."""
    judge = (orders or embedded_judge()) if selection.by_score else None
    return replace(selection, judge=judge.key if judge else "")


def _just_made(actor: User, name: str, selection: StorySelection) -> Fill | None:
    made = Fill.objects.filter(
        queue__name__iexact=name.strip(), queue__created_by=actor, queue__created_at__gt=Now() - SAME_CLICK
    )
    return made.filter(selection=selection.as_data(), created_by=actor).select_related("queue").first()
