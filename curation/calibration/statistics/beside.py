"""The judge as one more reviewer: how it agrees with people beside how people agree, and on whom its figures rest."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from curation.core.statistics import Estimate, Floats, alpha_with_interval, rank_correlation_within

# A reviewer who rated fewer stories is no one whose absence could show.
LEAST_RATED = 30


@dataclass(frozen=True)
class AlphaPair:
    """Ordinal alpha of the judge with people, and of people with people, over the same stories."""

    judge_human: Estimate
    human_human: Estimate


def on_the_scale(judged: Floats) -> Floats:
    """What the judge would tick on the reviewers' scale: the nearest rating, halves upwards."""
    return np.clip(np.floor(judged + 0.5), 1, 5)


def agreements(judged: Floats, first: Floats, second: Floats) -> AlphaPair:
    """Compare over the stories (n) that two people and the judge rated; NaN is unrated.

    `first` and `second` are the first two blind ratings of each story: later ones are asked for where those disagree.
    Each story gives one pair of people and two of the judge with a person; whole stories are drawn for the intervals
    (`core.statistics.alpha_with_interval`).
    """
    all_three = np.flatnonzero(np.isfinite(judged) & np.isfinite(first) & np.isfinite(second))
    judge, one, two = on_the_scale(judged[all_three]), first[all_three], second[all_three]
    stories = [*range(all_three.size), *range(all_three.size)]
    with_judge = np.stack([np.concatenate([judge, judge]), np.concatenate([one, two])], axis=1)
    return AlphaPair(
        judge_human=alpha_with_interval(with_judge, stories=stories),
        human_human=alpha_with_interval(np.stack([one, two], axis=1)),
    )


@dataclass(frozen=True)
class WithoutEach:
    """The judge's rank correlation within generator with each reviewer's ratings left out: the lowest and the highest.

    NaN without a reviewer of whom enough is known.
    """

    low: float
    high: float
    reviewers: int


def without_each(judged: Floats, ratings: Floats, groups: Sequence[Hashable]) -> WithoutEach:
    """Leave each reviewer out in turn, so that a figure which rests on one of them shows.

    `judged` (n), `ratings` (n, reviewers), NaN unrated, `groups` (n) the generators. Cook, Detection of influential
    observation in linear regression, Technometrics 19 (1977), 15-18, by person in place of observation.
    """
    known = np.isfinite(ratings) & np.isfinite(judged)[:, None]
    given = np.where(known, ratings, 0.0)
    count, total = known.sum(axis=1), given.sum(axis=1)
    found = []
    for column in np.flatnonzero(known.sum(axis=0) >= LEAST_RATED):
        left = count - known[:, column]
        rows = np.flatnonzero(left > 0)
        means = (total[rows] - given[rows, column]) / left[rows]
        rho = rank_correlation_within(judged[rows], means, [groups[row] for row in rows.tolist()])
        if np.isfinite(rho):
            found.append(rho)
    if not found:
        return WithoutEach(np.nan, np.nan, 0)
    return WithoutEach(min(found), max(found), len(found))
