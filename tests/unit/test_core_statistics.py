"""Every figure of the statistics page is checked against a published table or a simple reference."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from curation.core import statistics

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: 12 units, 4 observers; 0 is missing.
EXAMPLE_C = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
BINARY = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
MEG_OWEN = ["aabbdcccedda", "babbbccceddd"]

tables = arrays(
    np.float64, st.tuples(st.integers(3, 12), st.integers(2, 4)), elements=st.sampled_from([1.0, 2, 3, 4, 5])
)
vectors = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=30)


def table_c() -> np.ndarray:
    table = np.array(EXAMPLE_C, dtype=float).T
    table[table == 0] = np.nan
    return table


@pytest.mark.parametrize(("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_the_published_one(metric: str, published: float) -> None:
    assert statistics.krippendorff_alpha(table_c(), metric=metric) == pytest.approx(published, abs=0.0005)


def test_nominal_alpha_of_the_two_smaller_examples() -> None:
    assert statistics.krippendorff_alpha(np.array(BINARY).T, metric="nominal") == pytest.approx(0.095, abs=0.0005)
    letters = [[float(ord(letter)) for letter in row] for row in MEG_OWEN]
    assert statistics.krippendorff_alpha(np.array(letters).T, metric="nominal") == pytest.approx(0.692, abs=0.0005)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^unknown metric 'cubic': nominal, ordinal or interval$"):
        statistics.krippendorff_alpha(table_c(), metric="cubic")


def test_alpha_is_undefined_without_variation_and_without_pairs() -> None:
    assert math.isnan(statistics.krippendorff_alpha([[3, 3], [3, 3]]))
    assert math.isnan(statistics.alpha_with_interval([[3, np.nan]]).value)
    assert statistics.alpha_with_interval(np.full((2, 2), np.nan)).n == 0


@given(tables)
def test_alpha_does_not_mind_the_order_of_raters_or_stories(table: np.ndarray) -> None:
    alpha = statistics.krippendorff_alpha(table)
    shuffled = statistics.krippendorff_alpha(table[::-1, ::-1])
    assert alpha == pytest.approx(shuffled, nan_ok=True)
    assert math.isnan(alpha) or alpha <= 1.0


@given(tables)
def test_raters_who_always_agree_have_an_alpha_of_one(table: np.ndarray) -> None:
    same = np.repeat(table[:, :1], 3, axis=1)
    alpha = statistics.krippendorff_alpha(same)
    assert math.isnan(alpha) or alpha == pytest.approx(1.0)


def test_the_interval_narrows_with_stories_as_the_guide_says() -> None:
    rng = np.random.default_rng(7)

    def half_width(stories: int) -> float:
        truth = rng.normal(size=(stories, 1))
        ratings = np.clip(np.round(3 + truth + 1.4 * rng.normal(size=(stories, 3))), 1, 5)
        ratings[rng.random(ratings.shape) < 0.3] = np.nan
        found = statistics.alpha_with_interval(ratings, seed=3)
        assert found.low < found.value < found.high
        return (found.high - found.low) / 2

    assert half_width(50) == pytest.approx(0.21, abs=0.07)
    assert half_width(400) == pytest.approx(0.08, abs=0.03)


def test_memory_of_the_bootstrap_is_bounded() -> None:
    assert max(block.size for block in statistics.resample_weights(5000, 1000, 0)) <= statistics.BLOCK


@given(vectors)
def test_spearman_is_pearson_of_midranks(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))

    def midranks(values: np.ndarray) -> np.ndarray:
        return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])

    found = statistics.spearman(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(np.corrcoef(midranks(x), midranks(y))[0, 1])


@given(vectors)
def test_a_weight_means_that_many_copies(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    times = np.arange(len(x)) % 3
    found = statistics.weighted_spearman(x, y, times[None, :].astype(float))[0]
    assert found == pytest.approx(statistics.spearman(np.repeat(x, times), np.repeat(y, times)), nan_ok=True)


def test_telling_generators_apart_is_not_telling_stories_apart() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(["one", "two"], 200)
    level = np.where(groups == "one", 2.0, 4.0)
    judged, rated = level + rng.normal(scale=0.3, size=400), level + rng.normal(scale=0.3, size=400)
    within = statistics.spearman_within(judged, rated, list(groups))
    assert statistics.spearman(judged, rated) > 0.7
    assert abs(within.value) < 0.15
    assert within.low < 0 < within.high
    assert within.n == 400


def test_small_and_constant_groups_say_nothing() -> None:
    assert statistics.spearman_within([1, 2], [1, 2], ["a", "a"]).n == 0
    assert statistics.spearman_within([1] * 9, range(9), ["a"] * 9).n == 0


@given(vectors, st.integers(1, 3))
def test_concordance_counts_pairs_of_one_group(pairs: list[tuple[int, int]], count: int) -> None:
    predicted, actual = zip(*pairs, strict=True)
    groups = [place % count for place in range(len(pairs))]
    scores = [
        0.5 if predicted[i] == predicted[j] else float((predicted[i] < predicted[j]) == (actual[i] < actual[j]))
        for i, j in itertools.combinations(range(len(pairs)), 2)
        if groups[i] == groups[j] and actual[i] != actual[j]
    ]
    expected = sum(scores) / len(scores) if scores else float("nan")
    assert statistics.concordance_within(predicted, actual, groups) == pytest.approx(expected, nan_ok=True)


def test_calibration_error_is_the_gap_in_rating_points() -> None:
    rated = np.linspace(1, 4, 100)
    assert statistics.calibration_error(rated, rated) == pytest.approx(0)
    assert statistics.calibration_error(rated + 0.5, rated) == pytest.approx(0.5)
    assert math.isnan(statistics.calibration_error([], []))


def test_the_ppi_interval_covers_and_is_narrower_with_a_useful_judge() -> None:
    rng = np.random.default_rng(1)
    hits, widths, plain = 0, [], []
    for _ in range(300):
        truth = rng.normal(3.2, 0.8, size=2000)
        judge = truth + rng.normal(0.4, 0.4, size=2000)
        rated = slice(0, 100)
        found = statistics.ppi_mean(truth[rated], judge[rated], judge[100:])
        hits += found.low <= 3.2 <= found.high
        widths.append(found.high - found.low)
        plain.append(2 * 1.96 * truth[rated].std(ddof=1) / 10)
    assert hits / 300 > 0.91
    assert np.mean(widths) < 0.65 * np.mean(plain)


def test_a_perfect_judge_makes_it_the_mean_of_the_whole_pool() -> None:
    for rest in (np.linspace(2, 102, 500), np.linspace(2, 102, 1500)):
        rated = np.linspace(0, 100, 500)
        found = statistics.ppi_mean(rated, rated, rest)
        assert found.value == pytest.approx(np.concatenate([rated, rest]).mean(), abs=0.05)
        # As wide as if all of the pool had been rated.
        width = 2 * 1.96 * np.concatenate([rated, rest]).std() / (500 + rest.size) ** 0.5
        assert found.high - found.low == pytest.approx(width, rel=0.02)
        assert found.n == 500


def test_a_judge_who_is_wrong_the_other_way_round_is_not_listened_to() -> None:
    rated = np.array([1.0, 2, 3, 4, 5])
    found = statistics.ppi_mean(rated, 6 - rated, [1, 1, 1, 1])
    assert found.value == pytest.approx(3)
    half = 1.96 * (2.5 / 5) ** 0.5
    assert (found.low, found.high) == (pytest.approx(3 - half), pytest.approx(3 + half))
    assert statistics.ppi_mean(rated, [3, 3, 3, 3, 3], [3, 3, 3]).value == pytest.approx(3)
    assert statistics.ppi_mean([2, 4], [2, 4], [3]).n == 2


def test_ppi_without_predictions_is_the_plain_mean() -> None:
    found = statistics.ppi_mean([3, 4, 5], [3, 3, 3], [])
    assert found.value == pytest.approx(4)
    assert math.isnan(statistics.ppi_mean([3], [3], [3]).value)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3; and the middle.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
     (20, 20, 0.8389, 1), (5, 10, 0.2366, 0.7634)],
)  # fmt: skip
def test_the_interval_of_a_share_is_the_published_one(hits: int, n: int, low: float, high: float) -> None:
    found = statistics.proportion(hits, n)
    assert (found.value, found.n) == (pytest.approx(hits / n), n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert 0 <= found.low <= found.high <= 1


def test_a_share_of_nothing_is_unknown() -> None:
    found = statistics.proportion(0, 0)
    assert (math.isnan(found.value), math.isnan(found.low), math.isnan(found.high)) == (True, True, True)
    assert found.n == 0


def test_resampling_draws_as_many_stories_as_there_are_as_often_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "BLOCK", 10)
    assert [block.shape for block in statistics.resample_weights(3, 7, 0)] == [(3, 3), (3, 3), (1, 3)]
    # A single resample that is larger than a block is a block of its own.
    assert [block.shape for block in statistics.resample_weights(20, 2, 0)] == [(1, 20), (1, 20)]
    drawn = np.concatenate(list(statistics.resample_weights(4, 2000, 5)))
    assert (drawn.sum(axis=1) == 4).all()
    assert drawn.mean(axis=0) == pytest.approx([1, 1, 1, 1], abs=0.1)
    assert (drawn == np.concatenate(list(statistics.resample_weights(4, 2000, 5)))).all()
    assert (drawn != np.concatenate(list(statistics.resample_weights(4, 2000, 6)))).any()


def test_an_interval_is_the_middle_of_what_is_known_of_at_least_half() -> None:
    nan = float("nan")
    assert statistics.percentile_interval(np.arange(101.0)) == (2.5, 97.5)
    assert statistics.percentile_interval(np.array([3.0, nan, 1.0, nan])) == (pytest.approx(1.05), pytest.approx(2.95))
    for unknown in ([1.0], [1.0, 2.0, nan, nan, nan, nan], [1.0, nan], []):
        low, high = statistics.percentile_interval(np.array(unknown))
        assert math.isnan(low)
        assert math.isnan(high)


def test_an_interval_of_an_odd_number_needs_the_smaller_half() -> None:
    assert statistics.percentile_interval(np.array([1.0, 2.0, np.nan, np.nan, np.nan])) == pytest.approx((1.025, 1.975))
    assert np.isnan(statistics.percentile_interval(np.array([1.0, 2.0, *[np.nan] * 4]))).all()


def test_pairs_are_counted_story_by_story() -> None:
    nan = float("nan")
    values, pairs = statistics.coincidences([[1, 1, 2], [1, 2, nan], [3, nan, nan], [2, 2, 2]])
    assert values.tolist() == [1, 2, 3]
    assert pairs.tolist() == [
        [[1, 1, 0], [1, 0, 0], [0, 0, 0]],
        [[0, 1, 0], [1, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 3, 0], [0, 0, 0]],
    ]
    none, nothing = statistics.coincidences([[nan, nan], [nan, nan]])
    assert (none.size, nothing.shape) == (0, (2, 0, 0))


def test_alpha_takes_whole_numbers_and_does_not_mind_the_unit() -> None:
    whole = np.array([[1, 2], [5, 4], [3, 3], [2, 5]], dtype=np.uint8)
    alpha = statistics.krippendorff_alpha(whole, metric="interval")
    assert alpha == pytest.approx(statistics.krippendorff_alpha(whole / 1000, metric="interval"))
    assert alpha == pytest.approx(statistics.alpha_with_interval(whole, metric="interval", resamples=9).value)
    assert statistics.krippendorff_alpha(whole) == statistics.krippendorff_alpha(whole, metric="ordinal")
    assert statistics.alpha_with_interval(whole, resamples=9).value == statistics.krippendorff_alpha(whole)


def test_an_interval_of_alpha_can_be_had_again_and_counts_the_stories_that_say_something() -> None:
    ratings = [[1, 2], [5, 4], [3, 3], [2, 5], [4, float("nan")], [1, 1], [5, 5], [2, 2]]
    found = statistics.alpha_with_interval(ratings)
    assert found.n == 7
    assert found == statistics.alpha_with_interval(ratings, resamples=1000, seed=0)
    assert found != statistics.alpha_with_interval(ratings, seed=1)
    assert found != statistics.alpha_with_interval(ratings, resamples=1001)
    nothing = statistics.alpha_with_interval([[3, float("nan")]])
    assert (math.isnan(nothing.low), math.isnan(nothing.high), nothing.n) == (True, True, 0)


def test_rank_correlation_needs_two_stories_and_takes_whole_numbers() -> None:
    assert math.isnan(statistics.spearman([3], [4]))
    assert math.isnan(statistics.spearman([], []))
    assert statistics.spearman([1, 2], [4, 9]) == pytest.approx(1)
    assert statistics.spearman([1, 2, 3], [9, 4, 1]) == pytest.approx(-1)


def test_groups_count_by_their_members_less_one_from_five_on() -> None:
    rising, falling = [1, 2, 3, 4, 5], [9, 8, 7, 6, 5, 4, 3]
    x = [*rising, *range(7), 1, 2, 3, 4]
    y = [*rising, *falling, 1, 2, 3, 4]
    groups = ["a"] * 5 + ["b"] * 7 + ["c"] * 4
    found = statistics.spearman_within(x, y, groups)
    # One and minus one, weighed 4 to 6; the group of four says nothing.
    assert (found.value, found.n) == (pytest.approx(-0.2), 12)
    assert (found.low, found.high) == (pytest.approx(-0.2), pytest.approx(-0.2))
    assert statistics.spearman_within(x, y, groups, least=4).n == 16
    assert statistics.spearman_within(x, y, groups, least=6).value == pytest.approx(-1)
    # A group that says nothing hides none that comes after it.
    assert statistics.spearman_within(x[::-1], y[::-1], groups[::-1]).n == 12
    nothing = statistics.spearman_within([1, 2], [1, 2], ["a", "a"])
    assert all(math.isnan(value) for value in (nothing.value, nothing.low, nothing.high))


def test_the_value_alone_is_the_one_that_has_an_interval() -> None:
    # Groups of 5 and of 7, so that it shows what each counts by.
    x = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 7]
    y = [1, 2, 3, 5, 4, 7, 1, 6, 2, 5, 3, 4]
    groups = ["a"] * 5 + ["b"] * 7
    told = statistics.spearman_within(x, y, groups).value
    assert statistics.rank_correlation_within(x, y, groups) == pytest.approx(told, abs=1e-12)
    one, other = statistics.spearman(x[:5], y[:5]), statistics.spearman(x[5:], y[5:])
    assert told == pytest.approx((4 * one + 6 * other) / 10)


def test_an_interval_within_groups_can_be_had_again() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=40)
    y, groups = x + rng.normal(size=40), [place % 2 for place in range(40)]
    found = statistics.spearman_within(x, y, groups)
    assert found.low < found.value < found.high
    assert found == statistics.spearman_within(x, y, groups, resamples=1000, seed=0, least=5)
    assert found != statistics.spearman_within(x, y, groups, seed=1)
    assert found != statistics.spearman_within(x, y, groups, resamples=1001)


def test_concordance_takes_whole_numbers_and_groups_of_any_kind() -> None:
    whole = np.array([1, 4, 2], dtype=np.uint8)
    assert statistics.concordance_within(whole, whole, ["a"] * 3) == 1
    assert statistics.concordance_within(whole[::-1], whole, ["a"] * 3) == pytest.approx(2 / 3)
    assert statistics.concordance_within([1, 1], [1, 2], ["a", "a"]) == 0.5
    assert math.isnan(statistics.concordance_within([1, 2], [1, 2], ["a", "b"]))


def test_calibration_is_measured_over_deciles_weighed_by_their_size() -> None:
    predicted = np.arange(20.0)
    actual = predicted + np.where(np.arange(20) % 2, 1.0, -1.0)
    # The two of each decile even out; alone they do not.
    assert statistics.calibration_error(predicted, actual) == pytest.approx(0)
    assert statistics.calibration_error(predicted, actual, bins=20) == pytest.approx(1)
    assert statistics.calibration_error(predicted[::-1], actual[::-1]) == pytest.approx(0)
    # Two parts of two and one: gaps of 1 and 4.
    assert statistics.calibration_error([1, 2, 3], [2, 3, 7], bins=2) == pytest.approx((2 * 1 + 1 * 4) / 3)
    assert statistics.calibration_error([1, 2], [2, 4]) == pytest.approx(1.5)
