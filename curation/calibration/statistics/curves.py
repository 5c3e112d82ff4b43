"""From a judge's numbers to ratings: a curve that never falls, and predictions by curves that did not see the label."""

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDS = 10
# The scale of ratings.
RATINGS = (1.0, 5.0)
# A line is stored by two of its points, this far beyond what was seen.
FAR = 20.0


def folds_of(families: NDArray[np.int64], y: Floats) -> NDArray[np.int64]:
    """A fold from 0 to 9 for each story, by its family and the family's labels alone, the labels spread evenly.

    `families` (n) names for each story the family that it belongs to; a family lies in one fold, or a rewrite would be
    predicted by a model that knows its draft's label. Uneven folds would make held-out predictions lean the wrong way:
    a fold with high labels leaves a low mean behind.
    """
    names, member = np.unique(families, return_inverse=True)
    mean = np.bincount(member, y) / np.bincount(member)
    chance = [hashlib.sha256(str(name).encode()).digest() for name in names]
    order = sorted(range(names.size), key=lambda place: (mean[place], chance[place]))
    folds = np.empty(names.size, dtype=np.int64)
    for start in range(0, len(order), FOLDS):
        block = sorted(order[start : start + FOLDS], key=lambda place: chance[place][::-1])
        folds[block] = np.arange(len(block))
    return np.asarray(folds[member])


def calibration_knots(raw: Floats, y: Floats, *, isotonic: bool, scale: tuple[float, float] = RATINGS) -> Floats:
    """The curve from raw prediction to label: knots (x, y), shape (2, k), never falling; labels lie within `scale`.

    Isotonic regression (Zadrozny & Elkan, Transforming classifier scores into accurate multiclass probability
    estimates, KDD 2002) where there is enough to fit it, else the line of least squares, flat where it would fall.
    """
    if isotonic:
        from sklearn.isotonic import IsotonicRegression

        curve = IsotonicRegression(y_min=scale[0], y_max=scale[1], out_of_bounds="clip").fit(raw, y)
        return np.stack([curve.X_thresholds_, curve.y_thresholds_]).astype(np.float64)
    centred = raw - raw.mean()
    slope = max(0.0, float(centred @ y / max(float(centred @ centred), 1e-12)))
    x = np.array([raw.mean() - FAR, raw.mean() + FAR])
    return np.stack([x, y.mean() + slope * (x - raw.mean())])


def apply_knots(knots: Floats, raw: Floats, scale: tuple[float, float] = RATINGS) -> Floats:
    """Calibrated predictions, within `scale`."""
    return np.asarray(np.clip(np.interp(raw, knots[0], knots[1]), *scale))


def cross_fitted(raw: Floats, y: Floats, families: NDArray[np.int64], *, isotonic: bool) -> tuple[Floats, Floats]:
    """Predict each label by the curve, and by the mean, of the other folds; two arrays of shape (n).

    Families lie in one fold. NaN throughout with fewer families than folds: there would be nothing to hold out.
    """
    judged, constant = np.full(y.size, np.nan), np.full(y.size, np.nan)
    if np.unique(families).size >= FOLDS:
        folds = folds_of(families, y)
        for fold in range(FOLDS):
            out = folds == fold
            judged[out] = apply_knots(calibration_knots(raw[~out], y[~out], isotonic=isotonic), raw[out])
            constant[out] = y[~out].mean()
    return judged, constant
