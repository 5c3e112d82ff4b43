"""Measuring judge versions against human ratings."""

import math

import numpy as np
from django.db.models import Avg

from curation.calibration.models import JudgeQuality
from curation.calibration.queries import Labels, labelled_count, labels
from curation.core import statistics
from curation.scoring.judges import unpack
from curation.scoring.models import JudgeVersion, Score

# Under so many labels every new one is measured at once; above, when they have grown by a twentieth.
SOON = 500
GROWTH = 1.05
# The figures on the page rest on at most this many stories, the newest, so that measuring stays quick.
MOST = 5_000


def measure(*, version: JudgeVersion) -> bool:
    """Measure `version` on every criterion if there are enough new labels since last time; returns whether it was.

    Against the labels of stories that nobody has yet to judge: of one more label the figures tell what it says, and
    curators review too. A prediction is the score that was given, which for stories the version learnt from is a
    held-out one; stories that were decided before the version came are compared by its held-out predictions too.
    """
    known = labelled_count(version.rubric, read=True)
    last = JudgeQuality.objects.filter(judge_version=version).order_by("-labels").first()
    if known == 0 or (last is not None and known < (last.labels + 1 if last.labels < SOON else last.labels * GROWTH)):
        return False
    human = newest(labels(version.rubric, read=True))
    predicted = predictions(version, human)
    rows = [
        measured(version, criterion, known, human, predicted[:, human.keys.index(criterion[1])])
        for criterion in version.rubric.criteria.values_list("pk", "key")
    ]
    fields = [
        field.name for field in JudgeQuality._meta.fields if field.name not in {"id", "judge_version", "criterion"}
    ]
    JudgeQuality.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["judge_version", "criterion"], update_fields=fields
    )
    return True


def newest(human: Labels) -> Labels:
    """The labels of the newest `MOST` stories."""
    return Labels(human.stories[-MOST:], human.generators[-MOST:], human.keys, human.means[-MOST:])


def predictions(version: JudgeVersion, human: Labels) -> statistics.Floats:
    """The version's predictions for the labelled stories, shape (stories, criteria), NaN where there is none."""
    places = {story: place for place, story in enumerate(human.stories.tolist())}
    columns = {key: column for column, key in enumerate(human.keys)}
    table = np.full(human.means.shape, np.nan)
    if version.model_artifact is not None:
        artifact = unpack(bytes(version.model_artifact), version.model_artifact_sha256)
        for row, story in enumerate(artifact.labelled.tolist()):
            if (place := places.get(story)) is not None:
                for column, key in enumerate(artifact.curves):
                    table[place, columns[key]] = artifact.held_out[row, column]
    scores = Score.objects.filter(judge_version=version, story__in=human.stories.tolist())
    means = scores.values_list("story_id", "criterion__key").annotate(mean=Avg("value"))
    for story, key, mean in means.filter(mean__isnull=False):
        table[places[story], columns[key]] = mean
    return table


def measured(
    version: JudgeVersion, criterion: tuple[int, str], known: int, human: Labels, predicted: statistics.Floats
) -> JudgeQuality:
    """The quality on one criterion, by the definitions of `core.statistics`."""
    pk, key = criterion
    actual = human.means[:, human.keys.index(key)]
    both = np.flatnonzero(np.isfinite(actual) & np.isfinite(predicted))
    p, a, groups = predicted[both], actual[both], [human.generators[place] for place in both]
    rho = statistics.spearman_within(p, a, groups)
    return JudgeQuality(
        judge_version=version,
        criterion_id=pk,
        n=both.size,
        labels=known,
        spearman=known_or_none(rho.value),
        spearman_low=known_or_none(rho.low),
        spearman_high=known_or_none(rho.high),
        concordance=known_or_none(statistics.concordance_within(p, a, groups)),
        bias=known_or_none(float((p - a).mean()) if both.size else float("nan")),
        calibration_error=known_or_none(statistics.calibration_error(p, a)),
    )


def known_or_none(value: float) -> float | None:
    """The database has no use for NaN."""
    return None if math.isnan(value) else value
