"""How good a judge is: each formula against published figures, or a simulation whose truth is known."""

import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from curation.calibration.statistics import beside, curves, reliability, second_reviewer
from curation.calibration.statistics.second_reviewer import Against, NoWorse
from curation.core import statistics

Floats = NDArray[np.float64]
# Calderon et al.: what their notebook prints (nitaytech/AltTest, alt_test_example.ipynb) for datasets of ratings, and
# of each reviewer of their data in how many instances the model was nearer to the others, as near, and further off.
PUBLISHED = [
    ("summeval", "gemini_flash", 0.2, [(722, 2288, 3390), (818, 2180, 3402), (541, 2307, 3552)], 0.0, 0.46),
    ("summeval", "mistral-v03", 0.2, [(471, 3373, 2556), (510, 3522, 2368), (1048, 3037, 2315)], 0.0, 0.62),
    (
        "10k_prompts",
        "gemini_pro",
        0.15,
        [
            (67, 138, 123),
            (149, 247, 267),
            (138, 269, 236),
            (242, 304, 352),
            (117, 109, 99),
            (114, 156, 144),
            (55, 88, 81),
            (8, 26, 20),
            (8, 20, 22),
            (9, 25, 19),
            (13, 9, 18),
            (28, 44, 29),
            (12, 21, 18),
        ],
        0.08,
        0.63,
    ),
    (
        "10k_prompts",
        "gpt-4o",
        0.15,
        [
            (90, 153, 85),
            (148, 361, 154),
            (157, 327, 159),
            (291, 378, 229),
            (139, 115, 71),
            (118, 209, 87),
            (69, 106, 49),
            (6, 29, 19),
            (11, 28, 11),
            (17, 23, 13),
            (10, 18, 12),
            (38, 41, 22),
            (21, 22, 8),
        ],
        0.69,
        0.76,
    ),
    (
        "cebab_stars",
        "gpt-4o",
        0.1,
        [
            (60, 236, 35),
            (167, 64, 9),
            (23, 153, 24),
            (47, 165, 18),
            (58, 131, 21),
            (38, 162, 21),
            (17, 124, 29),
            (37, 205, 29),
            (28, 115, 17),
            (24, 121, 15),
        ],
        0.9,
        0.9,
    ),
    (
        "cebab_stars",
        "mistral-v03",
        0.1,
        [
            (64, 202, 65),
            (160, 74, 6),
            (31, 129, 40),
            (51, 141, 38),
            (49, 132, 29),
            (43, 138, 40),
            (21, 123, 26),
            (32, 188, 51),
            (31, 95, 34),
            (25, 95, 40),
        ],
        0.5,
        0.83,
    ),
    (
        "lesion",
        "gemini_flash",
        0.15,
        [(139, 230, 131), (108, 243, 149), (67, 286, 135), (69, 265, 165), (86, 268, 146), (93, 264, 136)],
        0.17,
        0.71,
    ),
    (
        "lesion",
        "gemini_pro",
        0.15,
        [(153, 263, 84), (118, 287, 95), (84, 318, 86), (61, 339, 99), (108, 290, 102), (141, 251, 101)],
        1.0,
        0.81,
    ),
    (
        "lesion",
        "gpt-4o",
        0.15,
        [(109, 213, 178), (82, 240, 178), (76, 218, 194), (44, 252, 203), (87, 217, 196), (103, 198, 192)],
        0.0,
        0.62,
    ),
    (
        "lesion",
        "gpt-4o-mini",
        0.15,
        [(134, 249, 117), (102, 271, 127), (82, 275, 131), (59, 296, 144), (100, 264, 136), (129, 229, 135)],
        0.67,
        0.73,
    ),
]


def readers(quality: Floats, rng: np.random.Generator, *, noise: float, people: int) -> Floats:
    """Ratings of stories of this quality, shape (stories, people), on the scale of 1 to 5."""
    said = quality[:, None] + rng.normal(scale=noise, size=(quality.size, people))
    return np.clip(np.round(said), 1, 5)


# Curves.


