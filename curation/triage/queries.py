"""Choosing stories for a queue. Machine scores are read here, and leave only as an order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Left, Random
from django.utils.text import slugify
from django.utils.translation import gettext as _

from annotations.actions.queues import RESERVED
from annotations.models import Item, Queue, Recusal, Saw
from annotations.models.queue import ItemKind
from annotations.queries.blindness import state_shown_to
from curation.accounts.models import User
from curation.core.errors import InvalidInput, NotFound
from curation.scoring.models import Judge
from curation.scoring.models.judge import JudgeKind
from curation.scoring.values import scores_of
from curation.standards.models import Rubric
from curation.stories.models import Check, Story
from curation.stories.stages import State
from curation.triage.filters import StoryFilter, matching_stories, raised_on
from curation.triage.models import Fill, FillState, QueueJudges

READY = {
    "ready": (State.CHECKED, State.SCORED),
    "scored": (State.SCORED,),
    "checked": (State.CHECKED,),
    "queued": (State.QUEUED,),
}
SLICE = 2000
# Code points of the text that stand in for a missing title.
OPENING = 80


@dataclass(frozen=True)
class StorySelection:
    """Which stories a queue takes, how many, in which order: `import`, `random`, `high` or `low` (by mean score).

    `judge` is the key of the judge whose scores those are; empty where no order rests on any.
    """

    filter: StoryFilter
    order: str = "import"
    limit: int = 100
    judge: str = ""

    @property
    def by_score(self) -> bool:
        """Whether the order rests on scores, so that it tells something of them."""
        return self.order in ("high", "low")

    def as_data(self) -> dict[str, Any]:
        """Return this selection as it is kept."""
        return {"filter": self.filter.as_data(), "order": self.order, "limit": self.limit, "judge": self.judge}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, limit: int) -> "StorySelection":
        """Return the selection that was kept, for no more than `limit` stories."""
        kept = StoryFilter.from_data(data["filter"])
        return cls(filter=kept, order=data["order"], limit=limit, judge=data.get("judge", ""))


@dataclass(frozen=True)
class SelectedStories:
    """Keys of the stories selected, in order. Larger `priorities` (0 to 500) come first, whatever is added later."""

    story_ids: list[int]
    priorities: dict[int, int]


def matching(selection: StorySelection, *, queue: Queue | None = None, reader: User | None = None) -> QuerySet[Story]:
    """Return the stories that fit a selection, those in `queue` already left out; for `reader` as they are told.

    A count of one story must not say that it is decided.
    """
    stories = matching_stories(selection.filter, reader=reader)
    if queue is not None:
        there = Item.objects.filter(queue=queue, kind=ItemKind.NORMAL, story=OuterRef("pk"))
        stories = stories.filter(~Exists(there))
    return stories


def free_slug(name: str) -> str:
    """Return an address that is free, made from a queue's name."""
    base = slugify(name)[:50] or "queue"
    alike = Queue.objects.filter(slug__istartswith=base).values_list("slug", flat=True)
    taken = {*(slug.lower() for slug in alike), *RESERVED}
    free = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(slug for slug in free if slug not in taken)


def every_fill(queue: Queue) -> QuerySet[Fill]:
    """Return all that was ever asked to be put into a queue."""
    return Fill.objects.filter(queue=queue)


def fills_of(queue: Queue) -> list[Fill]:
    """Return what is being put into a queue, or has stopped before it was all in, oldest first."""
    return list(Fill.objects.filter(queue=queue).exclude(state=FillState.DONE))


def load_fill(queue: Queue, pk: int) -> Fill:
    """Return a fill of this queue, or raise `NotFound`."""
    fill = Fill.objects.filter(queue=queue, pk=pk).first()
    if fill is None:
        raise NotFound(_("Somebody has seen to this already. Reload the page to see how it is now."))
    return fill


def judge_for(key: str) -> Judge | None:
    """Return the judge of this key, or the embedded scorer for an empty one; None while there is none."""
    return Judge.objects.filter(key=key).first() if key else embedded_judge()


def embedded_judge() -> Judge | None:
    """Return the judge whose scores are meant where nobody has chosen one; None before it is first needed."""
    return Judge.objects.filter(kind=JudgeKind.EMBEDDED).first()


def choosable_judges() -> QuerySet[Judge]:
    """The judges that a queue can be given besides the embedded scorer, those at rest too: their scores stay."""
    return Judge.objects.exclude(kind=JudgeKind.EMBEDDED).order_by("name")


