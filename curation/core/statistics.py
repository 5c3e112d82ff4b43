"""Statistics: agreement, rank correlation, calibration, estimates. Pure numpy; every formula names its source.

Ratings are floats from 1 to 5 and NaN where nobody rated; intervals are (low, high) at 95 percent.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]
NOTHING: Interval = (np.nan, np.nan)
# A block of resampling weights stays under this many cells, so that memory does not grow with the number of stories.
BLOCK = 2_000_000
NORMAL_97_5 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 percent interval and the number of stories it rests on; NaN where it is undefined."""

    value: float
    low: float
    high: float
    n: int


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def proportion(hits: int, n: int) -> Estimate:
    """The share `hits / n` of `n` independent cases with its score interval, which holds for few cases too.

    Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212.
    """
    if n == 0:
        return Estimate(np.nan, *NOTHING, 0)
    share, square = hits / n, NORMAL_97_5**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL_97_5 / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)) ** 0.5
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half), n)


def resample_weights(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield bootstrap weights over `n` units, as blocks of shape (some resamples, n) whose rows each sum to n."""
    rng = np.random.default_rng(seed)
    step = max(1, BLOCK // max(n, 1))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def percentile_interval(values: Floats) -> Interval:
    """The middle 95 percent of bootstrap `values`, undefined resamples left out.

    Efron & Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    known = values[np.isfinite(values)]
    if known.size < max(2, values.size // 2):
        return NOTHING
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def by_cluster(clusters: Sequence[Hashable]) -> NDArray[np.intp]:
    """The place of each unit's cluster, shape (n), counted from 0 in order of first appearance."""
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(cluster, len(places)) for cluster in clusters], dtype=np.intp)


def ratio_with_interval(
    over: ArrayLike, under: ArrayLike, clusters: Sequence[Hashable], *, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """The sum of `over` divided by the sum of `under`, both of shape (n), with a bootstrap over whole clusters.

    With ones as `under` it is the mean of units that go together within their cluster. NaN where `under` sums to 0; of
    a single cluster there is no interval. Field & Welsh, Bootstrapping clustered data, JRSS B 69 (2007), 369-390.
    """
    a, b, which = _floats(over), _floats(under), by_cluster(clusters)
    if not a.size:
        return Estimate(np.nan, *NOTHING, 0)
    tops, bottoms = np.bincount(which, a), np.bincount(which, b)
    value = float(_ratio(tops.sum(), bottoms.sum()))
    if tops.size < 2:
        return Estimate(value, *NOTHING, a.size)
    drawn = [_ratio(weights @ tops, weights @ bottoms) for weights in resample_weights(tops.size, resamples, seed)]
    return Estimate(value, *percentile_interval(np.concatenate(drawn)), a.size)


def coincidences(ratings: ArrayLike) -> tuple[Floats, Floats]:
    """Count the pairs of values that raters gave to the same story.

    `ratings` has shape (stories, raters). Returns (the distinct values, shape (k,); the counts, shape (stories, k, k)),
    each story's pairs divided by its raters less one. Stories with a single rating count nothing.
    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), step C.
    """
    table = _floats(ratings)
    values = np.unique(table[np.isfinite(table)])
    counts = (table[:, :, None] == values).sum(axis=1)
    raters = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(values.size), np.arange(values.size)] -= counts
    return values, pairs / np.maximum(raters - 1, 1)[:, None, None]


def alpha_of(values: Floats, pairs: Floats, metric: str) -> Floats:
    """Alpha of each coincidence matrix in `pairs`, shape (..., k, k); NaN where all ratings are the same."""
    marginals = pairs.sum(axis=-1)
    total = marginals.sum(axis=-1)
    if metric == "nominal":
        distance: NDArray[Any] = values[:, None] != values[None, :]
    elif metric == "interval":
        distance = (values[:, None] - values[None, :]) ** 2
    elif metric == "ordinal":
        # The sum of marginals from c to k, less half of both ends, is the difference of the two values' midranks.
        midranks = np.cumsum(marginals, axis=-1) - marginals / 2
        distance = (midranks[..., :, None] - midranks[..., None, :]) ** 2
    else:
        raise ValueError(f"unknown metric {metric!r}: nominal, ordinal or interval")
    observed = (pairs * distance).sum(axis=(-2, -1))
    expected = (marginals[..., :, None] * marginals[..., None, :] * distance).sum(axis=(-2, -1))
    return 1 - _ratio((total - 1) * observed, expected)