def test_a_label_is_predicted_by_a_curve_that_saw_neither_it_nor_its_family() -> None:
    rng = np.random.default_rng(1)
    raw, families = rng.normal(size=60), np.arange(60) // 2
    y = np.clip(3 + raw + rng.normal(scale=0.5, size=60), 1, 5)
    judged, constant = curves.cross_fitted(raw, y, families, isotonic=False)
    folds = curves.folds_of(families, y)
    for place in (0, 17, 59):
        others = folds != folds[place]
        assert not set(families[others]) & {families[place]}
        slope, start = np.polyfit(raw[others], y[others], 1)
        assert judged[place] == pytest.approx(np.clip(start + slope * raw[place], 1, 5))
        assert constant[place] == pytest.approx(y[others].mean())


@pytest.mark.parametrize("isotonic", [False, True])
def test_a_curve_undoes_a_bias_and_a_wrong_scale(isotonic: bool) -> None:
    rng = np.random.default_rng(2)
    quality = rng.uniform(1.5, 4.5, size=600)
    ratings = readers(quality, rng, noise=0.7, people=2).mean(axis=1)
    # It says everything in one point, a point too high.
    raw = 3.5 + quality / 3
    judged, _ = curves.cross_fitted(raw, ratings, np.arange(600), isotonic=isotonic)
    assert statistics.calibration_error(raw, ratings) > 1.3
    assert statistics.calibration_error(judged, ratings) < 0.15
    assert abs(float((judged - ratings).mean())) < 0.03


def test_labels_within_another_scale_stay_in_it() -> None:
    raw, y = np.array([1.0, 2, 3, 4]), np.array([0.0, 0, 1, 1])
    knots = curves.calibration_knots(raw, y, isotonic=True, scale=(0, 1))
    assert curves.apply_knots(knots, np.array([0.0, 9.0]), (0, 1)).tolist() == [0, 1]
    line = curves.calibration_knots(raw, y, isotonic=False, scale=(0, 1))
    assert curves.apply_knots(line, np.array([-9.0, 9.0]), (0, 1)).tolist() == [0, 1]


def test_with_fewer_families_than_folds_nothing_is_predicted() -> None:
    judged, constant = curves.cross_fitted(np.arange(20.0), np.arange(20.0), np.arange(20) % 9, isotonic=False)
    assert np.isnan([judged, constant]).all()


# Reliability, bias, better than a constant.


def test_a_reliability_diagram_has_the_mean_rating_of_each_tenth_with_its_interval() -> None:
    found = reliability.reliability([4, 1, 3, 2], [5, 1, 3, 3], bins=2)
    assert [(one.predicted, one.actual, one.n) for one in found] == [(1.5, 2, 2), (3.5, 4, 2)]
    # Student's t of one degree of freedom is 12.706; the standard error of 1 and 3 is 1.
    assert (found[0].low, found[0].high) == pytest.approx((2 - 12.706, 2 + 12.706), abs=0.001)
    assert reliability.reliability([], []) == []
    (alone,) = reliability.reliability([3], [4])
    assert math.isnan(alone.low)


def test_a_mean_of_what_goes_together_has_the_wider_interval() -> None:
    rng = np.random.default_rng(3)
    per_family = rng.normal(size=40)
    values, families = per_family.repeat(10), np.arange(40).repeat(10).tolist()
    found = statistics.ratio_with_interval(values, np.ones(400), families)
    naive = statistics.ratio_with_interval(values, np.ones(400), range(400))
    assert (found.value, found.n) == (pytest.approx(values.mean()), 400)
    half = 1.96 * per_family.std(ddof=1) / 40**0.5
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.12)
    assert found.high - found.low > 2.5 * (naive.high - naive.low)
    assert statistics.ratio_with_interval([2, 4], [1, 3], ["a", "b"]).value == 1.5
    assert math.isnan(statistics.ratio_with_interval([2, 4], [1, 3], ["a", "a"]).low)
    assert math.isnan(statistics.ratio_with_interval([2], [0], ["a"]).value)
    assert statistics.ratio_with_interval([], [], []).n == 0


