"""How far a queue is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from annotations.models import Assignment, Decision, Item, Queue
from annotations.models.assignment import AssignmentState
from annotations.models.decision import DECIDED, Outcome
from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User


@dataclass(frozen=True)
class QueueProgress:
    """Counts of one queue. Seats are reviews asked for; a story is done when all its seats are submitted."""

    stories: int = 0
    stories_done: int = 0
    seats: int = 0
    submitted: int = 0
    reading: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """Whole percent of the reviews asked for that are in, rounded down."""
        return 100 * self.submitted // self.seats if self.seats else 0

    @property
    def stories_left(self) -> int:
        """Stories that still wait for a review."""
        return self.stories - self.stories_done


def progress(queue: Queue, user: User | None = None) -> QueueProgress:
    """Return how far this queue is, in three statements."""
    return progress_of([queue], user)[queue.pk]


def progress_of(queues: Collection[Queue], user: User | None = None) -> dict[int, QueueProgress]:
    """Return how far each of these queues is, in three statements for all of them.

    For `user`, the outcomes leave out the stories that they have yet to judge blind.
    """
    items = (
        Item.objects.filter(queue__in=queues)
        .values("queue")
        .annotate(stories=Count("pk"), asked=Coalesce(Sum("seats"), 0), full=Count("pk", filter=Q(seats_left=0)))
    )
    active = Q(state=AssignmentState.ACTIVE)
    assignments = (
        Assignment.objects.filter(item__queue__in=queues, state__in=["active", "submitted"])
        .values("item__queue")
        .annotate(
            submitted=Count("pk", filter=~active),
            reading=Count("pk", filter=active),
            busy=Count("item", distinct=True, filter=active & Q(item__seats_left=0)),
        )
    )
    newest = Decision.objects.filter(DECIDED, queue__in=queues, superseded_by__isnull=True)
    if user is not None:
        newest = newest.exclude(to_judge_blind(user, "story"))
    by_item = {row["queue"]: row for row in items}
    by_assignment = {row["item__queue"]: row for row in assignments}
    outcomes = {
        (row["queue"], row["outcome"]): row["n"] for row in newest.values("queue", "outcome").annotate(n=Count("pk"))
    }
    return {
        queue.pk: QueueProgress(
            stories=by_item[queue.pk]["stories"] if queue.pk in by_item else 0,
            stories_done=_done(by_item.get(queue.pk), by_assignment.get(queue.pk)),
            seats=by_item[queue.pk]["asked"] if queue.pk in by_item else 0,
            submitted=by_assignment[queue.pk]["submitted"] if queue.pk in by_assignment else 0,
            reading=by_assignment[queue.pk]["reading"] if queue.pk in by_assignment else 0,
            outcomes={outcome: outcomes.get((queue.pk, outcome), 0) for outcome in Outcome.values},
        )
        for queue in queues
    }


def _done(items: Mapping[str, Any] | None, assignments: Mapping[str, Any] | None) -> int:
    """A story is done when it has no free seat and nobody is reading it."""
    return (items["full"] if items else 0) - (assignments["busy"] if assignments else 0)