def _ratio(over: Floats, under: Floats) -> Floats:
    """Divide element by element; NaN where `under` is 0 but for rounding."""
    return np.asarray(np.divide(over, under, out=np.full(np.shape(under), np.nan), where=under > 1e-12))


def krippendorff_alpha(ratings: ArrayLike, *, metric: str = "ordinal") -> float:
    """Krippendorff's alpha of `ratings`, shape (stories, raters): 1 is perfect, 0 is chance; NaN if undefined.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    values, pairs = coincidences(ratings)
    return float(alpha_of(values, pairs.sum(axis=0), metric))


def alpha_with_interval(
    ratings: ArrayLike,
    *,
    stories: Sequence[Hashable] = (),
    counts: ArrayLike | None = None,
    metric: str = "ordinal",
    resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Krippendorff's alpha with a percentile bootstrap over stories; `n` counts stories with two ratings or more.

    Each row of `ratings` is a story; or, with `counts`, shape (rows,), as many stories rated alike; or, with `stories`,
    one of the things rated of the story named there. Whole stories are drawn with replacement (not pair disagreements,
    nor rows), because stories are what was sampled, and what two people say of one story goes together: Efron &
    Tibshirani (1993), chapter 8; for clusters Field & Welsh, Bootstrapping clustered data, JRSS B 69 (2007), 369-390,
    section 2. The same `seed` gives the same interval; of a single story there is none.
    """
    values, pairs = coincidences(ratings)
    if stories:
        pairs = np.array([pairs[rows].sum(axis=0) for rows in members(stories)]).reshape(-1, values.size, values.size)
    times = np.ones(len(pairs), np.int64) if counts is None else np.asarray(counts, np.int64)
    told = pairs.sum(axis=(1, 2)) > 0
    pairs, times = pairs[told], times[told]
    n, k = int(times.sum()), values.size
    if n == 0:
        return Estimate(np.nan, *NOTHING, 0)
    # Stories rated alike are interchangeable, so drawing stories is drawing how often each pattern comes: few numbers
    # instead of one per story.
    patterns, which = np.unique(pairs.reshape(len(pairs), -1), axis=0, return_inverse=True)
    often = np.bincount(which.ravel(), times).astype(np.int64)
    value = float(alpha_of(values, (often @ patterns).reshape(k, k), metric))
    if n < 2:
        return Estimate(value, *NOTHING, n)
    weights = np.random.default_rng(seed).multinomial(n, often / n, size=resamples).astype(np.float64)
    drawn = alpha_of(values, (weights @ patterns).reshape(-1, k, k), metric)
    return Estimate(value, *percentile_interval(drawn), n)


def weighted_midranks(x: Floats, weights: Floats) -> Floats:
    """Midranks of `x`, shape (n,), in samples where unit i occurs `weights[b, i]` times; shape (resamples, n)."""
    values, group = np.unique(x, return_inverse=True)
    order = np.argsort(group)
    starts = np.searchsorted(group[order], np.arange(values.size))
    sums = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = np.cumsum(sums, axis=1) - (sums - 1) / 2
    return np.asarray(ranks[:, group])


