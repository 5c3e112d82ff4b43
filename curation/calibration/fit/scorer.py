"""From texts and labels to an artifact, with predictions for the labelled stories by models that had not seen them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curation.calibration.fit.ridge import best_penalty, bootstrap, ridge
from curation.calibration.fit.words import counted, fit_words
from curation.calibration.statistics.curves import FOLDS, apply_knots, calibration_knots, folds_of
from curation.scoring.judges.model_artifact import Curve, ModelArtifact
from curation.scoring.queries import LEAST_LABELS, MANY_LABELS

Floats = NDArray[np.float64]
DRAWS = 30


@dataclass(frozen=True)
class Fitted:
    """The artifact and what the version's page says about it."""

    artifact: ModelArtifact
    parameters: dict[str, Any]


def fit(
    *,
    pool: Sequence[str],
    stories: NDArray[np.int64],
    families: NDArray[np.int64],
    texts: Sequence[str],
    keys: list[str],
    means: Floats,
) -> Fitted:
    """Fit one curve for each criterion with at least 50 labels.

    `pool` are texts to weigh words by; `stories` (n ids) with their `families` (n), `texts` and `means` (n, len(keys),
    NaN unrated) are what is learnt from. The calibration is a line under 200 labels and isotonic from 200.
    """
    words = fit_words(pool)
    counts = counted(texts)
    mean, deviation = counts.mean(axis=0), counts.std(axis=0)
    sd = np.where(deviation > 1e-9, deviation, 1.0) * counts.shape[1] ** 0.5
    inputs = np.hstack([words.columns(texts), (counts - mean) / sd])
    curves: dict[str, Curve] = {}
    predicted = []
    facts: dict[str, dict[str, Any]] = {}
    for column, key in enumerate(keys):
        rated = np.flatnonzero(np.isfinite(means[:, column]))
        facts[key] = {"n": int(rated.size), "method": "word counts"}
        # With fewer families than folds there would be nothing to fit on without one of them.
        if rated.size < LEAST_LABELS or np.unique(families[rated]).size < FOLDS:
            continue
        isotonic = rated.size >= MANY_LABELS
        folds = folds_of(families[rated], means[rated, column])
        curve, predictions, penalty = fit_curve(inputs[rated], means[rated, column], folds, isotonic=isotonic)
        curves[key] = curve
        whole = np.full(len(stories), np.nan)
        whole[rated] = predictions
        predicted.append(whole)
        method = "ridge, isotonic" if isotonic else "ridge, linear"
        facts[key] |= {"method": method, "penalty": penalty, "error": round(curve.error, 3)}
    artifact = ModelArtifact(
        vocabulary=words.vocabulary,
        idf=words.idf,
        components=words.components,
        scale=words.scale,
        mean=mean,
        sd=sd,
        curves=curves,
        labelled=stories,
        held_out=np.stack(predicted, axis=1) if predicted else np.zeros((len(stories), 0)),
    )
    return Fitted(artifact, {"criteria": facts, "pool": len(pool), "terms": len(words.vocabulary)})


def fit_curve(x: Floats, y: Floats, folds: NDArray[np.int64], *, isotonic: bool) -> tuple[Curve, Floats, float]:
    """Fit one criterion; returns the curve, the calibrated held-out predictions (n) and the penalty.

    `x` (n, p), `y` (n), `folds` (n) from `folds_of`. Nothing that predicts a fold has seen a label of it: neither the
    weights and the penalty, nor the calibration, which is fitted on predictions of models that lack that fold and the
    one they predict (nested cross-validation, Varma & Simon, BMC Bioinformatics 7:91, 2006).
    """
    raw, predictions = np.empty(y.size), np.empty(y.size)
    for fold in np.unique(folds):
        out = folds == fold
        penalty = best_penalty(x[~out], y[~out])
        raw[out] = with_intercept(x[out]) @ ridge(x[~out], y[~out], penalty)
        inner = held_out(x[~out], y[~out], folds[~out], penalty)
        predictions[out] = apply_knots(calibration_knots(inner, y[~out], isotonic=isotonic), raw[out])
    penalty = best_penalty(x, y)
    draws = bootstrap(x, y, penalty, DRAWS, seed=0)
    knots = calibration_knots(raw, y, isotonic=isotonic)
    slope = float(np.ptp(knots[1]) / max(float(np.ptp(knots[0])), 1e-9))
    curve = Curve(
        weights=ridge(x, y, penalty),
        draws=draws,
        knots=knots,
        error=float(np.sqrt(((predictions - y) ** 2).mean())),
        bootstrap_variance=float((with_intercept(x) @ draws.T).var(axis=1).mean() * slope**2),
        n=int(y.size),
    )
    return curve, predictions, penalty


def held_out(x: Floats, y: Floats, folds: NDArray[np.int64], penalty: float) -> Floats:
    """Predict each story (n) by a ridge that was fitted without its fold."""
    predictions = np.empty(y.size)
    for fold in np.unique(folds):
        out = folds == fold
        predictions[out] = with_intercept(x[out]) @ ridge(x[~out], y[~out], penalty)
    return predictions


def with_intercept(x: Floats) -> Floats:
    """`x` with a last column of ones."""
    return np.hstack([x, np.ones((x.shape[0], 1))])
