"""Figures of the curators' home: when a queue runs dry, how fast somebody reads, and whether an agreement is shown."""

from typing import Any, cast

import pytest

from annotations.models import Queue
from annotations.queries.people import Mine
from annotations.queries.progress import QueueProgress
from curation.accounts.models import User
from curation.core.statistics import Estimate
from curation.overview.next_steps import _dry
from curation.overview.queue_cards import QueueCard
from curation.overview.reviewers import ReviewerShare, _pace


def card(slug: str, stories: int, done: int) -> QueueCard:
    return QueueCard(
        Queue(name=slug.title(), slug=slug), QueueProgress(stories=stories, stories_done=done), Mine(), True
    )


def test_a_queue_runs_dry_below_three_stories_unless_it_is_new_or_being_filled() -> None:
    cards = [card("none", 0, 0), card("two", 9, 7), card("three", 9, 6), card("over", 9, 9), card("one", 1, 0)]
    assert [(step.figure, step.text, step.url) for step in _dry([], cards)] == [
        ("2", "stories left in Two: add more, or close it", "/queues/two/"),
        ("0", "stories left in Over: add more, or close it", "/queues/over/"),
        ("1", "story left in One: add more, or close it", "/queues/one/"),
    ]


@pytest.mark.parametrize(
    ("reviews", "pace"),
    [
        ([], None),
        ([(300, 0)], None),
        ([(300, 60)], 300),
        # A review without a time says nothing of the pace; a long one counts for what it took.
        ([(300, 60), (900, 0)], 300),
        ([(300, 60), (900, 540)], 120),
    ],
)
def test_a_pace_is_all_words_in_all_measured_minutes(reviews: list[tuple[int, int]], pace: int | None) -> None:
    assert _pace(reviews) == pace


@pytest.mark.parametrize(
    ("value", "low", "shown"),
    [(0.8, 0.5, True), (0.0, -0.2, True), (float("nan"), 0.5, False), (0.8, float("nan"), False)],
)
def test_an_agreement_is_shown_with_how_sure_it_is_or_not_at_all(value: float, low: float, shown: bool) -> None:
    found = ReviewerShare(User(), 3, None, Estimate(value, low, 1.0, 3), cast(Any, None))
    assert found.agrees is shown
