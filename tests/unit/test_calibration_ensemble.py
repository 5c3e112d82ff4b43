"""Judges combined: weighted by what each adds, calibrated together, and never with a label that they were fitted on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from curation.calibration.statistics.curves import cross_fitted
from curation.calibration.statistics.ensemble import (
    LEAST_FAMILIES,
    Ensemble,
    fit_ensemble,
    held_out,
    weighted_mean,
    weights_of,
)

Floats = NDArray[np.float64]
LINE = np.array([[-20.0, 26.0], [-20.0, 26.0]])


def rated(n: int, *errors: tuple[float, float], seed: int = 1) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Numbers of judges (noise, bias) about n stories, their labels, and families of one story each."""
    chance = np.random.default_rng(seed)
    truth = np.clip(chance.normal(3, 1, n), 1, 5)
    judged = [np.clip(truth + chance.normal(bias, noise, n), 1, 5) for noise, bias in errors]
    return np.stack(judged, axis=1), np.clip(truth + chance.normal(0, 0.4, n), 1, 5), np.arange(n)


def rmse(predicted: Floats, y: Floats) -> float:
    return float(((predicted - y) ** 2).mean() ** 0.5)


@pytest.mark.parametrize(("n", "isotonic"), [(80, False), (400, True)])
def test_together_they_miss_by_less_than_the_best_of_them_and_less_than_their_mean(n: int, isotonic: bool) -> None:
    judged, y, families = rated(n, (0.6, 1.0), (0.8, 0.7), (0.7, 0.9))
    together = rmse(held_out(judged, y, families, isotonic=isotonic), y)
    alone = [rmse(cross_fitted(judged[:, one], y, families, isotonic=isotonic)[0], y) for one in range(3)]
    assert together < min(alone)
    assert together < rmse(judged.mean(axis=1), y)


def test_who_errs_less_weighs_more_and_who_knows_nothing_moves_nothing() -> None:
    judged, y, families = rated(600, (0.5, 0.0), (1.0, 0.0), (50.0, 0.0))
    fitted = fit_ensemble(judged, y, families, isotonic=True)
    assert fitted.weights[0] > fitted.weights[1] > 0.1
    assert fitted.shares[0] > fitted.shares[1] > fitted.shares[2]
    assert fitted.shares[2] < 0.05


def test_with_few_labels_the_weights_stay_near_each_other() -> None:
    spread = []
    for n in (40, 2_000):
        judged, y, families = rated(n, (0.4, 0.0), (1.2, 0.0))
        spread.append(np.ptp(fit_ensemble(judged, y, families, isotonic=False).weights))
    assert spread[0] < spread[1]


def test_a_judge_that_is_asked_twice_counts_no_more_than_once() -> None:
    judged, y, families = rated(400, (0.5, 0.0), (0.7, 0.0))
    twice = np.hstack([judged, judged[:, :1]])
    one, two = (held_out(table, y, families, isotonic=True) for table in (judged, twice))
    assert rmse(two, y) == pytest.approx(rmse(one, y), rel=0.03)


@pytest.mark.parametrize("isotonic", [False, True])
def test_of_labels_that_are_chance_it_knows_nothing(isotonic: bool) -> None:
    chance = np.random.default_rng(3)
    judged, y = chance.uniform(1, 5, (300, 4)), chance.integers(1, 6, 300).astype(np.float64)
    predicted = held_out(judged, y, np.arange(300), isotonic=isotonic)
    assert rmse(predicted, y) > 0.98 * float(y.std())
    seen = fit_ensemble(judged, y, np.arange(300), isotonic=isotonic).predict(judged)
    assert rmse(seen, y) < rmse(predicted, y)


def test_a_story_is_predicted_without_the_labels_of_its_family() -> None:
    judged, y, _ = rated(120, (0.6, 0.0), (0.9, 0.0))
    families = np.repeat(np.arange(40), 3)
    before = held_out(judged, y, families, isotonic=False)
    # The family's mean stays, so that it stays in its fold.
    other = y.copy()
    other[[30, 31]] += [0.4, -0.4]
    after = held_out(judged, other, families, isotonic=False)
    assert after[30:33] == pytest.approx(before[30:33])
    assert after != pytest.approx(before)


def test_who_says_nothing_is_left_out_and_where_nobody_says_anything_there_is_nothing() -> None:
    fitted = Ensemble((LINE, LINE, LINE), np.array([0.5, 0.5, 0.0]), LINE, np.array([0.5, 0.5, 0.0]))
    nan = np.nan
    table = np.array([[2, 4, 1], [2, nan, 1], [nan, nan, 5], [nan, nan, nan]], dtype=np.float64)
    assert fitted.predict(table) == pytest.approx([3.0, 2.0, 5.0, nan], nan_ok=True)
    assert fitted.predict(np.zeros((0, 3))).shape == (0,)
    assert weighted_mean(table, np.ones(3)) == pytest.approx([7 / 3, 1.5, 5.0, nan], nan_ok=True)


def test_judges_who_all_say_the_same_weigh_the_same() -> None:
    judged, y = np.full((60, 3), 4.0), rated(60, (1.0, 0.0))[1]
    fitted = fit_ensemble(judged, y, np.arange(60), isotonic=False)
    assert fitted.weights == pytest.approx([1 / 3] * 3)
    assert fitted.shares == pytest.approx([1 / 3] * 3, abs=0.01)
    assert fitted.predict(judged) == pytest.approx(np.full(60, y.mean()), abs=0.01)


numbers = st.integers(1, 5).map(float)


@settings(max_examples=15)
@given(
    st.lists(st.tuples(numbers, numbers, numbers), min_size=LEAST_FAMILIES, max_size=60),
    st.booleans(),
    st.tuples(numbers, numbers),
    st.integers(0, 1),
)
def test_whatever_was_said_weights_are_shares_and_a_higher_number_never_predicts_less(
    rows: list[tuple[float, float, float]], isotonic: bool, said: tuple[float, float], raised: int
) -> None:
    table = np.array(rows)
    judged, y, families = table[:, :2], table[:, 2], np.arange(len(rows))
    fitted = fit_ensemble(judged, y, families, isotonic=isotonic)
    assert (fitted.weights >= 0).all()
    assert fitted.weights.sum() == pytest.approx(1)
    assert fitted.shares.sum() == pytest.approx(1)
    predicted = fitted.predict(judged)
    assert ((predicted >= 1) & (predicted <= 5)).all()
    more = list(said)
    more[raised] += 1
    low, high = fitted.predict(np.array([said, more]))
    assert low <= high + 1e-9
    assert weights_of(judged, y).sum() == pytest.approx(1)
