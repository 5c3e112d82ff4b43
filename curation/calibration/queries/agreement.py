"""How far reviewers agree, per criterion, with its interval."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from annotations.models import Queue
from annotations.models.queue import ItemKind
from curation.calibration.queries.labels import blind_ratings
from curation.core.statistics import Estimate, alpha_with_interval
from curation.standards.models import Rubric


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's ordinal alpha of one criterion with its 95 percent interval; `n` counts twice-rated stories."""

    key: str
    name: str
    alpha: Estimate


def agreement(rubric: Rubric, queue: Queue | None = None, review_ids: Collection[int] | None = None) -> list[Agreement]:
    """Agreement per criterion over the first two blind ratings of each story, in the rubric's order; two statements.

    Only the first two, because later ones are asked for where the first disagree, which would inflate the figure.
    `queue` narrows it to one queue. `review_ids` takes just those reviews (a release's own, or an audit's). Alpha is
    NaN where it is undefined: no story rated twice, or all ratings the same.
    """
    rows = blind_ratings(rubric)
    if review_ids is None:
        rows = rows.filter(review__assignment__item__kind=ItemKind.NORMAL)
    if queue is not None:
        rows = rows.filter(review__assignment__item__queue=queue)
    if review_ids is not None:
        rows = rows.filter(review__in=review_ids)
    pairs: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for criterion, story, value in rows.order_by("review_id").values_list("criterion", "review__story", "value"):
        given = pairs[criterion][story]
        if value is not None and len(given) < 2:
            given.append(value)
    return [
        Agreement(key, name, alpha_of_pairs(list(pairs[pk].values())))
        for pk, key, name in rubric.criteria.values_list("pk", "key", "name")
    ]


def alpha_of_pairs(pairs: list[list[int]]) -> Estimate:
    """Alpha of the stories that were rated twice."""
    twice = [pair for pair in pairs if len(pair) == 2]
    return alpha_with_interval(np.array(twice, dtype=np.float64).reshape(-1, 2))
