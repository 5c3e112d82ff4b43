"""Has a judge changed under the same name? What it says of fixed stories now, beside what it said at first."""

from dataclasses import dataclass

import numpy as np

from curation.calibration.statistics.second_reviewer import rejected
from curation.core.statistics import Floats

# How often an unchanged judge may raise the alarm.
FALSE_ALARMS = 0.01
SAME = 1e-6
LEAST_STORIES = 5


@dataclass(frozen=True)
class Drift:
    """`shift` (c) is the mean change per criterion, `shifted` (c) where it is more than chance, in rating points.

    `moved` is how far answers lie from the first ones, `noise` how far the judge was from itself at first; `alarm` says
    that it has changed. `n` counts the stories.
    """

    shift: Floats
    shifted: list[bool]
    moved: float
    noise: float
    alarm: bool
    n: int


def drift(first: Floats, again: Floats, now: Floats) -> Drift:
    """Compare three readings of the same stories, each of shape (n, criteria), NaN where the judge said nothing.

    `first` and `again` are the two of the beginning. A judge that said twice the same is expected to say it for ever.
    Of one that did not, a criterion has shifted if its paired differences do (t test), and the judge has changed if any
    criterion has, or if its answers have moved further than they did at first (one-sided paired t test); together by
    Benjamini & Yekutieli, so that of a hundred rounds of an unchanged judge about one is a false alarm.
    Student, The probable error of a mean, Biometrika 6 (1908), 1-25.
    """
    if not first.size:
        return Drift(np.zeros(first.shape[1]), [False] * first.shape[1], 0.0, 0.0, False, 0)
    n, criteria = first.shape
    # The mean of both first readings has less noise than either.
    base = (first + again) / 2
    changes = now - base
    shift = np.array([mean_known(changes[:, column]) for column in range(criteria)])
    apart, usual = np.abs(now - first), np.abs(again - first)
    moved, noise = mean_known(apart.ravel()), mean_known(usual.ravel())
    if noise <= SAME:
        shifted = [bool(mean_known(apart[:, column]) > SAME) for column in range(criteria)]
        return Drift(shift, shifted, moved, noise, any(shifted), n)
    further = np.array([mean_known(row) for row in apart - usual])
    p = np.array([*(two_sided(changes[:, column]) for column in range(criteria)), above_zero(further)])
    found = rejected(p, FALSE_ALARMS)
    return Drift(shift, found[:-1].tolist(), moved, noise, bool(found.any()), n)


def mean_known(values: Floats) -> float:
    """The mean of what is known, 0 without any."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0


def t_of(values: Floats) -> tuple[float, int]:
    """Student's t of the mean against 0, and its degrees of freedom; 0 with too few values."""
    known = values[np.isfinite(values)]
    if known.size < LEAST_STORIES:
        return 0.0, 1
    deviation, mean = float(known.std(ddof=1)), float(known.mean())
    if deviation <= SAME:
        return (float(np.sign(mean) * np.inf) if abs(mean) > SAME else 0.0), known.size - 1
    return mean / deviation * known.size**0.5, known.size - 1


def two_sided(values: Floats) -> float:
    """The probability of so large a mean change, either way, without a change."""
    from scipy.special import stdtr

    t, df = t_of(values)
    return float(2 * stdtr(df, -abs(t)))


def above_zero(values: Floats) -> float:
    """The probability of so large a mean without an increase."""
    from scipy.special import stdtr

    t, df = t_of(values)
    return float(stdtr(df, -t))
