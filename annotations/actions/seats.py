"""The one place where seats are freed: items before assignments, so that nothing locks in the other order."""

from collections.abc import Collection

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy

from annotations.models import Assignment, Bookmark, Item
from annotations.models.assignment import LIVE, AssignmentState

# What a queue says that hands out no story, by its state.
SHUT = {
    "paused": gettext_lazy("This queue is paused. Your queues page shows where there is something to read."),
    "closed": gettext_lazy("This queue is closed. Your queues page shows where there is something to read."),
}
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('annotations.reviewer'), %s)"


def one_at_a_time(reviewer_id: int) -> None:
    """Wait until no claim of this person is under way; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [reviewer_id])


def lock_items(item_ids: Collection[int]) -> list[Item]:
    """Lock these items, in an order that cannot deadlock."""
    return list(Item.objects.filter(pk__in=item_ids).order_by("pk").select_for_update(no_key=True))


def lock_story(story_id: int) -> list[Item]:
    """Lock all items of a story, whatever queues they are in."""
    return lock_items(list(Item.objects.filter(story=story_id).values_list("pk", flat=True)))


def end(assignments: QuerySet[Assignment], state: AssignmentState, *, reason: str = "") -> int:
    """End those of the assignments that are active, free their seats and pull bookmarks back; return how many.

    Call it in a transaction.
    """
    items = lock_items(assignments.filter(state=AssignmentState.ACTIVE).values_list("item_id", flat=True))
    if not items:
        return 0
    # Whoever submitted while the items were being locked has kept the seat: the filter is read again.
    ending = assignments.filter(state=AssignmentState.ACTIVE, item__in=items).values_list("pk", flat=True)
    ended = Assignment.objects.filter(pk__in=list(ending), state=AssignmentState.ACTIVE).update(
        state=state, ended_at=Now(), pass_reason=reason
    )
    recount(items)
    pull_back(items)
    return ended


def recount(items: Collection[Item]) -> None:
    """Set the free seats of locked items from their live assignments."""
    live = Assignment.objects.filter(LIVE, item=OuterRef("pk")).order_by().values("item").annotate(n=Count("pk"))
    Item.objects.filter(pk__in=[item.pk for item in items]).update(
        seats_left=F("seats") - Coalesce(Subquery(live.values("n")), 0)
    )


def shrink(items: Collection[Item]) -> None:
    """Close locked items: keep the seats that are held and take the free ones away."""
    Item.objects.filter(pk__in=[item.pk for item in items]).update(seats=F("seats") - F("seats_left"), seats_left=0)


def close(items: Collection[Item], state: AssignmentState = AssignmentState.EXPIRED) -> None:
    """End the reading of locked items and take their free seats away.

    As `EXPIRED`, an assignment can still be kept as an extra review.
    """
    end(Assignment.objects.filter(item__in=items), state)
    shrink(items)


def pull_back(items: Collection[Item]) -> None:
    """Move every bookmark that lies behind one of these items back to it, so that its owner passes there again."""
    first: dict[int, Item] = {}
    for item in sorted(items, key=lambda item: (-item.priority, item.pk)):
        first.setdefault(item.queue_id, item)
    for queue_id, item in sorted(first.items()):
        behind = Q(priority__lt=item.priority) | Q(priority=item.priority, item_id__gt=item.pk)
        marks = Bookmark.objects.filter(behind, queue_id=queue_id).order_by("pk").select_for_update()
        Bookmark.objects.filter(pk__in=list(marks.values_list("pk", flat=True))).update(
            priority=item.priority, item_id=item.pk
        )
