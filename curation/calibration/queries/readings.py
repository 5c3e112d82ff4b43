"""Blind ratings review by review: what a judge is held against, and who said it."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotations.counting import Use
from annotations.models import Review
from annotations.queries.decisions import in_review
from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED, packing, unpack
from curation.scoring.models import JudgeVersion, Score
from curation.standards.models import Rubric
from curation.stories.models import Story

Floats = NDArray[np.float64]
READINGS = """
WITH counting (id, story_id, reviewer_id) AS ({reviews}), newest AS (
  SELECT story_id FROM counting GROUP BY story_id ORDER BY story_id DESC LIMIT %s
)
SELECT c.story_id, c.reviewer_id, ARRAY[{packing}]
FROM newest JOIN counting c ON c.story_id = newest.story_id JOIN annotations_rating g ON g.review_id = c.id
GROUP BY c.story_id, c.id, c.reviewer_id ORDER BY c.story_id, c.id"""


@dataclass(frozen=True)
class Readings:
    """The blind ratings of some stories, as arrays.

    `stories` (n ids, ascending) and their `generators` (n); `keys` (c). Of each review, story by story and oldest
    first: `story` (r), a place in `stories`; `reviewer` (r), from 0 to `reviewers` - 1; and its `values` (r, c), NaN
    where it says nothing or N/A. `place` (r) counts the reviews of one story from 0.
    """

    stories: NDArray[np.int64]
    generators: list[str]
    keys: list[str]
    story: NDArray[np.int64]
    reviewer: NDArray[np.int64]
    reviewers: int
    place: NDArray[np.int64]
    values: Floats

    def means(self, column: int) -> Floats:
        """The label of each story on one criterion (n): the mean of its blind ratings, NaN where it has none."""
        known = np.isfinite(self.values[:, column])
        counts = np.bincount(self.story[known], minlength=self.stories.size)
        sums = np.bincount(self.story[known], self.values[known, column], minlength=self.stories.size)
        return np.asarray(np.divide(sums, counts, out=np.full(counts.size, np.nan), where=counts > 0))

    def by_reviewer(self, column: int) -> Floats:
        """The ratings on one criterion as a table (n, reviewers), NaN where somebody did not rate a story."""
        table = np.full((self.stories.size, self.reviewers), np.nan)
        table[self.story, self.reviewer] = self.values[:, column]
        return table

    def at(self, place: int, column: int) -> Floats:
        """What the review at this place of each story (n) says on one criterion: 0 the first, 1 the second."""
        found = np.full(self.stories.size, np.nan)
        chosen = self.place == place
        found[self.story[chosen]] = self.values[chosen, column]
        return found


def review_count(rubric: Rubric) -> int:
    """How many blind reviews there are to hold a judge against."""
    return counting(rubric).count()


def score_count(version: JudgeVersion) -> int:
    """How many scores the version has given to stories with such reviews."""
    rated = counting(version.rubric).values("story")
    return Score.objects.filter(judge_version=version, story__in=rated).count()


def counting(rubric: Rubric) -> QuerySet[Review]:
    """The reviews that a judge is held against: those it learns from, of stories that nobody reads or may be given.

    Out of scope, a review holds no rating.
    """
    found = Review.objects.counting(Use.LABELS).filter(rubric=rubric, out_of_scope=False)
    return found.exclude(in_review("story")).order_by()


def readings(rubric: Rubric, *, newest: int) -> Readings:
    """The blind ratings of the `newest` stories that have some, in three statements.

    Of a story that somebody has yet to judge, figures would tell what one more review says.
    """
    criteria = dict(rubric.criteria.values_list("pk", "key"))
    columns = packing(list(criteria))
    sql, parameters = counting(rubric).values_list("pk", "story_id", "reviewer_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(READINGS.format(reviews=sql, packing=", ".join(columns)), [*parameters, newest])
        rows = cursor.fetchall()
    ids = np.array([row[0] for row in rows], np.int64)
    people, reviewer = np.unique(np.array([row[1] for row in rows], np.int64), return_inverse=True)
    packed = unpack(np.array([row[2] for row in rows], np.int64).reshape(-1, len(columns)), len(criteria))
    stories, start, story = np.unique(ids, return_index=True, return_inverse=True)
    generator_of = dict(Story.objects.filter(pk__in=stories.tolist()).values_list("pk", "generator"))
    return Readings(
        stories=stories,
        generators=[generator_of[pk] for pk in stories.tolist()],
        keys=list(criteria.values()),
        story=story,
        reviewer=reviewer,
        reviewers=people.size,
        place=np.arange(ids.size) - start[story],
        values=np.where(np.isin(packed, (NOT_RATED, NOT_APPLICABLE)), np.nan, packed.astype(np.float64)),
    )
