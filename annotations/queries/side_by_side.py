"""The reviews of one story beside each other, for whoever settles it. Nothing here knows of a machine's score."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Decision, Review
from annotations.queries.decisions import reviews_in_full
from curation.standards.models import Criterion

WIDE = 3


@dataclass(frozen=True)
class Cell:
    """One reader's answer. `value` is None for N/A; `asked` is False where the criterion did not apply to them."""

    asked: bool
    value: int | None
    label: str
    anchor: str


@dataclass(frozen=True)
class Row:
    """One criterion. `gap` is the largest difference between two ratings, in rating points."""

    criterion: Criterion
    cells: list[Cell]
    mean: float | None
    gap: int

    @property
    def wide(self) -> bool:
        """Whether the readers are far apart."""
        return self.gap >= WIDE


@dataclass(frozen=True)
class SideBySide:
    """Readers are numbered, not named, in the order in which they submitted."""

    decision: Decision
    reviews: Sequence[Review]
    criteria: Sequence[Criterion]

    @cached_property
    def rows(self) -> list[Row]:
        """One row for each criterion that anybody rated."""
        return [row for criterion in self.criteria if (row := self._row(criterion))]

    def _row(self, criterion: Criterion) -> Row | None:
        given = [{rating.criterion_id: rating.value for rating in review.ratings.all()} for review in self.reviews]
        if not any(criterion.pk in ratings for ratings in given):
            return None
        cells = [_cell(criterion, criterion.pk in ratings, ratings.get(criterion.pk)) for ratings in given]
        values = [cell.value for cell in cells if cell.value is not None]
        gap = max(values) - min(values) if values else 0
        return Row(criterion, cells, self.decision.values.get(criterion.key), gap)

    @property
    def marks(self) -> Iterator[dict[str, Any]]:
        """Every reader's passages, for the marked text."""
        for number, review in enumerate(self.reviews, start=1):
            for span in review.spans.all():
                what = span.criterion.short if span.criterion else span.flag.name if span.flag else ""
                words = [span.get_conduct_display(), span.get_intent_display(), span.get_portrayal_display()]
                if span.backfire:
                    words.append(_("A backfire"))
                said = ", ".join(word for word in words if word)
                yield {
                    "start": span.start,
                    "end": span.end,
                    "group": span.criterion.group if span.criterion else "F",
                    "label": _("Reader %(n)d: %(what)s") % {"n": number, "what": f"{what} ({said})" if said else what},
                }


def _cell(criterion: Criterion, asked: bool, value: int | None) -> Cell:
    if value is None:
        return Cell(asked, None, "", "")
    return Cell(asked, value, criterion.labels[value - 1], criterion.anchors[value - 1])


def side_by_side(decision: Decision) -> SideBySide:
    """Load what settling a story needs, in a fixed number of statements."""
    return SideBySide(decision, reviews_in_full(decision), list(decision.policy.rubric.criteria.all()))
