"""How far reviewers agree, per criterion, with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from annotations.counting import Use
from annotations.models import Queue, Review
from annotations.queries.decisions import in_review
from annotations.queries.packed_ratings import BITS, NOT_APPLICABLE, NOT_RATED, PER_NUMBER, packing
from curation.core.statistics import Estimate, alpha_with_interval
from curation.standards.models import Rubric

# Of each criterion there are few pairs of ratings, however many stories: the database counts them. It counts pairs of
# reviews first, as most of them are alike where there are many.
PAIRS = f"""
WITH placed AS (
  SELECT id, story_id, row_number() OVER (PARTITION BY story_id ORDER BY id) AS place
  FROM ({{reviews}}) AS counting (id, story_id)
), rated AS MATERIALIZED (
  SELECT r.story_id, r.place, ARRAY[{{packing}}] AS ratings
  FROM placed r JOIN annotations_rating g ON g.review_id = r.id
  WHERE r.place <= 2 GROUP BY r.story_id, r.place
), paired AS (
  SELECT one.ratings AS one, other.ratings AS other, count(*) AS n
  FROM rated one JOIN rated other ON other.story_id = one.story_id AND other.place = 2
  WHERE one.place = 1 GROUP BY 1, 2
)
SELECT criterion,
  one[criterion / {PER_NUMBER} + 1] >> {BITS} * mod(criterion, {PER_NUMBER}) & {2**BITS - 1} AS rated,
  other[criterion / {PER_NUMBER} + 1] >> {BITS} * mod(criterion, {PER_NUMBER}) & {2**BITS - 1} AS again,
  sum(n)::bigint
FROM paired CROSS JOIN generate_series(0, %s - 1) AS criterion GROUP BY 1, 2, 3"""  # noqa: S608 - by this module  # nosec


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's ordinal alpha of one criterion with its 95 percent interval; `n` counts twice-rated stories."""

    key: str
    name: str
    alpha: Estimate


def agreement(rubric: Rubric, queue: Queue | None = None, *, read: bool = False) -> list[Agreement]:
    """Agreement per criterion over the first two reviews of each story, in the rubric's order; two statements.

    Only the first two, because later ones are asked for where the first disagree, which would inflate the figure. A
    criterion that one of the two did not rate, or rated N/A, leaves the story out for that criterion. `queue` narrows
    it to one queue, `read` to stories that nobody reads or may still be given: for pages, as a figure that moves with
    one commit tells what it says. Alpha is NaN where it is undefined: no story rated twice, or all ratings the same.
    """
    criteria = list(rubric.criteria.values_list("pk", "key", "name"))
    reviews = Review.objects.counting(Use.AGREEMENT).filter(rubric=rubric).order_by()
    if queue is not None:
        reviews = reviews.filter(assignment__item__queue=queue)
    if read:
        reviews = reviews.exclude(in_review("story"))
    sql, parameters = reviews.values_list("pk", "story_id").query.sql_with_params()
    columns = packing([pk for pk, _key, _name in criteria])
    with connection.cursor() as cursor:
        cursor.execute(PAIRS.format(reviews=sql, packing=", ".join(columns)), [*parameters, len(criteria)])
        found = np.array(cursor.fetchall(), np.int64).reshape(-1, 4)
    return [
        Agreement(key, name, alpha_of_pairs(found[found[:, 0] == place, 1:]))
        for place, (_pk, key, name) in enumerate(criteria)
    ]


def alpha_of_pairs(counted: npt.NDArray[np.int64]) -> Estimate:
    """Alpha over the stories that both reviews rated, from rows of a rating, another of the same story, and how many
    stories have these two."""
    answered = ~np.isin(counted[:, :2], (NOT_RATED, NOT_APPLICABLE)).any(axis=1)
    return alpha_with_interval(counted[answered, :2], counts=counted[answered, 2])
