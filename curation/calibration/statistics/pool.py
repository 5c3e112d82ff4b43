"""How good a pool of stories is, from a random audited sample and a judge's numbers for all of it."""

import numpy as np
from numpy.typing import NDArray

from curation.calibration.statistics.curves import FOLDS, RATINGS, apply_knots, calibration_knots, folds_of
from curation.core.statistics import NOTHING, Estimate, Floats, ppi_mean

# With fewer audited stories the normal interval promises more than it keeps.
LEAST_AUDITED = 30
SHARES = (0.0, 1.0)


def pool_mean(
    audited: Floats,
    judged: Floats,
    families: NDArray[np.int64],
    rest: Floats,
    *,
    isotonic: bool,
    scale: tuple[float, float] = RATINGS,
) -> Estimate:
    """The mean of a pool whose random sample was `audited` (n), with its 95 percent interval within `scale`.

    `judged` (n) is what a judge said of the audited stories, `rest` what it said of a sample of the others, both as it
    says them: they are calibrated here, by curves of ten folds with families kept together. An audited story is
    predicted by the curve of the other folds, the rest by the mean of the ten curves, and the two go into PPI++.
    Without a judge's number for every audited story it is the plain mean. NaN under `LEAST_AUDITED`.

    Angelopoulos, Duchi & Zrnic, PPI++: Efficient Prediction-Powered Inference (2023); the folds: Zrnic & Candès,
    Cross-prediction-powered inference, PNAS 121 (2024), e2322083121.
    """
    n = audited.size
    if n < LEAST_AUDITED:
        return Estimate(np.nan, *NOTHING, n)
    known = np.isfinite(judged).all() and np.unique(families).size >= FOLDS
    if known:
        predicted, others = cross_predicted(audited, judged, families, rest, isotonic, scale)
    else:
        predicted, others = np.zeros(n), np.zeros(0)
    found = ppi_mean(audited, predicted, others)
    low, high = np.clip([found.low, found.high], *scale)
    return Estimate(float(np.clip(found.value, *scale)), float(low), float(high), n)


def cross_predicted(
    y: Floats, judged: Floats, families: NDArray[np.int64], rest: Floats, isotonic: bool, scale: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Predict the audited stories by curves that have not seen them, and the rest by all of these curves."""
    folds = folds_of(families, y)
    predicted, others = np.empty(y.size), np.zeros(rest.size)
    for fold in range(FOLDS):
        out = folds == fold
        knots = calibration_knots(judged[~out], y[~out], isotonic=isotonic, scale=scale)
        predicted[out] = apply_knots(knots, judged[out], scale)
        others += apply_knots(knots, rest, scale) / FOLDS
    return predicted, others
