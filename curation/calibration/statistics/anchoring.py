"""Does seeing a model's answer pull people towards it? From blind commits, later ratings, and the model's own."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.core.statistics import NOTHING, Estimate, Floats, by_cluster, percentile_interval, resample_weights

RESAMPLES = 1000


@dataclass(frozen=True)
class Arms:
    """How far ratings moved towards the judge where the comparison was shown, where it was not, and the difference."""

    shown: Estimate
    hidden: Estimate
    difference: Estimate


def towards(committed: Floats, later: Floats, judged: Floats) -> Floats:
    """How much nearer to the judge each later rating is than the committed one, in rating points; below 0 it is less.

    Of shape (n); without a revision the later rating is the committed one, and it moved by 0. This is the numerator of
    the weight of advice: Yaniv, Receiving other people's advice, Organizational Behavior and Human Decision Processes
    93 (2004), 1-13; the weight itself is undefined where judge and reviewer agree.
    """
    return np.abs(committed - judged) - np.abs(later - judged)


def arms(moved: Floats, shown: NDArray[np.bool_], reviewers: Sequence[Hashable], *, seed: int = 0) -> Arms:
    """The mean movement of reviews (n) in both arms, as they were drawn, and their difference.

    Who was drawn to see the comparison counts as shown whether they looked or not (intention to treat: Hollis &
    Campbell, What is meant by intention to treat analysis?, BMJ 319 (1999), 670-674). Intervals are a bootstrap over
    reviewers, whose reviews go together. NaN for an arm without reviews.
    """
    if not moved.size:
        nothing = Estimate(np.nan, *NOTHING, 0)
        return Arms(nothing, nothing, nothing)
    who, both = by_cluster(reviewers), (shown, ~shown)
    sums, counts = by_reviewer(who, moved, both), by_reviewer(who, np.ones(who.size), both)
    means = means_of(np.ones((1, sums.shape[1])), sums, counts)[0]
    drawn = np.concatenate(
        [means_of(weights, sums, counts) for weights in resample_weights(sums.shape[1], RESAMPLES, seed)]
    )
    several, n = sums.shape[1] > 1, counts.sum(axis=1).astype(int)
    intervals = [
        percentile_interval(column) if several else NOTHING for column in (*drawn.T, drawn[:, 0] - drawn[:, 1])
    ]
    return Arms(
        shown=Estimate(float(means[0]), *intervals[0], int(n[0])),
        hidden=Estimate(float(means[1]), *intervals[1], int(n[1])),
        difference=Estimate(float(means[0] - means[1]), *intervals[2], int(n.sum())),
    )


def by_reviewer(who: NDArray[np.intp], values: Floats, both: tuple[NDArray[np.bool_], ...]) -> Floats:
    """The sum of `values` (n) of each reviewer in each arm, shape (2, reviewers)."""
    sums = [np.bincount(who, np.where(arm, values, 0.0)) for arm in both]
    return np.asarray(np.stack(sums), np.float64)


def means_of(weights: Floats, sums: Floats, counts: Floats) -> Floats:
    """The mean of each arm where reviewer r counts `weights[b, r]` times, shape (resamples, 2); NaN without reviews."""
    size = weights @ counts.T
    return np.asarray(np.divide(weights @ sums.T, size, out=np.full(size.shape, np.nan), where=size > 0))
