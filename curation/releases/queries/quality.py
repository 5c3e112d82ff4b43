"""How good the stories of a release are, by people who rated a random sample of them once more."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Sum

from annotations.models.queue import ItemKind
from annotations.queries.audits import audited
from curation.calibration.queries.quality import pool_quality_of, trust_in_each
from curation.core.statistics import NOTHING, Estimate, proportion, ratio_with_interval
from curation.releases.models import Dataset, Release, ReratingSample
from curation.releases.models.release import ReleaseState
from curation.releases.models.rerating import MOST_DRAWN
from curation.scoring.models import JudgeVersion

# With fewer, the bootstrap interval of a mean promises more than it keeps.
LEAST_RERATED = 20


@dataclass(frozen=True)
class ReleaseQuality:
    """What re-ratings say of a release: `drawn` of its `of` stories, `rated` by all who were asked for.

    `accepted` is the share that its policy would accept on the re-ratings alone. `differences` maps a criterion to the
    mean of re-rating less decision, in rating points: below 0 the release says too much. Both with 95 percent interval.
    """

    version: str
    drawn: int
    of: int
    rated: int
    accepted: Estimate
    differences: dict[str, Estimate]

    @property
    def measured(self) -> bool:
        """Whether anything is rated."""
        return self.rated > 0

    @property
    def rows(self) -> list[tuple[str, Estimate | None, int]]:
        """The differences as pages show them: (criterion, estimate or None for too few, stories)."""
        return [(key, one if np.isfinite(one.value) else None, one.n) for key, one in self.differences.items()]

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON's types; None where too few stories say."""
        return {
            "version": self.version,
            "drawn": self.drawn,
            "of": self.of,
            "rated": self.rated,
            "accepted": figures(self.accepted),
            "differences": {key: figures(one) for key, one in self.differences.items()},
        }


def figures(one: Estimate) -> dict[str, float | int | None]:
    """Return an estimate in JSON's types."""
    value, low, high = (round(part, 4) if np.isfinite(part) else None for part in (one.value, one.low, one.high))
    return {"value": value, "low": low, "high": high, "stories": one.n}


def release_quality(release: Release) -> ReleaseQuality | None:
    """Return what re-ratings say of a release; None where none were asked for. A fixed number of statements.

    The share that would be accepted has Wilson's score interval (`statistics.proportion`); a mean difference has a
    percentile bootstrap over stories (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3), and
    none under `LEAST_RERATED` stories. The sample is drawn without replacement, so both are a little wide. A story that
    somebody has yet to rate is left out.
    """
    samples = ReratingSample.objects.filter(release=release)
    queues = list(samples.values_list("queue", flat=True))
    if not queues:
        return None
    drawn = samples.aggregate(n=Sum("stories"))["n"]
    again = audited(release.rubric, queues=set(queues), most=MOST_DRAWN, kind=ItemKind.RERATING)
    items = release.items.filter(story__in=again.stories).order_by()
    decided = dict(items.values_list("story", "decision__values"))
    found: dict[str, Estimate] = {}
    for key in release.rubric.criteria.values_list("key", flat=True):
        pairs = [
            (values.get(key), decided[story].get(key))
            for story, values in zip(again.stories, again.values, strict=True)
        ]
        gaps = [fresh - old for fresh, old in pairs if fresh is not None and old is not None]
        enough = len(gaps) >= LEAST_RERATED
        found[key] = (
            ratio_with_interval(gaps, np.ones(len(gaps)), range(len(gaps)))
            if enough
            else Estimate(np.nan, *NOTHING, len(gaps))
        )
    last = samples.order_by("-id").values_list("of", flat=True)[0]
    return ReleaseQuality(
        release.version, drawn, last, len(again.stories), proportion(sum(again.passed), len(again.stories)), found
    )


def newest_measured(dataset: Dataset) -> ReleaseQuality | None:
    """Return what re-ratings say of the newest built version that has some; None where no version has."""
    built = dataset.releases.filter(state=ReleaseState.BUILT, rerating_samples__isnull=False).select_related("rubric")
    for release in built.defer("manifest", "frozen").order_by("-major", "-minor", "-patch").distinct():
        found = release_quality(release)
        if found is not None and found.measured:
            return found
    return None


def judge_figures(versions: list[JudgeVersion]) -> dict[int, dict[str, Any]]:
    """Return, by judge version, on how many criteria it orders stories as reviewers do, and the pool's pass rate."""
    trust = trust_in_each(versions)
    found: dict[int, dict[str, Any]] = {}
    for version in versions:
        pool = pool_quality_of(version).passing
        measured = pool is not None and pool.value is not None
        found[version.pk] = {
            "criteria_compared": trust[version.pk].held,
            "criteria_ordered": trust[version.pk].orders,
            "pool": {"value": pool.value, "low": pool.low, "high": pool.high, "stories": pool.n}
            if pool is not None and measured
            else None,
        }
    return found
