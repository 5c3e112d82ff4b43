"""What a rating is where the judge says so much, and whether listening to the judge beats saying the mean."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from curation.core.statistics import Estimate, Floats, by_size, ratio_with_interval


@dataclass(frozen=True)
class Bin:
    """A tenth of the stories by the judge's number: its mean, the mean rating with its 95 percent interval, and n.

    The interval is (NaN, NaN) of a single story.
    """

    predicted: float
    actual: float
    low: float
    high: float
    n: int


def reliability(predicted: ArrayLike, actual: ArrayLike, *, bins: int = 10) -> list[Bin]:
    """The reliability diagram: tenths of the stories in the order of the prediction, lowest first; none without data.

    Murphy & Winkler, Reliability of subjective probability forecasts, Applied Statistics 26 (1977), 41-47, with bins of
    equal size; the interval of each mean is Student's.
    """
    from scipy.special import stdtrit

    p, a = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    found = []
    for part in by_size(p, bins):
        n, mean = part.size, float(a[part].mean())
        half = float(stdtrit(n - 1, 0.975) * a[part].std(ddof=1) / n**0.5) if n > 1 else np.nan
        found.append(Bin(float(p[part].mean()), mean, mean - half, mean + half, n))
    return found


def bias(predicted: Floats, actual: Floats, families: Sequence[Hashable]) -> Estimate:
    """Mean of prediction less rating, in rating points, with a bootstrap interval over families."""
    return ratio_with_interval(predicted - actual, np.ones(actual.size), families)


def better_than_constant(judged: Floats, constant: Floats, actual: Floats, families: Sequence[Hashable]) -> Estimate:
    """The share of the squared error of a constant that listening to the judge saves; above 0 the judge is better.

    `judged` and `constant` are predictions by what was fitted without the story (`curves.cross_fitted`). It is 1 less
    the ratio of the two squared errors, a skill score with the mean as reference: Murphy, Skill scores based on the
    mean square error, Monthly Weather Review 116 (1988), 2417-2424. The interval is a bootstrap over families; the
    judge is better where all of it is above 0.
    """
    error = ratio_with_interval((judged - actual) ** 2, (constant - actual) ** 2, families)
    return Estimate(1 - error.value, 1 - error.high, 1 - error.low, error.n)
