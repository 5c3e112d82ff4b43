"""Measuring judge versions against human ratings."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.calibration.actions.anchored import measure_anchoring
from curation.calibration.actions.pooled import measure_pool
from curation.calibration.models import JudgeQuality
from curation.calibration.queries import Readings, labelled_count, readings, review_count, score_count
from curation.calibration.queries.predictions import predictions
from curation.calibration.statistics.beside import agreements, on_the_scale, without_each
from curation.calibration.statistics.curves import calibration_knots, cross_fitted
from curation.calibration.statistics.reliability import better_than_constant, bias, reliability
from curation.calibration.statistics.second_reviewer import leave_each_out, second_reviewer
from curation.core import statistics
from curation.core.giving_way import giving_way
from curation.core.statistics import Estimate, Floats
from curation.scoring.actions import note_labels
from curation.scoring.models import JudgeVersion
from curation.scoring.queries import MANY_LABELS
from curation.stories.families import families

# Under so many blind reviews every new one is measured at once; above, when they have grown by a twentieth. It is the
# same with what a judge has said of reviewed stories.
SOON = 500
GROWTH = 1.05
# The figures on the page rest on at most this many stories, the newest, so that measuring stays quick.
MOST = 5_000


@dataclass(frozen=True)
class CriterionPairs:
    """What the figures of one criterion are made from: a judge version's numbers and what people said, by story (n)."""

    human: Readings
    column: int
    judged: Floats
    families: NDArray[np.int64]


def measure(*, version: JudgeVersion) -> bool:
    """Measure `version` on every criterion if there are enough new reviews since last time; returns whether it was.

    Or enough new scores of reviewed stories: a judge is often asked after people have read.

    Against the reviews of stories that nobody has yet to judge: of one more review the figures tell what it says, and
    curators review too. A prediction is the score that was given, which for stories the version learnt from is a
    held-out one; stories that were decided before the version came are compared by its held-out predictions too.
    """
    known, scores, criteria = review_count(version.rubric), score_count(version), version.rubric.criteria.count()
    last = JudgeQuality.objects.filter(judge_version=version).values_list("reviews", "scores").first() or (None, None)
    if not known or not (grown(known, last[0]) or grown(scores, last[1], each=criteria)):
        return False
    labels, family_of = labelled_count(version.rubric, read=True), families()
    human = readings(version.rubric, newest=MOST)
    judged = predictions(version, human.stories, human.keys)
    family = np.array([family_of.get(story, story) for story in human.stories.tolist()], np.int64)
    rows: dict[str, JudgeQuality] = {}
    counts = {"labels": labels, "reviews": known, "scores": scores}
    for pk, key in version.rubric.criteria.values_list("pk", "key"):
        column = human.keys.index(key)
        figures = giving_way(figures_of, CriterionPairs(human, column, judged[:, column], family))
        rows[key] = JudgeQuality(judge_version=version, criterion_id=pk, **counts, **figures)
    fields = [
        field.name for field in JudgeQuality._meta.fields if field.name not in {"id", "judge_version", "criterion"}
    ]
    JudgeQuality.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["judge_version", "criterion"], update_fields=fields
    )
    if version.paid:
        # The embedded scorer's numbers rest on the ratings that it learnt from, and these on those held against them.
        by_criterion = {key: row.n for key, row in rows.items()}
        note_labels(version=version, labels=max(by_criterion.values()), by_criterion=by_criterion)
    measure_pool(version=version, family_of=family_of)
    measure_anchoring(version=version)
    return True


def grown(known: int, last: int | None, *, each: int = 1) -> bool:
    """Whether there is enough more to measure anew, given how much there is and was last time, `each` to a reading."""
    if last is None:
        return True
    return known != last if last < SOON * each else known >= last * GROWTH


def figures_of(compared: CriterionPairs) -> dict[str, object]:
    """The fields of `JudgeQuality` on one criterion, by the definitions of `statistics` and `core.statistics`."""
    human, column = compared.human, compared.column
    means = human.means(column)
    both = np.flatnonzero(np.isfinite(means) & np.isfinite(compared.judged))
    p, a, family = compared.judged[both], means[both], compared.families[both]
    groups = [human.generators[place] for place in both]
    names = family.tolist()
    judged, constant = cross_fitted(p, a, family, isotonic=both.size >= MANY_LABELS)
    held_out = np.isfinite(judged)
    ticked, by_reviewer = on_the_scale(compared.judged), human.by_reviewer(column)
    beside = agreements(compared.judged, human.at(0, column), human.at(1, column))
    without = without_each(compared.judged, by_reviewer, human.generators)
    test = second_reviewer(leave_each_out(ticked, by_reviewer))
    saved = better_than_constant(judged, constant, a, names) if held_out.all() else NOTHING_KNOWN
    return {
        "n": int(both.size),
        **estimated("spearman", statistics.spearman_within(p, a, groups)),
        "spearman_least": known_or_none(without.low),
        "spearman_most": known_or_none(without.high),
        "reviewers_left_out": without.reviewers,
        "concordance": known_or_none(statistics.concordance_within(p, a, groups)),
        **estimated("bias", bias(p, a, names)),
        "calibration_error": known_or_none(statistics.calibration_error(p, a)),
        "calibrated_error": known_or_none(statistics.calibration_error(judged, a) if held_out.all() else np.nan),
        **estimated("saved", saved),
        "rated_twice": beside.human_human.n,
        **estimated("judge_human", beside.judge_human),
        **estimated("human_human", beside.human_human),
        "second_reviewer": test.answer.value,
        "winning_rate": known_or_none(test.winning_rate),
        "advantage": known_or_none(test.advantage),
        "reviewers_compared": test.reviewers,
        "reliability": [
            [*(round(value, 3) for value in (one.predicted, one.actual)), *bounds(one.low, one.high), one.n]
            for one in reliability(p, a)
        ],
        "curve": curve_of(p, a),
    }


NOTHING_KNOWN = Estimate(np.nan, np.nan, np.nan, 0)


def curve_of(p: Floats, a: Floats) -> list[list[float]]:
    """The knots [score, rating] fitted on all stories, for scores of stories that nobody rated; none without data."""
    if not p.size:
        return []
    knots = calibration_knots(p, a, isotonic=p.size >= MANY_LABELS)
    return [[round(float(x), 4), round(float(y), 4)] for x, y in knots.T]


def bounds(low: float, high: float) -> list[float | None]:
    """An interval as it is stored."""
    return [None if math.isnan(value) else round(value, 3) for value in (low, high)]


def estimated(name: str, found: Estimate) -> dict[str, float | None]:
    """An estimate as three fields."""
    values = {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    return {field: known_or_none(value) for field, value in values.items()}


def known_or_none(value: float) -> float | None:
    """The database has no use for NaN."""
    return None if math.isnan(value) else value
