"""What pages draw and say of reviews: pace, the spread of ratings, how far apart readers are."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from annotations.models import Review
from annotations.queries.chart import pace_chart, rating_chart
from annotations.queries.progress import QueueProgress
from annotations.queries.second_looks import changed_criteria
from annotations.queries.side_by_side import CriterionRow, ReaderAnswer
from annotations.queries.work import least_seconds, pace_of
from annotations.views.queues import outcome_parts
from curation.standards.models import Criterion


def drawn(*speeds: int) -> tuple[list[float], list[float], list[int], int]:
    """The dots' places across and down, the paces of the lines, and the median."""
    chart = pace_chart([(Review(), speed) for speed in speeds])
    assert chart is not None
    assert [dot.pace for dot in chart.dots] == list(speeds)
    return (
        [dot.x for dot in chart.dots],
        [dot.y for dot in chart.dots],
        [line.pace for line in chart.lines],
        chart.median,
    )


def test_paces_are_drawn_from_the_left_edge_to_the_right_and_the_highest_near_the_top() -> None:
    assert pace_chart([]) is None
    assert drawn(250) == ([50.0], [83.0], [0, 100, 200, 300, 400, 500], 250)
    across, down, lines, median = drawn(650, 200, 450)
    assert across == [50.0, 342.0, 634.0]
    assert down == [20.4, 114.3, 62.1]
    assert (lines, median) == ([0, 200, 400, 600], 450)
    assert drawn(100, 200, 300, 400)[3] == 300
    # What nobody reads at stands at the upper edge.
    assert drawn(9_000, 500)[:3] == ([50.0, 634.0], [10.0, 119.5], [0, 500, 1000, 1500, 2000])
    assert [drawn(fast)[2][1] for fast in (600, 601, 1200, 1201)] == [100, 200, 200, 500]
    chart = pace_chart([(Review(), 100)])
    assert chart is not None
    assert [line.y for line in chart.lines] == [156.0, 126.8, 97.6, 68.4, 39.2, 10.0]


def test_answers_lie_on_a_line_from_1_to_5_and_equal_ones_beneath_each_other() -> None:
    shown = rating_chart([(1, 4), (2, 4), (3, None), (4, 1)])
    assert [(place.reader, place.x, place.y) for place in shown.places] == [
        (1, 166, 11), (2, 166, 31), (3, 14, 11), (4, 52, 11),
    ]  # fmt: skip
    assert shown.steps == [(1, 52), (2, 90), (3, 128), (4, 166), (5, 204)]
    assert (shown.low, shown.high, shown.middle, shown.height) == (52, 166, 11, 42)
    nobody = rating_chart([(1, None)])
    assert (nobody.low, nobody.high, nobody.height) == (0, 0, 22)
    assert rating_chart([]).height == 22


@pytest.mark.parametrize(
    ("words", "seconds"), [(0, 0), (100, 0), (199, 0), (200, 10), (219, 10), (220, 11), (782, 39), (12_000, 600)]
)
def test_a_text_is_asked_about_from_the_length_on_that_nobody_reads_in_ten_seconds(words: int, seconds: int) -> None:
    assert least_seconds(words) == seconds


@pytest.mark.parametrize(("words", "seconds", "pace"), [(782, 60, 782), (100, 7, 857), (300, 0, 0), (1, 120, 0)])
def test_a_pace_is_words_in_a_minute_of_measured_time(words: int, seconds: int, pace: int) -> None:
    review = SimpleNamespace(story=SimpleNamespace(n_words=words), active_seconds=seconds)
    assert pace_of(cast(Review, review)) == pace


def row(gap: int | None, *, unmarked: bool = False, inapplicable: bool = False) -> CriterionRow:
    return CriterionRow(Criterion(key="A1"), [], None, gap, [1], [2] if unmarked else [], [3] if inapplicable else [])


def test_readers_are_far_apart_from_three_points_on() -> None:
    assert [row(gap).wide for gap in (None, 0, 2, 3, 4)] == [False, False, False, True, True]


def test_disagreements_about_a_theme_come_after_wide_gaps_and_before_narrow_ones() -> None:
    rows = {
        "four": row(4),
        "three": row(3, unmarked=True),
        "theme": row(None, unmarked=True),
        "two": row(2, inapplicable=True),
        "not for all": row(0, inapplicable=True),
        "one": row(1),
        "none": row(None),
    }
    assert sorted(rows, key=lambda name: -rows[name].apart) == list(rows)
    assert [one.apart for one in rows.values()] == [4, 3, 2.5, 2, 1.5, 1, 0]


def test_answers_are_said_in_words_for_who_sees_no_drawing() -> None:
    cells = [
        ReaderAnswer(1, True, 4, "Strong", "Says why."),
        ReaderAnswer(2, True, None, "", ""),
        ReaderAnswer(3, False, None, "", ""),
    ]
    said = CriterionRow(Criterion(key="A1"), cells, 4.0, None, [1, 2], [3], [2])
    assert said.said == "Reader 1: 4, Strong; Reader 2: N/A; Reader 3: not asked"
    assert [place.reader for place in said.drawn.places] == [1, 2]


@pytest.mark.parametrize(
    ("submitted", "seats", "percent"), [(0, 0, 0), (0, 7, 0), (3, 7, 42), (199, 200, 99), (2, 2, 100)]
)
def test_a_queue_is_done_when_every_review_is_in_and_not_a_little_before(
    submitted: int, seats: int, percent: int
) -> None:
    assert QueueProgress(submitted=submitted, seats=seats).percent == percent
    assert QueueProgress(stories=seats, stories_done=submitted).stories_left == seats - submitted


def test_a_queues_bar_shows_every_story_once() -> None:
    outcomes = {"accept": 2, "reject": 1, "rewrite": 0, "adjudicate": 1, "reopened": 0}
    parts = outcome_parts(QueueProgress(stories=9, outcomes=outcomes))
    assert [(part["value"], part["tone"]) for part in parts] == [
        (2, "good"), (0, "info"), (1, "warn"), (1, "bad"), (5, "rest"),
    ]  # fmt: skip
    # A story that is in two queues is decided in one of them.
    assert outcome_parts(QueueProgress(stories=3, outcomes=outcomes))[-1]["value"] == 0


def test_a_revision_changes_what_it_rates_otherwise_leaves_out_or_adds() -> None:
    keys = ["A1", "A2", "A3", "B1", "B2"]
    criteria = {key: Criterion(pk=place, key=key, position=9 - place) for place, key in enumerate(keys)}

    def rated(**values: int | None) -> Any:
        found = [SimpleNamespace(criterion=criteria[key], value=value) for key, value in values.items()]
        return SimpleNamespace(ratings=SimpleNamespace(all=lambda: found))

    first, revision = rated(A1=4, A2=None, A3=3, B1=None), rated(A1=4, A2=2, B1=None, B2=None)
    assert [one.key for one in changed_criteria(first, revision)] == ["B2", "A3", "A2"]
    assert changed_criteria(first, first) == []
