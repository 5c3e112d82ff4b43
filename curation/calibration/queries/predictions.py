"""What judge versions said, as arrays. Whoever reads it here shows it to nobody."""

from collections.abc import Iterator, Sequence

import numpy as np
from django.db.models import Avg, OuterRef, QuerySet, Subquery
from numpy.typing import NDArray

from curation.core.statistics import Floats
from curation.scoring.judges import unpack
from curation.scoring.models import JudgeVersion, Score

SLICE = 1_000


def predictions(version: JudgeVersion, stories: NDArray[np.int64], keys: Sequence[str]) -> Floats:
    """The version's predictions for labelled stories, shape (stories, keys), NaN where there is none.

    For stories that it learnt from, and did not score, those of the models that had not seen them.
    """
    places = {story: place for place, story in enumerate(stories.tolist())}
    columns = {key: column for column, key in enumerate(keys)}
    table = np.full((stories.size, len(keys)), np.nan)
    if version.model_artifact is not None:
        artifact = unpack(bytes(version.model_artifact), version.model_artifact_sha256)
        for row, story in enumerate(artifact.labelled.tolist()):
            if (place := places.get(story)) is not None:
                for column, key in enumerate(artifact.curves):
                    table[place, columns[key]] = artifact.held_out[row, column]
    scores = Score.objects.filter(judge_version=version, story__in=stories.tolist())
    for story, key, value in over_samples(scores):
        table[places[story], columns[key]] = value
    return table


def over_samples(scores: QuerySet[Score]) -> QuerySet[Score, tuple[int, str, float]]:
    """Story, criterion key and the mean over the samples that gave one, of scores of one version each."""
    means = scores.values_list("story_id", "criterion__key").annotate(mean=Avg("value")).order_by()
    return means.filter(mean__isnull=False)


def newest_predictions(version: JudgeVersion, stories: NDArray[np.int64], keys: Sequence[str]) -> Floats:
    """As `predictions`, but of each story what the newest version of the same judge said that has scored it.

    A version scores the stories that are undecided when it comes, so the whole pool is scored by several.
    """
    columns = {key: column for column, key in enumerate(keys)}
    table = predictions(version, stories, keys)
    places = {story: place for place, story in enumerate(stories.tolist()) if np.isnan(table[place]).all()}
    for part in slices(list(places)):
        mine = Score.objects.filter(judge_version__judge=version.judge_id, judge_version__rubric=version.rubric_id)
        newest = mine.filter(story=OuterRef("story")).order_by("-judge_version__number").values("judge_version")[:1]
        rows = mine.filter(story__in=part, judge_version=Subquery(newest))
        for story, key, value in over_samples(rows):
            table[places[story], columns[key]] = value
    return table


def slices(ids: list[int]) -> Iterator[list[int]]:
    """Cut a list of ids into parts of `SLICE`."""
    return (ids[start : start + SLICE] for start in range(0, len(ids), SLICE))
