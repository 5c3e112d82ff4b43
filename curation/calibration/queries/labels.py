"""Labels: of each story the mean of its blind first commits, per criterion."""

from dataclasses import dataclass

import numpy as np
from django.db.models import Avg, Count, Max, QuerySet
from numpy.typing import NDArray

from annotations.counting import Use
from annotations.models import Rating, Review
from annotations.queries.decisions import in_review
from curation.standards.models import Rubric
from curation.stories.models import Story


@dataclass(frozen=True)
class Labels:
    """`stories` (n ids, ascending), their `generators` (n), `keys` (c) and `means` (n, c), NaN where unrated."""

    stories: NDArray[np.int64]
    generators: list[str]
    keys: list[str]
    means: NDArray[np.float64]


def blind_ratings(rubric: Rubric, *, read: bool = False) -> QuerySet[Rating]:
    """The ratings that a judge learns from, of the reviews that count for it. Out of scope, a review holds none.

    With `read`, only those of stories that nobody reads or may still be given.
    """
    found = Rating.objects.filter(
        review__rubric=rubric,
        review__in=Review.objects.counting(Use.LABELS),
        value__isnull=False,
    )
    return found.exclude(in_review("review__story")) if read else found


def labelled_count(rubric: Rubric, *, read: bool = False) -> int:
    """How many stories have a label on the criterion that is rated most often."""
    counts = blind_ratings(rubric, read=read).values("criterion").annotate(n=Count("review__story", distinct=True))
    return int(counts.aggregate(most=Max("n"))["most"] or 0)


def labels(rubric: Rubric) -> Labels:
    """All labels for `rubric`, in three statements."""
    keys = dict(rubric.criteria.values_list("pk", "key"))
    columns = {pk: column for column, pk in enumerate(keys)}
    rows = list(blind_ratings(rubric).values_list("review__story", "criterion").annotate(mean=Avg("value")))
    stories = np.array(sorted({story for story, _, _ in rows}), dtype=np.int64)
    places = {story: place for place, story in enumerate(stories.tolist())}
    means = np.full((len(stories), len(keys)), np.nan)
    for story, criterion, mean in rows:
        means[places[story], columns[criterion]] = float(mean)
    generator_of = dict(Story.objects.filter(pk__in=stories.tolist()).values_list("pk", "generator"))
    return Labels(stories, [generator_of[story] for story in stories.tolist()], list(keys.values()), means)
