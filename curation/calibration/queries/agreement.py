"""How far reviewers agree, per criterion, with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from annotations.counting import Use
from annotations.models import Queue, Review
from annotations.queries.decisions import in_review
from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED, packing, unpack
from curation.core.statistics import Estimate, alpha_with_interval
from curation.standards.models import Rubric

# Of hundreds of thousands of stories most are rated as another is, so the database counts the pairs.
PAIRS = """
WITH placed AS (
  SELECT id, story_id, row_number() OVER (PARTITION BY story_id ORDER BY id) AS place
  FROM ({reviews}) AS counting (id, story_id)
), rated AS MATERIALIZED (
  SELECT r.story_id, r.place, ARRAY[{packing}] AS ratings
  FROM placed r JOIN annotations_rating g ON g.review_id = r.id
  WHERE r.place <= 2 GROUP BY r.story_id, r.place
)
SELECT one.ratings, other.ratings, count(*)
FROM rated one JOIN rated other ON other.story_id = one.story_id AND other.place = 2
WHERE one.place = 1 GROUP BY 1, 2"""


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
        cursor.execute(PAIRS.format(reviews=sql, packing=", ".join(columns)), parameters)
        found = cursor.fetchall()
    stories = np.array([n for _one, _other, n in found], np.int64)
    one, other = (
        unpack(np.array([row[side] for row in found], np.int64).reshape(-1, len(columns)), len(criteria))
        for side in (0, 1)
    )
    return [
        Agreement(key, name, alpha_of_pairs(one[:, place], other[:, place], stories))
        for place, (_pk, key, name) in enumerate(criteria)
    ]


def alpha_of_pairs(one: npt.NDArray[np.int8], other: npt.NDArray[np.int8], stories: npt.NDArray[np.int64]) -> Estimate:
    """Alpha of the stories that both reviews rated; so many (`stories`) are rated as each pair is."""
    both = ~(np.isin(one, (NOT_RATED, NOT_APPLICABLE)) | np.isin(other, (NOT_RATED, NOT_APPLICABLE)))
    pairs, which = np.unique(np.stack([one[both], other[both]], axis=1), axis=0, return_inverse=True)
    return alpha_with_interval(pairs, counts=np.bincount(which.ravel(), stories[both], minlength=len(pairs)))