def load_judge(key: str | None) -> Judge | None:
    """Return the judge of this key that a queue can be given, None for none; `InvalidInput` where there is none."""
    judge = choosable_judges().filter(key=key).first() if key else None
    if key and judge is None:
        raise InvalidInput(_("Choose judges that there are."))
    return judge


def judges_of(queue: Queue) -> QueueJudges:
    """Return what was chosen for a queue; a row that is not stored where nothing was."""
    found = QueueJudges.objects.filter(queue=queue).select_related("orders", "shows").first()
    return found or QueueJudges(queue=queue)


def shown_judge(queue: Queue) -> Judge | None:
    """Return the judge that reviewers of a queue are compared with after the commit; None while there is none."""
    chosen = Q(pk__in=QueueJudges.objects.filter(queue=queue).values("shows"))
    embedded = Q(kind=JudgeKind.EMBEDDED)
    first = Case(When(chosen, then=Value(0)), default=Value(1))
    return Judge.objects.filter(chosen | embedded).order_by(first, "pk").first()


def select_stories(selection: StorySelection, rubric: Rubric, *, queue: Queue | None = None) -> SelectedStories:
    """Resolve a selection into stories and priorities. What its judge has not scored comes last in an order by score.

    Whose scores those are was chosen when the stories were asked for; where nobody did, the embedded scorer's.
    """
    ids = matching(selection, queue=queue).values_list("pk", flat=True)
    if selection.order == "random":
        return SelectedStories(list(ids.order_by(Random())[: selection.limit]), {})
    if selection.order == "import":
        return SelectedStories(list(ids.order_by("pk")[: selection.limit]), {})
    sign = _sign(selection)
    means = dict(_means(ids.order_by("pk"), rubric, judge_for(selection.judge)))
    ordered = sorted(means, key=lambda pk: (means[pk] is None, -sign * (means[pk] or 0), pk))[: selection.limit]
    return SelectedStories(ordered, {pk: _priority(means[pk], sign) for pk in ordered})


def priorities_in(queue: Queue, selection: StorySelection) -> Iterator[dict[int, int]]:
    """Yield what the order of `selection` makes of the stories that are in a queue: some of them at a time, by id."""
    stories = Item.objects.filter(queue=queue, kind=ItemKind.NORMAL).order_by("story").values_list("story", flat=True)
    sign, means = _sign(selection), _means(stories, queue.rubric, judge_for(selection.judge))
    while part := dict(islice(means, SLICE)):
        yield {pk: _priority(mean, sign) for pk, mean in part.items()}


def _sign(selection: StorySelection) -> int:
    return 1 if selection.order == "high" else -1


def _priority(mean: float | None, sign: int) -> int:
    if mean is None:
        return 0
    return round(100 * mean) if sign > 0 else round(100 * (6 - mean))


def _means(ids: QuerySet[Any, int], rubric: Rubric, judge: Judge | None) -> Iterator[tuple[int, float | None]]:
    every = ids.iterator(chunk_size=SLICE)
    while part := list(islice(every, SLICE)):
        scores = scores_of(part, rubric, judge) if judge else {}
        for pk in part:
            values = list(scores.get(pk, {}).values())
            yield pk, (sum(values) / len(values) if values else None)


def as_listed(stories: QuerySet[Story], *, reader: User) -> QuerySet[Story]:
    """Return stories as a list tells `reader` of them: with source, stage and tags, without what is long.

    Each has `findings` (kinds of checks that found something), `raised` (keys of flags that readers raised), `opening`
    (the first `OPENING` code points of its text) and `told`, the state that `reader` may know. Flags of readers come
    only with stories of which it is on record that `reader` saw reviews: a list puts nothing on record.
    """
    found = Check.objects.filter(story=OuterRef("pk")).exclude(verdict="pass").order_by("id")
    known = Recusal.objects.filter(user=reader, story=OuterRef("review__story"), saw=Saw.REVIEWS)
    raised = raised_on(OuterRef("pk"), reader=reader).filter(Exists(known)).order_by("flag__key")
    return (
        stories.select_related("source", "stage")
        .defer("text", "prompt", "original")
        .prefetch_related("tags")
        .annotate(
            findings=ArraySubquery(found.values("kind")),
            raised=ArraySubquery(raised.values("flag__key").distinct()),
            opening=Left("text", OPENING),
        )
        .annotate(told=state_shown_to(reader, "pk", "stage__state"))
    )