def test_the_bias_is_told_with_its_interval() -> None:
    found = reliability.bias(np.array([4.0, 3, 5, 4]), np.array([3.0, 3, 4, 4]), [1, 2, 3, 4])
    assert found.value == 0.5
    assert found.low <= 0.5 <= found.high


def test_only_a_judge_that_knows_something_is_better_than_a_constant() -> None:
    rng = np.random.default_rng(4)
    told = {"knows": 0, "guesses": 0}
    for _ in range(60):
        quality = rng.normal(3, 0.8, size=120)
        ratings = readers(quality, rng, noise=0.8, people=2).mean(axis=1)
        for name, raw in (("knows", quality + rng.normal(scale=0.8, size=120)), ("guesses", rng.normal(size=120))):
            judged, constant = curves.cross_fitted(raw, ratings, np.arange(120), isotonic=False)
            told[name] += reliability.better_than_constant(judged, constant, ratings, range(120)).low > 0
    assert told["knows"] >= 57
    assert told["guesses"] <= 2


def test_better_than_a_constant_is_the_share_of_its_error_that_is_saved() -> None:
    actual, constant = np.array([1.0, 5, 1, 5]), np.full(4, 3.0)
    found = reliability.better_than_constant(np.array([2.0, 4, 2, 4]), constant, actual, range(4))
    assert (found.value, found.low, found.high) == (0.75, 0.75, 0.75)
    worse = reliability.better_than_constant(np.array([5.0, 1, 5, 1]), constant, actual, range(4))
    assert worse.value == -3


# The alternative annotator test.


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda one: f"{one[0]}, {one[1]}")
def test_the_alternative_annotator_test_gives_the_published_figures(
    published: tuple[str, str, float, list[tuple[int, int, int]], float, float],
) -> None:
    _data, _model, handicap, counts, rate, advantage = published
    found = second_reviewer.second_reviewer([Against(*one) for one in counts], handicap=handicap)
    assert round(found.winning_rate, 2) == pytest.approx(rate, abs=0.0051)
    assert found.advantage == pytest.approx(advantage, abs=0.0051)
    assert (found.answer == NoWorse.YES) is (rate >= 0.5)


def test_who_is_nearer_to_the_others_is_by_the_root_mean_square() -> None:
    nan = float("nan")
    ratings = np.array([[4, 2, nan], [4, 2, 5], [3, 3, nan], [1, nan, nan], [5, 5, 1]] * 30)
    judged = np.array([3.0, 3, 3, 1, nan] * 30)
    first, second, third = second_reviewer.leave_each_out(judged, ratings)
    # Of the first reader: 3 is nearer to 2 than 4 is; 4 and 3 are 2, 1 and 1, 2 from 2 and 5, a tie; and 3 is 3.
    assert (first.nearer, first.tied, first.further) == (30, 60, 0)
    # 2 is as far from 4 and 5 as to lie behind 3.
    assert (second.nearer, second.tied, second.further) == (60, 30, 0)
    # From 4 and 2, 5 is further than 3.
    assert (third.nearer, third.tied, third.further) == (30, 0, 0)
    assert second_reviewer.leave_each_out(judged[:145], ratings[:145]) == [
        Against(29, 58, 0),
        Against(58, 29, 0),
    ]


def test_the_t_test_is_that_of_the_indicators() -> None:
    one = Against(nearer=20, tied=30, further=10)
    lead = np.array([-1] * 20 + [0] * 30 + [1] * 10)
    assert one.t(0.1) == pytest.approx((lead.mean() - 0.1) / (lead.std(ddof=1) / 60**0.5))
    assert one.advantage == pytest.approx(50 / 60)
    assert (Against(0, 40, 0).t(0.1), Against(0, 0, 40).t(0.1)) == (-math.inf, math.inf)


def test_false_discoveries_are_kept_rare_under_dependency() -> None:
    # Benjamini & Yekutieli, section 4: the bounds are i / m * q / (1 + 1/2 + ... + 1/m).
    bounds = [float(Fraction(place, 3) * Fraction(1, 10) / Fraction(11, 6)) for place in (1, 2, 3)]
    assert second_reviewer.rejected(np.array([bounds[2], 1.0, bounds[0]]), 0.1).tolist() == [False, False, True]
    # The third is under its own bound, so those before it are rejected as well.
    assert second_reviewer.rejected(np.array(bounds[::-1]) * 0.999 + [0, 0.01, 0.01], 0.1).tolist() == [True] * 3
    assert second_reviewer.rejected(np.array([0.9]), 0.05).tolist() == [False]


