"""What figures of a judge say, and from where on: without a database."""

from datetime import UTC, datetime

import numpy as np
import pytest

from curation.calibration.actions.measuring import GROWTH, SOON, bounds, curve_of, estimated, grown, known_or_none
from curation.calibration.models import JudgeQuality
from curation.calibration.models.quality import SecondReviewerAnswer
from curation.calibration.queries.quality import Pool, Quality, trust_in
from curation.core.statistics import Estimate
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import LEAST_LABELS, MANY_LABELS


def measured(**figures: object) -> Quality:
    """A criterion on which enough stories were compared, and everything speaks for the judge, but for `figures`."""
    good = {"n": LEAST_LABELS, "spearman_low": 0.01, "saved_low": 0.01, "second_reviewer": SecondReviewerAnswer.YES}
    return Quality("A1", "Conduct", JudgeQuality(**good | figures), CalibrationStatus.PROVISIONAL)


@pytest.mark.parametrize(
    ("figures", "enough", "orders", "rates", "answer"),
    [
        ({}, True, True, True, "yes"),
        ({"n": LEAST_LABELS - 1}, False, True, True, "not_yet"),
        ({"spearman_low": 0.0}, True, False, True, "not_yet"),
        ({"spearman_low": None}, True, None, True, "not_yet"),
        ({"saved_low": 0.0}, True, True, False, "not_yet"),
        ({"saved_low": None}, True, True, None, "not_yet"),
        ({"second_reviewer": "no"}, True, True, True, "no"),
        ({"second_reviewer": "no", "n": 3}, False, True, True, "no"),
        ({"second_reviewer": "not_yet"}, True, True, True, "not_yet"),
    ],
)
def test_a_judge_is_good_for_what_the_whole_interval_says(
    figures: dict[str, object], enough: bool, orders: bool | None, rates: bool | None, answer: str
) -> None:
    found = measured(**figures)
    assert (found.enough, found.better_than_chance, found.better_than_constant) == (enough, orders, rates)
    assert found.as_second_reviewer == answer


def test_of_a_judge_those_criteria_are_summed_up_that_enough_stories_were_compared_on() -> None:
    when = datetime(2026, 11, 26, tzinfo=UTC)
    found = trust_in(
        [
            measured(n=60),
            measured(second_reviewer="no"),
            measured(saved_low=-0.1),
            measured(spearman_low=None, saved_low=None),
            measured(n=LEAST_LABELS - 1),
        ],
        when,
    )
    assert (found.held, found.orders, found.rates, found.replaces) == (4, 3, 2, 1)
    assert (found.n, found.needed, found.changed_at) == (60, LEAST_LABELS, when)
    none = trust_in([], None)
    assert (none.held, none.orders, none.rates, none.replaces, none.n) == (0, 0, 0, 0, 0)


def test_a_pool_is_measured_once_it_has_a_value() -> None:
    assert not Pool(None, [], 0).measured


@pytest.mark.parametrize(
    ("known", "last", "anew"),
    [
        (1, None, True),
        (7, 7, False),
        (8, 7, True),
        (6, 7, True),
        (SOON, SOON - 1, True),
        (SOON + 1, SOON, False),
        (int(SOON * GROWTH) - 1, SOON, False),
        (int(SOON * GROWTH), SOON, True),
    ],
)
def test_when_there_is_enough_more_to_measure_anew(known: int, last: int | None, anew: bool) -> None:
    assert grown(known, last) is anew


def test_what_is_not_known_is_stored_as_nothing() -> None:
    assert known_or_none(float("nan")) is None
    assert known_or_none(0.0) == 0.0
    assert bounds(float("nan"), 0.12345) == [None, 0.123]
    assert bounds(0.98765, float("nan")) == [0.988, None]
    assert estimated("bias", Estimate(0.5, float("nan"), 0.7, 9)) == {"bias": 0.5, "bias_low": None, "bias_high": 0.7}


def test_the_curve_is_a_line_until_there_are_many_labels_and_ends_at_the_last_rating() -> None:
    rng = np.random.default_rng(0)
    scores = np.sort(rng.uniform(1, 5, MANY_LABELS))
    ratings = np.clip(np.round(scores + rng.normal(scale=0.7, size=scores.size)), 1, 5)
    line, curve = curve_of(scores[1:], ratings[1:]), curve_of(scores, ratings)
    assert (len(line), len(curve) > 2) == (2, True)
    for knots in (line, curve):
        xs, ys = zip(*knots, strict=True)
        assert sorted(xs) == list(xs)
        assert sorted(ys) == list(ys)
    assert curve[0][0] == round(float(scores[0]), 4)
    assert curve_of(np.zeros(0), np.zeros(0)) == []
