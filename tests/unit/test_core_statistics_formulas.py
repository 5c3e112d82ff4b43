"""Statistics against the formulas of their papers, and at their edges."""

import math

import numpy as np
import pytest

from curation.core import statistics


def test_ppi_is_the_formula_of_its_paper() -> None:
    rated, judged, rest = [2.0, 3.0, 5.0, 4.0], [2.0, 2.0, 4.0, 5.0], [1.0, 3.0, 4.0]
    found = statistics.ppi_mean(rated, judged, rest)
    power = np.cov(rated, judged)[0, 1] / ((1 + 4 / 3) * np.var([*judged, *rest]))
    assert 0 < power < 1
    corrected = np.array(rated) - power * np.array(judged)
    value = corrected.mean() + power * np.mean(rest)
    half = 1.96 * (np.var(corrected, ddof=1) / 4 + power**2 * np.var(rest) / 3) ** 0.5
    assert (found.value, found.low, found.high) == pytest.approx((value, value - half, value + half))
    assert found.n == 4
    one = statistics.ppi_mean([3], [3], [3, 4])
    assert (math.isnan(one.low), math.isnan(one.high), one.n) == (True, True, 1)
    # Two predictions for the rest are enough to listen to the judge; one is not.
    assert statistics.ppi_mean(rated, judged, [1.0, 1.0]).value < statistics.ppi_mean(rated, judged, [1.0]).value
    # Two ratings are an estimate, of whatever width.
    two = statistics.ppi_mean([3, 5], [3, 4], [3, 4])
    assert (two.value, two.low < two.value < two.high) == (pytest.approx(4), True)


def test_ppi_trusts_a_judge_no_further_than_its_word() -> None:
    # A judge whose points lie too near each other would be believed four times over.
    rated = np.array([1.0, 5.0, 2.0, 4.0])
    judged, rest = rated / 4, [0.25, 1.25, 1.0]
    found = statistics.ppi_mean(rated, judged, rest)
    corrected = rated - judged
    half = 1.96 * (np.var(corrected, ddof=1) / 4 + np.var(rest) / 3) ** 0.5
    assert (found.value, found.high - found.value) == pytest.approx((corrected.mean() + np.mean(rest), half))


def test_ppi_without_a_rest_has_the_interval_of_the_plain_mean() -> None:
    rated = [2.0, 3.0, 5.0, 4.0]
    found = statistics.ppi_mean(rated, [2.0, 2.0, 4.0, 5.0], [])
    half = 1.96 * np.std(rated, ddof=1) / 2
    assert (found.value, found.low, found.high) == pytest.approx((3.5, 3.5 - half, 3.5 + half))


def test_equal_values_have_the_middle_of_their_ranks() -> None:
    twice = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 1.0, 0.0, 1.0]])
    found = statistics.weighted_midranks(np.array([10.0, 20.0, 20.0, 30.0]), twice)
    assert found.tolist() == [[1, 2.5, 2.5, 4], [1.5, 3, 3, 4]]


def test_a_resample_without_variation_in_one_group_leaves_that_group_out() -> None:
    # Every pair of both groups is the wrong way round, and a third of the draws from so few say nothing.
    found = statistics.spearman_within([1, 2, 5, 6, 7], [2, 1, 7, 6, 5], ["a", "a", "b", "b", "b"], least=2)
    assert (found.value, found.low, found.high) == pytest.approx((-1, -1, -1))


def test_alpha_of_several_ratings_to_a_story_draws_whole_stories() -> None:
    """Ten ratings of one story that go together are one piece of evidence, not ten."""
    rng = np.random.default_rng(5)
    per_story = rng.integers(1, 6, size=(12, 1)).repeat(2, axis=1).astype(float)
    per_story[::3, 1] = 6 - per_story[::3, 1]
    table = per_story.repeat(10, axis=0)
    stories = np.arange(12).repeat(10).tolist()
    pooled = statistics.alpha_with_interval(table)
    found = statistics.alpha_with_interval(table, stories=stories)
    assert found.value == pytest.approx(pooled.value)
    assert (found.n, pooled.n) == (12, 120)
    assert found.high - found.low > 2.5 * (pooled.high - pooled.low)
    assert found == statistics.alpha_with_interval(table, stories=stories, seed=0)
    assert found != statistics.alpha_with_interval(table, stories=stories, seed=1)
    shuffled = rng.permutation(120)
    again = statistics.alpha_with_interval(table[shuffled], stories=[stories[row] for row in shuffled])
    assert (again.value, again.n) == (pytest.approx(found.value), 12)
    one_each = statistics.alpha_with_interval(per_story, stories=range(12))
    assert one_each == statistics.alpha_with_interval(per_story)
    assert statistics.alpha_with_interval(np.empty((0, 2)), stories=[]).n == 0
    assert np.isnan(statistics.alpha_with_interval([[1, 2], [3, 4]], stories=["a", "a"]).low)


def test_stories_rated_alike_can_be_told_once_with_their_number() -> None:
    whole = np.random.default_rng(2).integers(1, 6, (80, 2)).astype(float)
    whole[::9, 1] = np.nan
    rows, counts = np.unique(whole, axis=0, return_counts=True, equal_nan=True)
    assert len(rows) < len(whole)
    assert statistics.alpha_with_interval(rows, counts=counts) == statistics.alpha_with_interval(whole)
