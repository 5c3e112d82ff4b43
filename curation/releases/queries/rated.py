"""The reviews that a release takes, with their ratings."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models.expressions import RawSQL

from annotations.counting import Use
from annotations.models import Review
from annotations.queries.packed_ratings import packing
from curation.standards.models import Rubric

RATED = """
SELECT r.story_id, r.id, r.reviewer_id, {packing}
FROM ({reviews}) AS r (id, story_id, reviewer_id) LEFT JOIN annotations_rating g ON g.review_id = r.id
GROUP BY r.story_id, r.id, r.reviewer_id ORDER BY r.story_id, r.id"""


def rated_reviews(rubric: Rubric, stories: Sequence[int], criteria: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return story, review and reviewer (ids) of the reviews of `stories` that count, by story and review.

    The columns after these three pack their ratings by `criteria`: see `annotations.queries.packed_ratings`.
    """
    # As one array: a parameter for each of thousands of stories takes longer to send than the rows to find.
    among = RawSQL("SELECT unnest(%s::bigint[])", [list(stories)])
    reviews = Review.objects.counting(Use.RELEASE).filter(rubric=rubric, story__in=among).order_by()
    sql, parameters = reviews.values_list("pk", "story_id", "reviewer_id").query.sql_with_params()
    columns = packing(criteria)
    with connection.cursor() as cursor:
        cursor.execute(RATED.format(packing=", ".join(columns), reviews=sql), parameters)
        rows = cursor.fetchall()
    return np.array(rows, np.int64).reshape(-1, 3 + len(columns))
