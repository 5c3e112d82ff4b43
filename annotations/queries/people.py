"""Who reviews in a queue, and what they did there."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from annotations.models import Assignment, Membership, PracticeAttempt, Queue
from annotations.models.assignment import AssignmentState
from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import Role, User


@dataclass(frozen=True)
class Mine:
    """What one person did in one queue."""

    submitted: int = 0
    reading: int = 0


def mine_in(user: User, queues: Collection[Queue]) -> dict[int, Mine]:
    """Return what this person did in each of these queues, in one statement."""
    rows = (
        Assignment.objects.filter(reviewer=user, item__queue__in=queues)
        .values("item__queue")
        .annotate(
            submitted=Count("pk", filter=Q(state=AssignmentState.SUBMITTED)),
            reading=Count("pk", filter=Q(state=AssignmentState.ACTIVE)),
        )
    )
    done = {row["item__queue"]: Mine(row["submitted"], row["reading"]) for row in rows}
    return {queue.pk: done.get(queue.pk, Mine()) for queue in queues}


def memberships_of(user: User) -> set[int]:
    """Return the ids of the queues that this person reviews in."""
    return set(Membership.objects.filter(user=user).values_list("queue_id", flat=True))


def members_of(queue: Queue) -> QuerySet[User]:
    """Return the reviewers of a queue, with how many reviews they submitted there as `submitted`.

    `practised` says whether they have passed the practice round.
    """
    done = Count("assignments", filter=Q(assignments__item__queue=queue, assignments__state=AssignmentState.SUBMITTED))
    inside = Membership.objects.filter(queue=queue, user=OuterRef("pk"))
    practised = Exists(PracticeAttempt.objects.filter(user=OuterRef("pk"), passed=True))
    return User.objects.filter(Exists(inside)).annotate(submitted=done, practised=practised).order_by("username")


def could_join(queue: Queue) -> QuerySet[User]:
    """Return the active people who may review and are not in this queue yet."""
    people = User.objects.filter(is_active=True).exclude(role=Role.RESEARCHER)
    return people.exclude(memberships__queue=queue).order_by("username")


def passes_in(queue: Queue, user: User) -> QuerySet[Assignment]:
    """Return the assignments that were passed on in a queue, with their stories, the newest first.

    Without those that `user` has yet to judge blind: a reason says something of the story.
    """
    passed = Assignment.objects.filter(item__queue=queue, state=AssignmentState.PASSED)
    passed = passed.exclude(to_judge_blind(user, "story"))
    return passed.select_related("story").defer("story__text").order_by("-ended_at")
