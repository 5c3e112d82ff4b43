"""What the review page says around the story."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext_lazy as _

from annotations.models import Assignment, Item, Review
from annotations.models.assignment import AssignmentState
from annotations.queries.today import WORDS, remember, remembered
from curation.accounts.models import User
from curation.core.prepared import Prepared
from curation.standards.models import Principle
from curation.standards.spec import spec_for_reader
from curation.standards.translating import name_for_reader
from curation.stories.models import Tag
from curation.stories.models.tag import TagKind, TagSource
from curation.stories.names import name_of

MANY = 50
WHOSE = {
    TagSource.IMPORT: _("tags of the imported file"),
    TagSource.CURATOR: _("tags of a curator"),
    TagSource.CHECK: _("tags of an automatic check"),
}


@dataclass(frozen=True)
class Surroundings:
    """`left` counts the stories still free for this reviewer after this one, up to `MANY` + 1.

    `words` and `stories` are what they have read today. `left_behind` holds, of their assignments in the queue whose
    lease ran out with something marked, and whose place somebody else has, pk and the story's name. `tagged` names the
    themes the story is tagged with; `principles_by` and `tagged_by` say whose tags those are. `first` says that they
    have submitted nothing yet.
    """

    principles: list[str]
    principles_by: str
    tagged: list[str]
    tagged_by: str
    notes: list[str]
    first: bool
    words: int
    stories: int
    left: int
    left_behind: list[dict[str, Any]]


def left_behind_by(user: User) -> QuerySet[Assignment]:
    """Return this person's assignments whose lease ran out with something marked, and whose place somebody else has."""
    return (
        left_behind().filter(reviewer=user).select_related("story", "item__queue").defer("story__text").order_by("id")
    )


def left_behind() -> QuerySet[Assignment]:
    """Return everybody's such assignments."""
    over = Assignment.objects.filter(state=AssignmentState.EXPIRED, item__seats_left=0)
    return over.filter(draft__isnull=False)


def surroundings(assignment: Assignment, *, reading: int = 0) -> Surroundings:
    """Collect in one statement what stands around the story of an assignment with its item loaded.

    For a story fetched ahead, `reading` is the assignment that will be submitted by the time it is shown.
    """
    known = remembered(assignment.reviewer_id)
    (row,) = AROUND(
        pk=assignment.pk,
        reviewer=assignment.reviewer_id,
        rubric=assignment.rubric_id,
        reading=reading,
        since=known.until,
    )
    later = row["later"] or {"words": 0, "stories": 0}
    remember(assignment.reviewer_id, known, later["stories"])
    themes = {theme.key: theme.name for theme in spec_for_reader(assignment.rubric).themes}
    named = {kind: [tag for tag in row["around"] if tag["kind"] == kind] for kind in TagKind.values}
    return Surroundings(
        principles=_names(named[TagKind.PRINCIPLE]),
        principles_by=_whose(named[TagKind.PRINCIPLE]),
        tagged=list(dict.fromkeys(themes.get(tag["key"], tag["key"]) for tag in named[TagKind.THEME])),
        tagged_by=_whose(named[TagKind.THEME]),
        notes=_names(named[TagKind.NOTE]),
        first=row["first"],
        words=known.words + later["words"] + row["ahead"],
        stories=known.stories + later["stories"] + (row["ahead"] > 0),
        left=len(row["free"]),
        left_behind=[{"pk": one["pk"], "name": name_of(one["title"], one["story"])} for one in row["over"]],
    )


def _around(pk: int, reviewer: int, rubric: int, reading: int, since: datetime) -> QuerySet[Any, Any]:
    newest = Principle.objects.filter(key=OuterRef("key")).order_by("-id").values(called=name_for_reader(Principle))[:1]
    tags = Tag.objects.filter(story=OuterRef("story"))
    read = Review.objects.read().filter(reviewer=OuterRef("reviewer"), submitted_at__gte=since)
    later = read.order_by().values("reviewer").values(sums=JSONObject(words=WORDS, stories=Count("pk")))
    before = Assignment.objects.filter(pk=reading, reviewer=OuterRef("reviewer"), state=AssignmentState.ACTIVE)
    seen = Assignment.objects.filter(story=OuterRef("story"), reviewer=reviewer, rubric=rubric).exclude(state="expired")
    # From the end of the queue: at its head stand those that this reviewer has read and others have yet to.
    free = Item.objects.filter(queue=OuterRef("item__queue"), seats_left__gt=0).exclude(Exists(seen))
    free = free.order_by((-F("priority")).desc(), "-id")
    return (
        Assignment.objects.filter(pk=pk)
        .annotate(
            around=ArraySubquery(
                tags.order_by("id").values(
                    tag=JSONObject(
                        kind="kind",
                        source="source",
                        key="key",
                        name=Coalesce(Subquery(newest), "key"),
                    )
                )
            ),
            later=Subquery(later),
            ahead=Coalesce(Subquery(before.values("story__n_words")), 0),
            first=~Exists(Review.objects.filter(reviewer=OuterRef("reviewer"))),
            free=ArraySubquery(free.values("pk")[: MANY + 1]),
            over=ArraySubquery(
                left_behind()
                .filter(reviewer=OuterRef("reviewer"), item__queue=OuterRef("item__queue"))
                .order_by("id")
                .values(assignment=JSONObject(pk="pk", title="story__title", story="story_id"))
            ),
        )
        .values("around", "later", "ahead", "first", "free", "over")
    )


AROUND = Prepared(_around, pk=int, reviewer=int, rubric=int, reading=int, since=datetime)


def _names(tags: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(tag["name"] for tag in tags))


def _whose(tags: list[dict[str, str]]) -> str:
    return ", ".join(dict.fromkeys(str(WHOSE[TagSource(tag["source"])]) for tag in tags))
