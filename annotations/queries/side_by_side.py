"""The reviews of one story beside each other, for whoever adjudicates it. Nothing here knows of a machine's score."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Decision, Review, Span
from annotations.queries.chart import RatingChart, rating_chart
from annotations.queries.decisions import flags_raised, reviews_in_full
from annotations.queries.history import name_of
from curation.standards.behaviour import BACKFIRE
from curation.standards.models import Criterion, Flag, Rubric
from curation.standards.translating import words_for_reader

WIDE = 3
THEME_APART, NA_APART = 2.5, 1.5


@dataclass(frozen=True)
class ReaderAnswer:
    """One reader's answer. `value` is None for N/A; `asked` is False where the criterion did not apply to them."""

    reader: int
    asked: bool
    value: int | None
    label: str
    anchor: str


@dataclass(frozen=True)
class CriterionRow:
    """One criterion. `gap` is the largest difference between two ratings, in rating points; None with fewer than two.

    `marked` and `unmarked` are the readers who marked the theme that it depends on and those who did not, where they
    differ; `inapplicable` those who said N/A while others rated. All three are apart without any gap.
    """

    criterion: Criterion
    cells: list[ReaderAnswer]
    mean: float | None
    gap: int | None
    marked: list[int]
    unmarked: list[int]
    inapplicable: list[int]

    @property
    def wide(self) -> bool:
        """Whether the readers are far apart."""
        return self.gap is not None and self.gap >= WIDE

    @property
    def apart(self) -> float:
        """How far apart the readers are, to sort by: a theme that only some marked comes after the wide gaps."""
        return max(self.gap or 0, THEME_APART if self.unmarked else 0, NA_APART if self.inapplicable else 0)

    @property
    def drawn(self) -> RatingChart:
        """Every reader's answer as a dot."""
        return rating_chart([(cell.reader, cell.value) for cell in self.cells if cell.asked])

    @property
    def said(self) -> str:
        """The answers in words, for who does not see the drawing."""
        return "; ".join(_answer(cell) for cell in self.cells)


@dataclass(frozen=True)
class Comment:
    """What one reader wrote with their review; `text` is empty for one who wrote nothing."""

    reader: int
    review: Review

    @property
    def text(self) -> str:
        """What they wrote."""
        return self.review.comment

    @property
    def out_of_scope(self) -> bool:
        """Whether they found no AI character."""
        return self.review.out_of_scope


@dataclass(frozen=True)
class Dispute:
    """A flag with the readers who raised it, those who did not, and the passages that were marked with it."""

    flag: Flag
    raised: list[int]
    not_raised: list[int]
    passages: list[tuple[int, Span]]


@dataclass(frozen=True)
class SideBySide:
    """Readers are numbered, not named, in the order in which they submitted."""

    decision: Decision
    reviews: Sequence[Review]
    criteria: Sequence[Criterion]
    flags: Sequence[Flag]

    @property
    def rubric(self) -> Rubric:
        """The rubric that the story was decided by."""
        return self.decision.policy.rubric

    @cached_property
    def rows(self) -> list[CriterionRow]:
        """One row for each criterion that anybody rated, those on which the readers are furthest apart first."""
        found = [row for criterion in self.criteria if (row := self._row(criterion))]
        return sorted(found, key=lambda row: -row.apart)

    def _row(self, criterion: Criterion) -> CriterionRow | None:
        given = [{rating.criterion_id: rating.value for rating in review.ratings.all()} for review in self.reviews]
        if not any(criterion.pk in ratings for ratings in given):
            return None
        cells = [
            self._cell(number, criterion, criterion.pk in ratings, ratings.get(criterion.pk))
            for number, ratings in enumerate(given, start=1)
        ]
        values = [cell.value for cell in cells if cell.value is not None]
        gap = max(values) - min(values) if len(values) > 1 else None
        inapplicable = [cell.reader for cell in cells if cell.asked and cell.value is None] if values else []
        marked = [cell.reader for cell in cells if cell.asked]
        # Who found no AI character was asked about no criterion at all, theme or not.
        unmarked = [
            cell.reader
            for cell, review in zip(cells, self.reviews, strict=True)
            if criterion.theme_id and not cell.asked and not review.out_of_scope
        ]
        mean = self.decision.values.get(criterion.key)
        return CriterionRow(criterion, cells, mean, gap, marked if unmarked else [], unmarked, inapplicable)

    def _cell(self, reader: int, criterion: Criterion, asked: bool, value: int | None) -> ReaderAnswer:
        if value is None:
            return ReaderAnswer(reader, asked, None, "", "")
        label, anchor = (words_for_reader(self.rubric, criterion, what)[value - 1] for what in ("labels", "anchors"))
        return ReaderAnswer(reader, asked, value, label, anchor)

    @cached_property
    def comments(self) -> list[Comment]:
        """Every reader's comment."""
        return [Comment(number, review) for number, review in enumerate(self.reviews, start=1)]

    @cached_property
    def disputes(self) -> list[Dispute]:
        """One for each flag: those that only some readers raised first, hard ones before soft ones."""
        found = [self._dispute(flag) for flag in self.flags]
        return sorted(found, key=lambda one: (not one.not_raised, not one.flag.hard))

    def _dispute(self, flag: Flag) -> Dispute:
        raised: list[int] = []
        not_raised: list[int] = []
        passages: list[tuple[int, Span]] = []
        for number, review in enumerate(self.reviews, start=1):
            own = [span for span in review.spans.all() if _belongs(span, flag)]
            ticked = any(one.flag_id == flag.pk for one in review.flags.all())
            (raised if ticked or any(span.backfire and flag.key == BACKFIRE for span in own) else not_raised).append(
                number
            )
            passages += [(number, span) for span in own]
        return Dispute(flag, raised, not_raised, passages)

    @property
    def marks(self) -> Iterator[dict[str, Any]]:
        """Every reader's passages, for the marked text."""
        for number, review in enumerate(self.reviews, start=1):
            for span in review.spans.all():
                what = name_of(span, self.rubric)
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


def _belongs(span: Span, flag: Flag) -> bool:
    return span.flag_id == flag.pk or (flag.key == BACKFIRE and bool(span.backfire))


def _answer(cell: ReaderAnswer) -> str:
    if not cell.asked:
        return _("Reader %(n)d: not asked") % {"n": cell.reader}
    if cell.value is None:
        return _("Reader %(n)d: N/A") % {"n": cell.reader}
    return _("Reader %(n)d: %(value)d, %(label)s") % {"n": cell.reader, "value": cell.value, "label": cell.label}


def side_by_side(decision: Decision) -> SideBySide:
    """Load what adjudicating a story needs, in a fixed number of statements."""
    criteria = decision.policy.rubric.criteria.select_related("theme")
    return SideBySide(decision, reviews_in_full(decision), list(criteria), flags_raised(decision))
