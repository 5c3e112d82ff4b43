"""A reviewer's queues and assignments."""

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from annotations.material import consent_version
from annotations.models import Assignment, Queue
from annotations.models.assignment import AssignmentState
from annotations.queries.consent import answered
from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.core.prepared import Prepared
from curation.stories.models import Tag

NO_QUEUE = gettext_lazy("There is no such queue, or you are not in it. A curator can add you.")

NOT_ASSIGNED = gettext_lazy("That story is not assigned to you. Go to your queues for the next one.")


@dataclass(frozen=True)
class QueueAccess:
    """A queue, and whether this person has answered the consent."""

    queue: Queue
    answered: bool


def queues_for(user: User) -> QuerySet[Queue]:
    """Return the queues this person may see: curators all, others those they are in that are not closed."""
    return _queues() if user.is_curator else _queues_of(user.pk)


def _queues() -> QuerySet[Queue]:
    return Queue.objects.select_related("rubric", "policy").defer("rubric__translations")


def _queues_of(member: int) -> QuerySet[Queue]:
    return _queues().filter(memberships__user=member).exclude(state="closed")


def queue_of(user: User, slug: str) -> Queue:
    """Return one of the queues this person may see; `NotFound` otherwise."""
    queue = queues_for(user).filter(slug=slug).first()
    if queue is None:
        raise NotFound(NO_QUEUE)
    return queue


def queue_access(user: User, slug: str) -> QueueAccess:
    """Return the queue that `queue_of` returns, and what stands before its stories, in one statement."""
    mine = ANY_QUEUE if user.is_curator else OWN_QUEUE
    queue = mine.first(user=user.pk, slug=slug, version=consent_version())
    if queue is None:
        raise NotFound(NO_QUEUE)
    return QueueAccess(queue, bool(getattr(queue, "answered", False)))


def assignments_of(user: User) -> QuerySet[Assignment]:
    """Return this person's assignments with queue and story, without the story's text."""
    return Assignment.objects.filter(reviewer=user).select_related("story", "item__queue").defer("story__text")


def load_assignment(user: User, pk: int) -> Assignment:
    """Return this person's assignment in one statement; `NotFound` if it is not theirs.

    Story, rubric, queue, policy and draft come with it, and as `tagged_themes` the theme keys of the story.
    """
    assignment = ASSIGNMENT.first(pk=pk, reviewer=user.pk)
    if assignment is None:
        raise NotFound(NOT_ASSIGNED)
    return assignment


def open_assignment(user: User, queue: Queue) -> Assignment | None:
    """Return the story this person is reading in this queue, without claiming one."""
    held = Assignment.objects.filter(reviewer=user, item__queue=queue, state=AssignmentState.ACTIVE)
    return held.order_by("claimed_at", "id").first()


def themes_of(assignment: Assignment) -> frozenset[str]:
    """Return the theme keys its story is tagged with, free when it came from `load_assignment`."""
    loaded: list[str] | None = getattr(assignment, "tagged_themes", None)
    if loaded is None:
        loaded = list(Tag.objects.filter(story_id=assignment.story_id, kind="theme").values_list("key", flat=True))
    return frozenset(loaded)


def _theme_keys() -> ArraySubquery:
    return ArraySubquery(Tag.objects.filter(story=OuterRef("story_id"), kind="theme").values("key"))


def _assignment(pk: int, reviewer: int) -> QuerySet[Assignment]:
    mine = Assignment.objects.filter(pk=pk, reviewer=reviewer).defer("rubric__translations")
    return mine.select_related("story", "rubric", "item__queue__policy", "draft").annotate(tagged_themes=_theme_keys())


ASSIGNMENT = Prepared(_assignment, pk=int, reviewer=int)
ACCESS = {"user": int, "slug": str, "version": int}
OWN_QUEUE = Prepared(
    lambda user, slug, version: _queues_of(user).filter(slug=slug).annotate(answered=answered(user, version)), **ACCESS
)
ANY_QUEUE = Prepared(
    lambda user, slug, version: _queues().filter(slug=slug).annotate(answered=answered(user, version)), **ACCESS
)
