"""Nobody reviews blind a story whose ratings others can already read."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, claim, finalizing, submit
from annotations.actions.resuming import DecidedMeanwhile
from annotations.models import Assignment, Decision, Finalization, Item, Queue, Review
from annotations.models.queue import ItemKind
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.releases.models import ReleaseItem
from curation.stories.models import Story
from tests.builders import accepted_stories, add_story, answers, built_release, dataset, person, queue_of, review_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def send(reader: User, assignment: Assignment, *, or_extra: bool = False) -> Review:
    submission = parse_submission(answers(1), assignment.rubric)
    return submit(
        reviewer=reader, assignment=assignment, submission=submission, idempotency_key=uuid4(), or_extra=or_extra
    )


def read_in_another_queue(reader: User, story: Story, kind: str = ItemKind.NORMAL) -> tuple[Queue, Assignment]:
    other = queue_of(reader)
    add_items(actor=SYSTEM, queue=other, stories=[story], kind=kind)
    assignment = claim(reviewer=reader, queue=other)
    assert assignment is not None
    return other, assignment


def test_a_decision_ends_the_reading_in_other_queues_and_what_was_marked_can_be_kept() -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    other, assignment = read_in_another_queue(imani, story)
    for reviewer in (annie, ben):
        review_by(reviewer, queue)
    assignment.refresh_from_db()
    assert assignment.state == "expired"
    assert Item.objects.get(queue=other).seats_left == 0
    assert claim(reviewer=imani, queue=other) is None
    with pytest.raises(DecidedMeanwhile, match="extra review"):
        send(imani, assignment)
    assert send(imani, assignment, or_extra=True).kind == "extra"
    assert Decision.objects.get().review_ids == sorted(Decision.objects.get().review_ids)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("kind", [ItemKind.AUDIT, ItemKind.GOLD])
def test_a_release_ends_the_reading_of_its_stories(kind: str) -> None:
    [story] = accepted_stories(1)
    imani = person()
    _other, assignment = read_in_another_queue(imani, story, kind)
    built_release(dataset())
    assignment.refresh_from_db()
    assert assignment.state == "expired"
    with pytest.raises(DecidedMeanwhile):
        send(imani, assignment)
    send(imani, assignment, or_extra=True)
    released = Review.objects.filter(pk__in=ReleaseItem.objects.get().review_ids)
    assert not released.filter(reviewer=imani).exists()


def test_the_reader_is_told_kindly_and_nothing_is_lost() -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    other, assignment = read_in_another_queue(imani, story)
    client = Client()
    client.force_login(imani)
    for reviewer in (annie, ben):
        review_by(reviewer, queue)
    draft = reverse("review_draft", args=[other.slug, assignment.pk])
    kept = client.post(draft, {"data": answers(2), "version": 0}, content_type="application/json")
    assert kept.status_code == 200
    sent = {f"rating_{key}": "2" for key in answers()["ratings"]} | {"idempotency_key": str(uuid4())}
    page = client.post(reverse("review_submit", args=[other.slug, assignment.pk]), sent)
    assert page.status_code == 409
    text = page.content.decode()
    assert "Other reviews have decided this story" in text
    assert 'name="extra"' in text
    client.post(reverse("review_submit", args=[other.slug, assignment.pk]), {**sent, "extra": "on"})
    assert Review.objects.get(reviewer=imani).kind == "extra"


def test_freezing_a_release_takes_no_more_statements_for_more_stories(django_assert_max_num_queries: Any) -> None:
    from annotations.actions import finalize_reviews

    stories = accepted_stories(4)
    readers = [person() for _ in stories]
    for reader, story in zip(readers, stories, strict=True):
        read_in_another_queue(reader, story, ItemKind.AUDIT)
    with django_assert_max_num_queries(11):
        assert finalize_reviews(stories=[story.pk for story in stories]) == 4
    assert not Assignment.objects.filter(state="active").exists()


def test_reviews_of_more_stories_than_one_statement_takes_are_final_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stories = accepted_stories(5)
    for story in stories[1:]:
        read_in_another_queue(person(), story, ItemKind.AUDIT)
    monkeypatch.setattr(finalizing, "AT_ONCE", 2)
    assert finalizing.finalize_reviews(stories=[story.pk for story in reversed(stories)]) == 5
    assert not Assignment.objects.filter(state="active").exists()
    assert Finalization.objects.count() == 5
