"""What somebody has read today: counted once, remembered, and right whatever becomes of what was remembered."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.actions import claim, withdraw
from annotations.models import Assignment, Queue, Review
from annotations.queries import today
from annotations.queries.reading import surroundings
from curation.accounts.models import User
from tests.builders import add_story, person, queue_of, review_by

pytestmark = pytest.mark.django_db
TEXT = "The lamp had four days of oil left, and it said so. " * 10


@pytest.fixture(autouse=True)
def remembers_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(today, "FEW", 2)
    monkeypatch.setattr(today, "SOON", timedelta(0))
    monkeypatch.setattr(today, "UNSEEN", timedelta(0))


def readers_queue(reader: User) -> Queue:
    return queue_of(reader, person(), person(), stories=[add_story(text=f"{n} {TEXT}") for n in range(8)])


def open_story(reader: User, queue: Queue) -> Assignment:
    assignment = claim(reviewer=reader, queue=queue)
    assert assignment is not None
    return Assignment.objects.select_related("item", "story", "rubric").get(pk=assignment.pk)


def test_what_was_counted_is_not_counted_again() -> None:
    annie = person()
    queue = readers_queue(annie)
    each = review_by(annie, queue).story.n_words
    review_by(annie, queue)
    assert today.read_today(annie) == (2, 2 * each)
    assert today.remembered(annie.pk).stories == 0, "two stories are not worth it"
    review_by(annie, queue)
    around = surroundings(open_story(annie, queue))
    assert (around.stories, around.words) == (3, 3 * each)
    known = today.remembered(annie.pk)
    assert (known.stories, known.words) == (3, 3 * each)
    review_by(annie, queue)
    with CaptureQueriesContext(connection) as asked:
        assert today.read_today(annie) == (4, 4 * each)
    assert known.until.strftime("%H:%M:%S.%f") in asked[0]["sql"], "earlier reviews are looked at again"
    around = surroundings(open_story(annie, queue))
    assert (around.stories, around.words) == (4, 4 * each)
    assert today.read_today(person()) == (0, 0)


def test_a_review_that_may_not_be_seen_yet_is_not_taken_for_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(today, "UNSEEN", timedelta(seconds=10))
    annie = person()
    queue = readers_queue(annie)
    for _ in range(3):
        review_by(annie, queue)
    assert today.read_today(annie)[0] == 3
    assert today.remembered(annie.pk).stories == 0


def test_a_review_that_is_taken_back_counts_no_longer(django_capture_on_commit_callbacks: Any) -> None:
    annie = person()
    queue = readers_queue(annie)
    first, *_others = [review_by(annie, queue) for _ in range(4)]
    stories, words = today.read_today(annie)
    assert today.remembered(annie.pk).stories == stories == 4
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(reviewer=annie, review=first)
    assert today.read_today(annie) == (3, words - first.story.n_words)


def test_a_new_day_begins_with_nothing_and_so_does_an_empty_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    annie = person()
    queue = readers_queue(annie)
    for _ in range(3):
        review_by(annie, queue)
    was = today.read_today(annie)
    assert was[0] == today.remembered(annie.pk).stories == 3
    morning = today.midnight()
    monkeypatch.setattr(today, "midnight", lambda: morning + timedelta(days=1))
    assert today.read_today(annie) == (0, 0)
    monkeypatch.setattr(today, "midnight", lambda: morning)
    monkeypatch.setattr(cache, "get", lambda *_arguments: None)
    assert today.read_today(annie) == was


def test_no_plan_can_go_through_all_stories() -> None:
    annie = person()
    review_by(annie, readers_queue(annie))
    read = Review.objects.read().filter(reviewer=annie, submitted_at__gte=today.midnight())
    with connection.cursor() as cursor:
        # What is left are the joins that read a table from one end to the other.
        cursor.execute("SET LOCAL enable_nestloop = off")
    plan = read.order_by().values("reviewer").annotate(words=today.WORDS).explain()
    scans = [line for line in plan.splitlines() if "stories_story" in line]
    assert len(scans) == 1
    assert "Index" in scans[0]
    assert "Join" not in plan.replace("Anti Join", "")
