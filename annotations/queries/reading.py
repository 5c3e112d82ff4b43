"""What the review page says around the story."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from annotations.models import Assignment, Item, Review
from annotations.models.assignment import AssignmentState
from curation.accounts.models import User
from curation.standards.models import Principle
from curation.stories.models import Tag
from curation.stories.models.tag import TagKind

MANY = 50


@dataclass(frozen=True)
class Surroundings:
    """`left` counts the stories still free for this reviewer after this one, up to `MANY` + 1.

    `words` and `stories` are what they have read today. `left_behind` holds pk, title and story of their turns in
    the queue whose lease ran out with something marked, and whose place somebody else has.
    """

    principles: list[str]
    notes: list[str]
    words: int
    stories: int
    left: int
    left_behind: list[dict[str, Any]]


def midnight() -> datetime:
    """When today began, in the installation's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def left_behind_by(user: User) -> QuerySet[Assignment]:
    """Return this person's turns whose lease ran out with something marked, and whose place somebody else has."""
    return (
        left_behind().filter(reviewer=user).select_related("story", "item__queue").defer("story__text").order_by("id")
    )


def left_behind() -> QuerySet[Assignment]:
    """Return everybody's such turns."""
    over = Assignment.objects.filter(state=AssignmentState.EXPIRED, item__seats_left=0)
    return over.filter(draft__version__gt=0)


def surroundings(assignment: Assignment, *, reading: int = 0) -> Surroundings:
    """Collect in one statement what stands around the story of an assignment with its item loaded.

    For a story fetched ahead, `reading` is the assignment that will be submitted by the time it is shown.
    """
    newest = Principle.objects.filter(key=OuterRef("key")).order_by("-id").values("name")[:1]
    tags = Tag.objects.filter(story=OuterRef("story")).exclude(kind=TagKind.THEME)
    read = Review.objects.read().filter(reviewer=OuterRef("reviewer"), submitted_at__gte=midnight())
    today = read.order_by().values("reviewer")
    before = Assignment.objects.filter(pk=reading, reviewer=OuterRef("reviewer"), state=AssignmentState.ACTIVE)
    seen = Assignment.objects.filter(
        story=OuterRef("story"), reviewer=assignment.reviewer_id, rubric=assignment.rubric_id
    ).exclude(state="expired")
    free = Item.objects.filter(queue=OuterRef("item__queue"), seats_left__gt=0).exclude(Exists(seen))
    row = (
        Assignment.objects.filter(pk=assignment.pk)
        .annotate(
            around=ArraySubquery(
                tags.order_by("id").values(pair=JSONObject(kind="kind", name=Coalesce(Subquery(newest), "key")))
            ),
            words=Coalesce(Subquery(today.annotate(n=Sum("story__n_words")).values("n")), 0),
            stories=Coalesce(Subquery(today.annotate(n=Count("pk")).values("n")), 0),
            ahead=Coalesce(Subquery(before.values("story__n_words")), 0),
            free=ArraySubquery(free.values("pk")[: MANY + 1]),
            over=ArraySubquery(
                left_behind()
                .filter(reviewer=OuterRef("reviewer"), item__queue=OuterRef("item__queue"))
                .order_by("id")
                .values(turn=JSONObject(pk="pk", title="story__title", story="story_id"))
            ),
        )
        .values("around", "words", "stories", "ahead", "free", "over")
        .get()
    )
    names = [(pair["kind"], pair["name"]) for pair in row["around"]]
    return Surroundings(
        principles=list(dict.fromkeys(name for kind, name in names if kind == TagKind.PRINCIPLE)),
        notes=list(dict.fromkeys(name for kind, name in names if kind == TagKind.NOTE)),
        words=row["words"] + row["ahead"],
        stories=row["stories"] + (row["ahead"] > 0),
        left=len(row["free"]),
        left_behind=row["over"],
    )


def read_today(user: User) -> tuple[int, int]:
    """Return how many stories and words this person has read today."""
    found = (
        Review.objects.read()
        .filter(reviewer=user, submitted_at__gte=midnight())
        .aggregate(stories=Count("pk"), words=Coalesce(Sum("story__n_words"), 0))
    )
    return found["stories"], found["words"]
