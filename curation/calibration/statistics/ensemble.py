"""Several judges as one: each on the scale of ratings, weighted by what it adds, and calibrated together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.calibration.statistics.curves import FOLDS, apply_knots, calibration_knots, cross_fitted, folds_of

Floats = NDArray[np.float64]
# Equal weights are hard to beat with few labels: Smith & Wallis, A simple explanation of the forecast combination
# puzzle, Oxford Bulletin of Economics and Statistics 71 (2009), 331-355. They count as much as so many stories.
PRIOR_STORIES = 20
# Each fold is left out once, and of the others each again.
LEAST_FAMILIES = 2 * FOLDS


@dataclass(frozen=True)
class Ensemble:
    """How m judges are combined on one criterion.

    `curves` turn each judge's number into a rating (knots, shape (2, k)), `weights` (m) are at least 0 and sum to 1,
    and `knots` turn the weighted mean into a rating. `shares` (m), of the same sum, say how much each judge moves the
    mean: its weight times the standard deviation of its ratings, for the curve of a judge that knows nothing is flat.
    """

    curves: tuple[Floats, ...]
    weights: Floats
    knots: Floats
    shares: Floats

    def predict(self, judged: Floats) -> Floats:
        """The ratings predicted from the judges' numbers, shape (n, m), NaN where one says nothing; shape (n).

        The others' weights are scaled up for those who say nothing; NaN where nobody says anything.
        """
        ratings = np.stack([apply_knots(curve, judged[:, place]) for place, curve in enumerate(self.curves)], axis=1)
        mean = weighted_mean(np.where(np.isfinite(judged), ratings, np.nan), self.weights)
        return np.where(np.isfinite(mean), apply_knots(self.knots, mean), np.nan)


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """The mean of `values`, shape (n, m), by `weights` (m), over what is known of each row; NaN where nothing is.

    Where all that is known weighs nothing, each of it weighs the same.
    """
    known = np.isfinite(values)
    each = known * weights
    each = np.where(each.sum(axis=1, keepdims=True) > 0, each, known.astype(np.float64))
    total = each.sum(axis=1)
    sums = (np.where(known, values, 0.0) * each).sum(axis=1)
    return np.asarray(np.divide(sums, total, out=np.full(total.shape, np.nan), where=total > 0))


def weights_of(ratings: Floats, y: Floats) -> Floats:
    """Weights (m) of judges by what they predict, `ratings` (n, m), of the labels `y` (n): at least 0, sum 1.

    Stacking by least squares without negative weights (Breiman, Stacked regressions, Machine Learning 24 (1996),
    49-64), drawn towards equal weights as if by `PRIOR_STORIES` more stories. `ratings` must be held-out predictions,
    or the judge with the freest curve would win. Equal where no judge says anything of the labels.
    """
    from scipy.optimize import nnls

    judges = ratings.shape[1]
    equal = np.full(judges, 1 / judges)
    centred = ratings - ratings.mean(axis=0)
    pull = (PRIOR_STORIES * float((centred**2).mean())) ** 0.5
    found, _residual = nnls(
        np.vstack([centred, pull * np.eye(judges)]), np.concatenate([y - y.mean(), pull * equal]), maxiter=100 * judges
    )
    total = float(found.sum())
    return np.asarray(found / total) if total > 1e-9 else equal


def fit_ensemble(judged: Floats, y: Floats, families: NDArray[np.int64], *, isotonic: bool) -> Ensemble:
    """Combine judges by all labels: `judged` (n, m) without gaps, `y` (n), `families` (n), at least `FOLDS` of them.

    Weights and the curve of the mean are fitted on predictions of curves that had not seen the label.
    """
    columns = range(judged.shape[1])
    ratings = np.stack([cross_fitted(judged[:, one], y, families, isotonic=isotonic)[0] for one in columns], axis=1)
    weights = weights_of(ratings, y)
    moved = weights * ratings.std(axis=0)
    return Ensemble(
        curves=tuple(calibration_knots(judged[:, one], y, isotonic=isotonic) for one in columns),
        weights=weights,
        knots=calibration_knots(ratings @ weights, y, isotonic=isotonic),
        shares=moved / moved.sum() if moved.sum() > 1e-9 else weights,
    )


def held_out(judged: Floats, y: Floats, families: NDArray[np.int64], *, isotonic: bool) -> Floats:
    """Predict each label (n) by an ensemble that saw no label of its fold: neither its curves, weights nor calibration.

    Families lie in one fold. Arguments as for `fit_ensemble`, with at least `LEAST_FAMILIES`. Nested cross-validation:
    Varma & Simon, Bias in error estimation when using cross-validation for model selection, BMC Bioinformatics 7:91
    (2006).
    """
    folds, predicted = folds_of(families, y), np.empty(y.size)
    for fold in range(FOLDS):
        out = folds == fold
        fitted = fit_ensemble(judged[~out], y[~out], families[~out], isotonic=isotonic)
        predicted[out] = fitted.predict(judged[out])
    return predicted
