"""How good the whole pool is: from the random audit, and from what a judge says of all of it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from annotations.queries.audits import AuditedStories, audited
from curation.calibration.models import AuditSample, PoolQuality
from curation.calibration.queries.pool import pool_of
from curation.calibration.queries.predictions import newest_predictions
from curation.calibration.statistics.pool import SHARES, pool_mean
from curation.core.giving_way import giving_way
from curation.core.statistics import Estimate, Floats
from curation.scoring.models import JudgeVersion
from curation.scoring.queries import MANY_LABELS

# The judge's numbers of so many other stories say what those of all would.
MOST_OTHERS = 10_000
MOST_AUDITED = 5_000


def measure_pool(*, version: JudgeVersion, family_of: Mapping[int, int]) -> None:
    """Estimate the pool's mean rating on every criterion, and its pass rate, if stories were drawn for an audit.

    What an audited story passes is the acceptance policy of the queue that it was audited in, on its audit alone.
    """
    drawn = AuditSample.objects.filter(queue__rubric=version.rubric).values_list("queue", flat=True)
    audit = audited(version.rubric, queues=set(drawn), most=MOST_AUDITED)
    if not audit.stories:
        PoolQuality.objects.filter(judge_version=version).delete()
        return
    criteria = list(version.rubric.criteria.values_list("pk", "key"))
    keys = [key for _pk, key in criteria]
    stories = np.array(audit.stories, np.int64)
    family = np.array([family_of.get(story, story) for story in audit.stories], np.int64)
    judged = newest_predictions(version, stories, keys)
    rest = newest_predictions(version, others(audit), keys)
    rest = rest[np.isfinite(rest).all(axis=1)]
    found: list[tuple[int | None, Estimate]] = [
        (pk, giving_way(on_criterion, audit, key, judged[:, column], family, rest[:, column]))
        for column, (pk, key) in enumerate(criteria)
    ]
    found.append((None, giving_way(pass_rate, audit, judged.mean(axis=1), family, rest.mean(axis=1))))
    rows = [
        PoolQuality(
            judge_version=version,
            criterion_id=pk,
            value=finite(one.value),
            low=finite(one.low),
            high=finite(one.high),
            n=one.n,
            judged=len(rest),
            lost=audit.lost,
        )
        for pk, one in found
    ]
    PoolQuality.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["judge_version", "criterion"],
        update_fields=["value", "low", "high", "n", "judged", "lost", "measured_at"],
    )


def others(audit: AuditedStories) -> NDArray[np.int64]:
    """A sample of the other stories: in the order of their fingerprints, which is as good as chance."""
    ids = pool_of().order_by("normal_sha256").values_list("pk", flat=True)[: MOST_OTHERS + len(audit.stories)]
    known = set(audit.stories)
    return np.array([pk for pk in ids if pk not in known][:MOST_OTHERS], np.int64)


def on_criterion(audit: AuditedStories, key: str, judged: Floats, family: NDArray[np.int64], rest: Floats) -> Estimate:
    """The mean rating on one criterion, of the stories that it applies to.

    Where it does not apply to all, the judge's numbers of the others would be of stories that are not meant: then the
    audit speaks alone.
    """
    means = np.array([values.get(key) for values in audit.values], np.float64)
    rated = np.isfinite(means)
    if not rated.all():
        judged = np.full(judged.shape, np.nan)
    return pool_mean(means[rated], judged[rated], family[rated], rest, isotonic=int(rated.sum()) >= MANY_LABELS)


def pass_rate(audit: AuditedStories, judged: Floats, family: NDArray[np.int64], rest: Floats) -> Estimate:
    """The share of stories that the policy would accept; the judge's part is its mean over the criteria."""
    passed = np.array(audit.passed, np.float64)
    return pool_mean(passed, judged, family, rest, isotonic=passed.size >= MANY_LABELS, scale=SHARES)


def finite(value: float) -> float | None:
    """The database has no use for NaN."""
    return value if np.isfinite(value) else None