def weighted_spearman(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Spearman's rho of each weighted sample, shape (resamples,); NaN where one side does not vary."""
    total = weights.sum(axis=1, keepdims=True)
    centred = []
    for side in (x, y):
        ranks = weighted_midranks(side, weights)
        centred.append(ranks - (weights * ranks).sum(axis=1, keepdims=True) / total)
    a, b = centred
    size = np.sqrt((weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1))
    return _ratio((weights * a * b).sum(axis=1), size)


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Spearman's rank correlation, ties at their midrank; NaN if one side does not vary.

    Spearman, The Proof and Measurement of Association between Two Things (1904).
    """
    a, b = _floats(x), _floats(y)
    if a.size < 2:
        return np.nan
    return float(weighted_spearman(a, b, np.ones((1, a.size)))[0])


def members(groups: Sequence[Hashable]) -> list[NDArray[np.intp]]:
    """The positions of each group's members, in order of first appearance."""
    places: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    return [np.array(found, dtype=np.intp) for found in places.values()]


def spearman_within(
    x: ArrayLike, y: ArrayLike, groups: Sequence[Hashable], *, resamples: int = 1000, seed: int = 0, least: int = 5
) -> Estimate:
    """Spearman's rho inside each group, averaged with weights n - 1, with a bootstrap of stories inside groups.

    Pooled over generators, a judge looks good by telling generators apart; inside one it has to tell stories apart.
    Groups under `least` members and groups without variation say nothing and are left out; `n` counts what is left.
    """
    a, b = _floats(x), _floats(y)
    told = _correlated(a, b, groups, least)
    if not told:
        return Estimate(np.nan, *NOTHING, 0)
    weights = np.array([places.size for places, _rho in told], dtype=np.float64) - 1
    table = np.stack(
        [
            np.concatenate(
                [weighted_spearman(a[places], b[places], w) for w in resample_weights(places.size, resamples, seed)]
            )
            for places, _rho in told
        ]
    )
    known = np.isfinite(table)
    means = _ratio((np.where(known, table, 0) * weights[:, None]).sum(axis=0), (known * weights[:, None]).sum(axis=0))
    value = float(np.average([rho for _places, rho in told], weights=weights))
    return Estimate(value, *percentile_interval(means), sum(places.size for places, _rho in told))


def rank_correlation_within(x: ArrayLike, y: ArrayLike, groups: Sequence[Hashable], *, least: int = 5) -> float:
    """The value of `spearman_within` without its interval; NaN where no group says anything."""
    told = _correlated(_floats(x), _floats(y), groups, least)
    if not told:
        return np.nan
    return float(np.average([rho for _places, rho in told], weights=[places.size - 1 for places, _rho in told]))


def _correlated(a: Floats, b: Floats, groups: Sequence[Hashable], least: int) -> list[tuple[NDArray[np.intp], float]]:
    """The members and the rank correlation of each group that says something."""
    inside = [(places, spearman(a[places], b[places])) for places in members(groups) if places.size >= least]
    return [(places, rho) for places, rho in inside if np.isfinite(rho)]


def concordance_within(predicted: ArrayLike, actual: ArrayLike, groups: Sequence[Hashable]) -> float:
    """The share of pairs of one group, not tied in `actual`, that `predicted` puts in the right order.

    A tie in `predicted` counts half; .5 is chance; NaN without such a pair. This is Harrell's C without censoring.
    """
    p, a = _floats(predicted), _floats(actual)
    right, pairs = 0.0, 0
    for places in members(groups):
        for row, place in enumerate(places[:-1]):
            others = places[row + 1 :]
            order = np.sign(a[others] - a[place])
            agreed = np.sign(p[others] - p[place]) * order
            decided = order != 0
            pairs += int(decided.sum())
            right += float((agreed[decided] + 1).sum()) / 2
    return right / pairs if pairs else np.nan


def by_size(values: Floats, bins: int) -> list[NDArray[np.intp]]:
    """The positions of `values` (n) in ascending order, cut into `bins` parts of equal size; empty ones left out."""
    return [part for part in np.array_split(np.argsort(values, kind="stable"), bins) if part.size]


def calibration_error(predicted: ArrayLike, actual: ArrayLike, *, bins: int = 10) -> float:
    """The mean absolute gap, in rating points, between mean prediction and mean rating over deciles of the prediction.

    Expected calibration error (Naeini et al., 2015) with equal-frequency bins; NaN without data.
    """
    p, a = _floats(predicted), _floats(actual)
    if p.size == 0:
        return np.nan
    gaps = [(abs(p[part].mean() - a[part].mean()), part.size) for part in by_size(p, bins)]
    return float(sum(gap * size for gap, size in gaps) / p.size)


def ppi_mean(rated: ArrayLike, predicted_rated: ArrayLike, predicted_rest: ArrayLike) -> Estimate:
    """The mean rating of a pool, from a random rated sample and a judge's predictions for all: PPI++.

    `rated` and `predicted_rated` have one value per rated story, `predicted_rest` one per story nobody rated. The
    predictions must not come from a model fitted on these same ratings. `n` counts the rated stories.
    Angelopoulos, Duchi & Zrnic, PPI++: Efficient Prediction-Powered Inference (2023), sections 2 and 6.
    """
    y, f, rest = _floats(rated), _floats(predicted_rated), _floats(predicted_rest)
    n, size = y.size, rest.size
    if n < 2:
        return Estimate(np.nan, *NOTHING, n)
    prediction_variance = float(np.var(np.concatenate([f, rest])))
    power = 0.0
    if size >= 2 and prediction_variance > 0:
        power = float(np.clip(np.cov(y, f)[0, 1] / (1 + n / size) / prediction_variance, 0.0, 1.0))
    corrected = y - power * f
    value = float(corrected.mean()) + (power * float(rest.mean()) if size else 0.0)
    variance = float(corrected.var(ddof=1)) / n + (power**2 * float(rest.var()) / size if size else 0.0)
    half = 1.96 * variance**0.5
    return Estimate(value, value - half, value + half, n)
