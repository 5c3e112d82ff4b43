"""What a reviewer said beside what the judge had said, criterion by criterion."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Review, Span
from curation.core.agreement_level import agreement_level
from curation.scoring.models import JudgeVersion
from curation.scoring.values import StoryScore


@dataclass(frozen=True)
class CriterionComparison:
    """One criterion: the reviewer's own value (None where they did not rate it) and passages, and the judge's."""

    score: StoryScore
    rated: bool
    own: int | None
    spans: Sequence[Span]

    @property
    def level(self) -> str:
        """How near the judge's value is to one's own; empty where there is no value of one's own."""
        return agreement_level(self.own, self.score.value) if self.own and self.score.value is not None else ""


@dataclass(frozen=True)
class Comparison:
    """All criteria of one review beside one judge: `apart` where the two are apart, `rest` the others.

    `in_order` holds those with two values to compare, as they stand in the rubric; `version` is the judge's.
    """

    apart: list[CriterionComparison]
    rest: list[CriterionComparison]
    in_order: list[CriterionComparison]
    version: JudgeVersion

    @property
    def both(self) -> int:
        """How many criteria have two values to compare."""
        return len(self.in_order)

    @property
    def close(self) -> int:
        """How many of those are the same or near."""
        return self.both - len(self.apart)

    @property
    def apart_on(self) -> str:
        """The names of the criteria that are apart."""
        return ", ".join(line.score.name for line in self.apart)


def compare(review: Review, scores: Sequence[StoryScore]) -> Comparison:
    """Lay the scores of one judge, of which there is at least one, beside a review that is loaded in full."""
    own = {rating.criterion.key: rating.value for rating in review.ratings.all()}
    spans = list(review.spans.all())
    lines = [
        CriterionComparison(
            score,
            score.key in own,
            own.get(score.key),
            [span for span in spans if span.criterion and span.criterion.key == score.key],
        )
        for score in scores
    ]
    return Comparison(
        apart=[line for line in lines if line.level == "apart"],
        rest=[line for line in lines if line.level != "apart"],
        in_order=[line for line in lines if line.level],
        version=scores[0].version,
    )
