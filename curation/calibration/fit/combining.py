"""From what several judges said of rated stories to an ensemble of them, criterion by criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curation.calibration.statistics.ensemble import (
    LEAST_FAMILIES,
    Ensemble,
    fit_ensemble,
    held_out,
    weighted_mean,
)
from curation.scoring.queries import LEAST_LABELS, MANY_LABELS

Floats = NDArray[np.float64]
# Of a curve that is stored.
DIGITS = 4


@dataclass(frozen=True)
class Combination:
    """How judges are combined on each criterion: by `facts`, where there were labels enough, else by their plain mean.

    `facts` maps a criterion's key to `n` (rated stories), `weights`, `shares`, `curves`, `knots` (as in `Ensemble`) and
    `error`, the root mean square by which held-out stories were missed, in rating points.
    """

    facts: dict[str, dict[str, Any]]

    def values(self, key: str, judged: Floats) -> tuple[Floats, float | None]:
        """The combined values of stories on a criterion from those of the judges, (n, m), and their deviation.

        NaN where no judge gave a value; the deviation is None while nobody knows how far the mean may be off.
        """
        found = self.facts.get(key)
        if found is None:
            return weighted_mean(judged, np.ones(judged.shape[1])), None
        return ensemble_of(found).predict(judged), float(found["error"])


def combine(
    *, keys: Sequence[str], judged: NDArray[np.float64], means: Floats, families: NDArray[np.int64]
) -> tuple[Combination, Floats]:
    """Fit each criterion with enough labels; `judged` (n, m, c), `means` (n, c), `families` (n), for c `keys`.

    Returns with it the values for these stories, (n, c): each by what was fitted without its label where it has one,
    NaN where no judge gave a value. Only stories on which every judge gave a value are fitted to.
    """
    facts: dict[str, dict[str, Any]] = {}
    values = np.full(means.shape, np.nan)
    for column, key in enumerate(keys):
        said, y = judged[:, :, column], means[:, column]
        told = np.flatnonzero(np.isfinite(said).all(axis=1) & np.isfinite(y))
        if told.size >= LEAST_LABELS and np.unique(families[told]).size >= LEAST_FAMILIES:
            isotonic = told.size >= MANY_LABELS
            predicted = held_out(said[told], y[told], families[told], isotonic=isotonic)
            fitted = fit_ensemble(said[told], y[told], families[told], isotonic=isotonic)
            facts[key] = facts_of(fitted, predicted, y[told])
        values[:, column] = Combination(facts).values(key, said)[0]
        if key in facts:
            values[told, column] = predicted
    return Combination(facts), values


def facts_of(fitted: Ensemble, predicted: Floats, y: Floats) -> dict[str, Any]:
    """An ensemble as it is stored."""
    return {
        "n": int(y.size),
        "weights": [round(float(one), DIGITS) for one in fitted.weights],
        "shares": [round(float(one), DIGITS) for one in fitted.shares],
        "curves": [rounded(curve) for curve in fitted.curves],
        "knots": rounded(fitted.knots),
        "error": round(float(((predicted - y) ** 2).mean() ** 0.5), DIGITS),
    }


def ensemble_of(facts: dict[str, Any]) -> Ensemble:
    """An ensemble from its stored form."""
    return Ensemble(
        curves=tuple(np.array(curve) for curve in facts["curves"]),
        weights=np.array(facts["weights"]),
        knots=np.array(facts["knots"]),
        shares=np.array(facts["shares"]),
    )


def rounded(knots: Floats) -> list[list[float]]:
    """Knots as they are stored."""
    return [[round(float(one), DIGITS) for one in row] for row in knots]
