"""Choosing stories for a queue. Machine scores are read here, and leave only as an order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Random
from django.utils.translation import gettext as _

from annotations.models import Item, Queue
from annotations.models.queue import ItemKind
from annotations.queries.blindness import told_to_be
from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.scoring.values import scores_of
from curation.standards.models import Rubric
from curation.stories.models import ImportRun, Source, Story, Tag
from curation.stories.models.tag import TagKind
from curation.stories.stages import State
from curation.triage.models import Fill, FillState

READY = {
    "ready": [State.CHECKED, State.SCORED],
    "scored": [State.SCORED],
    "checked": [State.CHECKED],
    "queued": [State.QUEUED],
}
SLICE = 2000


@dataclass(frozen=True)
class Wish:
    """Which stories a curator wants, and in which order: `import`, `random`, `high` or `low` (by mean score).

    `run` takes those that one import added, `stories` those with these ids, of at least one.
    """

    state: str = "ready"
    source: Source | None = None
    run: ImportRun | None = None
    stories: tuple[int, ...] = ()
    principle: str = ""
    theme: str = ""
    order: str = "import"
    limit: int = 100

    @property
    def by_score(self) -> bool:
        """Whether the order rests on scores, so that it tells something of them."""
        return self.order in ("high", "low")

    def as_data(self) -> dict[str, Any]:
        """Return this wish as it is kept, with the keys of what it names."""
        return {
            "state": self.state,
            "source": self.source and self.source.pk,
            "run": self.run and self.run.pk,
            "stories": list(self.stories),
            "principle": self.principle,
            "theme": self.theme,
            "order": self.order,
            "limit": self.limit,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, limit: int) -> "Wish":
        """Return the wish that was kept, for no more than `limit` stories."""
        return cls(
            state=data["state"],
            source=Source.objects.get(pk=data["source"]) if data["source"] else None,
            run=ImportRun.objects.get(pk=data["run"]) if data["run"] else None,
            stories=tuple(data["stories"]),
            principle=data["principle"],
            theme=data["theme"],
            order=data["order"],
            limit=limit,
        )


@dataclass(frozen=True)
class Choice:
    """The stories chosen, in order. Larger `priorities` (0 to 500) come first, whatever is added later."""

    story_ids: list[int]
    priorities: dict[int, int]


def matching(wish: Wish, *, queue: Queue | None = None, reader: User | None = None) -> QuerySet[Story]:
    """Return the stories that fit a wish, those in `queue` already left out.

    For `reader`, by the states that they are told: a count of one story must not say that it is decided.
    """
    if reader is None:
        stories = Story.objects.filter(stage__state__in=READY[wish.state])
    else:
        told = (told_to_be(reader, state, story="pk", field="stage__state") for state in READY[wish.state])
        stories = Story.objects.filter(reduce(or_, told))
    if wish.source is not None:
        stories = stories.filter(source=wish.source)
    if wish.run is not None:
        stories = stories.filter(import_run=wish.run)
    if wish.stories:
        stories = stories.filter(pk__in=wish.stories)
    for kind, key in ((TagKind.PRINCIPLE, wish.principle), (TagKind.THEME, wish.theme)):
        if key:
            stories = stories.filter(Exists(Tag.objects.filter(story=OuterRef("pk"), kind=kind, key=key)))
    if queue is not None:
        there = Item.objects.filter(queue=queue, kind=ItemKind.NORMAL, story=OuterRef("pk"))
        stories = stories.filter(~Exists(there))
    return stories


def fills_of(queue: Queue) -> list[Fill]:
    """Return what is being put into a queue, or has stopped before it was all in, oldest first."""
    return list(Fill.objects.filter(queue=queue).exclude(state=FillState.DONE))


def load_fill(queue: Queue, pk: int) -> Fill:
    """Return a fill of this queue, or raise `NotFound`."""
    fill = Fill.objects.filter(queue=queue, pk=pk).first()
    if fill is None:
        raise NotFound(_("Somebody has seen to this already. Reload the page to see how it is now."))
    return fill


def choose(wish: Wish, rubric: Rubric, *, queue: Queue | None = None) -> Choice:
    """Resolve a wish into stories and priorities. Stories that no model has scored come last in an order by score."""
    ids = matching(wish, queue=queue).values_list("pk", flat=True)
    if wish.order == "random":
        return Choice(list(ids.order_by(Random())[: wish.limit]), {})
    if wish.order == "import":
        return Choice(list(ids.order_by("pk")[: wish.limit]), {})
    sign = 1 if wish.order == "high" else -1
    means = dict(_means(ids.order_by("pk"), rubric))
    ordered = sorted(means, key=lambda pk: (means[pk] is None, -sign * (means[pk] or 0), pk))[: wish.limit]
    return Choice(ordered, {pk: _priority(means[pk], sign) for pk in ordered})


def _priority(mean: float | None, sign: int) -> int:
    if mean is None:
        return 0
    return round(100 * mean) if sign > 0 else round(100 * (6 - mean))


def _means(ids: QuerySet[Story, int], rubric: Rubric) -> Iterator[tuple[int, float | None]]:
    every = ids.iterator(chunk_size=SLICE)
    while part := list(islice(every, SLICE)):
        scores = scores_of(part, rubric)
        for pk in part:
            values = list(scores.get(pk, {}).values())
            yield pk, (sum(values) / len(values) if values else None)
