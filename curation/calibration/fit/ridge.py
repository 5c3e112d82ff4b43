"""Ridge regression with a penalty chosen by leave-one-out error, and its bootstrap."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PENALTIES = np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0])


def best_penalty(x: Floats, y: Floats) -> float:
    """The penalty of `PENALTIES` with the least leave-one-out squared error; `x` (n, p), `y` (n).

    Leave-one-out residuals of a ridge are r / (1 - h) with h the diagonal of the hat matrix: Golub, Heath & Wahba,
    Generalized Cross-Validation (1979), equation 1.2.
    """
    n = y.size
    left, sizes, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    projected = left.T @ (y - y.mean())
    errors = []
    for penalty in PENALTIES:
        shrink = sizes**2 / (sizes**2 + penalty)
        leverage = 1 / n + (left**2) @ shrink
        residual = (y - y.mean() - left @ (shrink * projected)) / np.maximum(1 - leverage, 1e-6)
        errors.append(float((residual**2).mean()))
    return float(PENALTIES[int(np.argmin(errors))])


def ridge(x: Floats, y: Floats, penalty: float, weights: Floats | None = None) -> Floats:
    """Weights (p + 1, the intercept last and unpenalised) that minimise the weighted squares plus `penalty` |w|^2.

    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), section 3.4.1.
    """
    w = np.ones(y.size) if weights is None else weights
    mean_x, mean_y = np.average(x, axis=0, weights=w), float(np.average(y, weights=w))
    centred = x - mean_x
    gram = (centred * w[:, None]).T @ centred
    gram[np.diag_indices_from(gram)] += penalty
    solved = np.linalg.solve(gram, (centred * w[:, None]).T @ (y - mean_y))
    return np.append(solved, mean_y - mean_x @ solved)


def bootstrap(x: Floats, y: Floats, penalty: float, draws: int, seed: int) -> Floats:
    """Ridge weights of `draws` resamples of the stories, shape (draws, p + 1)."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(y.size, np.full(y.size, 1 / y.size), size=draws).astype(np.float64)
    return np.stack([ridge(x, y, penalty, row) for row in counts])
