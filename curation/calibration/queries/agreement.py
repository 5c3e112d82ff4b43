"""How far reviewers agree, per criterion, with its interval."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotations.counting import Use
from annotations.models import Queue, Rating, Review
from curation.core.statistics import Estimate, alpha_with_interval
from curation.standards.models import Rubric


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's ordinal alpha of one criterion with its 95 percent interval; `n` counts twice-rated stories."""

    key: str
    name: str
    alpha: Estimate


def agreement(rubric: Rubric, queue: Queue | None = None) -> list[Agreement]:
    """Agreement per criterion over the first two reviews of each story, in the rubric's order; three statements.

    Only the first two, because later ones are asked for where the first disagree, which would inflate the figure. A
    criterion that one of the two did not rate, or rated N/A, leaves the story out for that criterion. `queue` narrows
    it to one queue. Alpha is NaN where it is undefined: no story rated twice, or all ratings the same.
    """
    reviews = Review.objects.counting(Use.AGREEMENT).filter(rubric=rubric)
    if queue is not None:
        reviews = reviews.filter(assignment__item__queue=queue)
    first: dict[int, list[int]] = defaultdict(list)
    for review, story in reviews.order_by("id").values_list("pk", "story_id"):
        if len(first[story]) < 2:
            first[story].append(review)
    pairs = [pair for pair in first.values() if len(pair) == 2]
    rows = Rating.objects.filter(review__in=[review for pair in pairs for review in pair], value__isnull=False)
    value = {
        (criterion, review): value for criterion, review, value in rows.values_list("criterion", "review", "value")
    }
    return [
        Agreement(key, name, alpha_of_pairs([[value.get((pk, review)) for review in pair] for pair in pairs]))
        for pk, key, name in rubric.criteria.values_list("pk", "key", "name")
    ]


def alpha_of_pairs(pairs: Sequence[Sequence[int | None]]) -> Estimate:
    """Alpha of the stories that both reviews rated."""
    both = [pair for pair in pairs if None not in pair]
    return alpha_with_interval(np.array(both, dtype=np.float64).reshape(-1, 2))