@pytest.mark.parametrize(
    ("noise", "answer"), [(0.3, NoWorse.YES), (2.5, NoWorse.NO)], ids=["steadier than people", "a guess"]
)
def test_the_test_tells_a_good_judge_from_a_bad_one(noise: float, answer: NoWorse) -> None:
    rng = np.random.default_rng(5)
    quality = rng.normal(3, 1, size=300)
    ratings = readers(quality, rng, noise=0.8, people=4)
    judged = readers(quality, rng, noise=noise, people=1)[:, 0]
    assert second_reviewer.second_reviewer(second_reviewer.leave_each_out(judged, ratings)).answer == answer


def test_too_few_reviewers_or_stories_say_nothing_yet() -> None:
    rng = np.random.default_rng(6)
    quality = rng.normal(3, 1, size=200)
    ratings, judged = readers(quality, rng, noise=0.8, people=3), np.clip(np.round(quality), 1, 5)
    assert second_reviewer.second_reviewer(second_reviewer.leave_each_out(judged, ratings)).answer == NoWorse.YES
    two = second_reviewer.second_reviewer(second_reviewer.leave_each_out(judged, ratings[:, :2]))
    assert (two.answer, two.reviewers) == (NoWorse.NOT_YET, 2)
    few = second_reviewer.second_reviewer(second_reviewer.leave_each_out(judged[:29], ratings[:29]))
    assert (few.answer, few.reviewers, math.isnan(few.winning_rate)) == (NoWorse.NOT_YET, 0, True)
    # As many nearer as further: it neither wins nor is it shown to be worse.
    assert second_reviewer.second_reviewer([Against(15, 20, 17)] * 4).answer == NoWorse.NOT_YET


# Beside people.


def test_the_judge_agrees_as_people_do_if_it_is_one_of_them() -> None:
    rng = np.random.default_rng(7)
    ratings = readers(rng.normal(3, 1, size=400), rng, noise=0.8, people=3)
    found = beside.agreements(ratings[:, 2], ratings[:, 0], ratings[:, 1])
    assert found.judge_human.n == found.human_human.n == 400
    assert found.judge_human.value == pytest.approx(found.human_human.value, abs=0.06)
    assert found.human_human.value == pytest.approx(statistics.krippendorff_alpha(ratings[:, :2]))
    contrary = beside.agreements(6 - ratings[:, 2], ratings[:, 0], ratings[:, 1])
    assert contrary.judge_human.high < 0 < found.judge_human.low


def test_stories_that_one_of_the_three_has_not_rated_are_left_out() -> None:
    nan = float("nan")
    found = beside.agreements(np.array([1, nan, 3, 4.0]), np.array([1, 2, nan, 4.0]), np.array([1, 2, 3, nan]))
    assert (found.judge_human.n, found.human_human.n) == (1, 1)
    assert beside.on_the_scale(np.array([0.2, 2.5, 3.49, 5.0])).tolist() == [1, 3, 3, 5]


def test_a_figure_that_rests_on_one_reviewer_shows() -> None:
    rng = np.random.default_rng(8)
    quality = rng.normal(3, 1, size=90)
    others = rng.integers(1, 6, size=(90, 2)).astype(float)
    friend = np.clip(np.round(quality), 1, 5)
    found = beside.without_each(quality, np.column_stack([friend, others]), ["a", "b", "c"] * 30)
    assert found.reviewers == 3
    assert found.low < 0.2 < 0.4 < found.high
    assert beside.without_each(quality[:29], others[:29], ["a"] * 29).reviewers == 0


# The pool.


# Drift.


def said(rng: np.random.Generator, base: Floats, noise: float) -> Floats:
    return np.asarray(base + rng.normal(scale=noise, size=base.shape))


# Anchoring.
