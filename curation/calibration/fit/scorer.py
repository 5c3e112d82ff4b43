"""From texts and labels to an artefact, with predictions for the labelled stories by models that had not seen them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curation.calibration.fit.ridge import apply_knots, best_penalty, bootstrap, calibration_knots, ridge
from curation.calibration.fit.words import counted, fit_words
from curation.scoring.judges.artefact import Artefact, Curve
from curation.scoring.queries import LEAST_LABELS, MANY_LABELS

Floats = NDArray[np.float64]
FOLDS = 10
DRAWS = 30


@dataclass(frozen=True)
class Fitted:
    """The artefact and what the version's page says about it."""

    artefact: Artefact
    parameters: dict[str, Any]


def folds_of(stories: NDArray[np.int64], y: Floats) -> NDArray[np.int64]:
    """A fold from 0 to 9 for each story, by its id and label alone, the labels spread evenly over the folds.

    Uneven folds would make held-out predictions lean the wrong way: a fold with high labels leaves a low mean behind.
    """
    chance = [hashlib.sha256(str(story).encode()).digest() for story in stories]
    order = sorted(range(len(stories)), key=lambda place: (y[place], chance[place]))
    folds = np.empty(len(stories), dtype=np.int64)
    for start in range(0, len(order), FOLDS):
        block = sorted(order[start : start + FOLDS], key=lambda place: chance[place][::-1])
        folds[block] = np.arange(len(block))
    return folds


def fit(
    *, pool: Sequence[str], stories: NDArray[np.int64], texts: Sequence[str], keys: list[str], means: Floats
) -> Fitted:
    """Fit one curve for each criterion with at least 50 labels.

    `pool` are texts to weigh words by; `stories` (n ids) with their `texts` and `means` (n, len(keys), NaN unrated) are
    what is learnt from. The calibration is a line under 200 labels and isotonic from 200.
    """
    words = fit_words(pool)
    counts = counted(texts)
    mean, deviation = counts.mean(axis=0), counts.std(axis=0)
    sd = np.where(deviation > 1e-9, deviation, 1.0) * counts.shape[1] ** 0.5
    inputs = np.hstack([words.columns(texts), (counts - mean) / sd])
    curves: dict[str, Curve] = {}
    held_out = []
    facts: dict[str, dict[str, Any]] = {}
    for column, key in enumerate(keys):
        rated = np.flatnonzero(np.isfinite(means[:, column]))
        facts[key] = {"n": int(rated.size), "method": "word counts"}
        if rated.size < LEAST_LABELS:
            continue
        isotonic = rated.size >= MANY_LABELS
        curve, predictions, penalty = fit_curve(inputs[rated], means[rated, column], stories[rated], isotonic=isotonic)
        curves[key] = curve
        whole = np.full(len(stories), np.nan)
        whole[rated] = predictions
        held_out.append(whole)
        method = "ridge, isotonic" if isotonic else "ridge, linear"
        facts[key] |= {"method": method, "penalty": penalty, "error": round(curve.error, 3)}
    artefact = Artefact(
        vocabulary=words.vocabulary,
        idf=words.idf,
        components=words.components,
        scale=words.scale,
        mean=mean,
        sd=sd,
        curves=curves,
        labelled=stories,
        held_out=np.stack(held_out, axis=1) if held_out else np.zeros((len(stories), 0)),
    )
    return Fitted(artefact, {"criteria": facts, "pool": len(pool), "terms": len(words.vocabulary)})


def fit_curve(x: Floats, y: Floats, stories: NDArray[np.int64], *, isotonic: bool) -> tuple[Curve, Floats, float]:
    """Fit one criterion; returns the curve, the calibrated held-out predictions (n) and the penalty.

    Everything that looks at labels is done anew without a fold before that fold is predicted: the penalty, the weights
    and the calibration.
    """
    folds = folds_of(stories, y)
    raw = np.empty(y.size)
    for fold in range(FOLDS):
        out = folds == fold
        raw[out] = with_intercept(x[out]) @ ridge(x[~out], y[~out], best_penalty(x[~out], y[~out]))
    predictions = np.empty(y.size)
    for fold in range(FOLDS):
        out = folds == fold
        predictions[out] = apply_knots(calibration_knots(raw[~out], y[~out], isotonic=isotonic), raw[out])
    penalty = best_penalty(x, y)
    draws = bootstrap(x, y, penalty, DRAWS, seed=0)
    knots = calibration_knots(raw, y, isotonic=isotonic)
    slope = float(np.ptp(knots[1]) / max(float(np.ptp(knots[0])), 1e-9))
    curve = Curve(
        weights=ridge(x, y, penalty),
        draws=draws,
        knots=knots,
        error=float(np.sqrt(((predictions - y) ** 2).mean())),
        wobble=float((with_intercept(x) @ draws.T).var(axis=1).mean() * slope**2),
        n=int(y.size),
    )
    return curve, predictions, penalty


def with_intercept(x: Floats) -> Floats:
    """`x` with a last column of ones."""
    return np.hstack([x, np.ones((x.shape[0], 1))])
