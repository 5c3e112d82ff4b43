"""Wherever a review is shown, it says in which tool it was written, and of one that is not blind so."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import recuse, review_from_elsewhere
from annotations.models import Queue, Review
from annotations.models.review import Origin
from annotations.schema import parse_submission
from curation.accounts.models import Role, User
from tests.api import Caller
from tests.builders import add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db
FROM, NOT_BLIND = "from Argilla", "not blind: does not count"


def from_there(reviewer: User, queue: Queue, *, blind: bool) -> Review:
    if not blind:
        recuse(user=reviewer, story=queue.items.get().story)
    return review_from_elsewhere(
        reviewer=reviewer,
        item=queue.items.get(),
        submission=parse_submission(answers(), queue.rubric),
        origin=Origin.ARGILLA,
        blind=blind,
        idempotency_key=uuid4(),
    )


@pytest.fixture
def people() -> list[User]:
    """Who writes here, who writes there, and who sees suggestions there."""
    return [person(), person(), person()]


@pytest.fixture
def reviews(people: list[User]) -> list[Review]:
    """One that was written here, one there, and one there in sight of suggestions: of one story, which is decided."""
    queue = queue_of(*people, stories=[add_story()])
    sighted = from_there(people[2], queue, blind=False)
    return [review_by(people[0], queue, answers(2)), from_there(people[1], queue, blind=True), sighted]


def page(user: User, name: str, *args: object) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()


def test_curators_are_told_beside_each_review(reviews: list[Review]) -> None:
    story, curator = reviews[0].story, person(Role.CURATOR)
    assert not story.decisions.filter(outcome="accept").exists()
    for name in ("story_detail", "adjudicate"):
        shown = page(curator, name, story.pk)
        # Of the reader who wrote there; and the extra one, which adjudication does not show.
        extra = name == "story_detail"
        assert (shown.count(FROM), shown.count(NOT_BLIND)) == (1 + extra, extra)
    said = Caller(curator).get(f"stories/{story.pk}/decisions")
    assert [(one["origin"], one["blind"]) for one in said["reviews"]] == [("here", True), ("argilla", True)]
    assert [(one["origin"], one["blind"]) for one in said["extras"]] == [("argilla", False)]


def test_writers_are_told_of_their_own(people: list[User], reviews: list[Review]) -> None:
    expected = {0: (0, 0), 1: (1, 0), 2: (1, 1)}
    for number, (elsewhere, sighted) in expected.items():
        user, review = people[number], reviews[number]
        for name, args in (("my_work", ()), ("my_review", (review.pk,))):
            shown = page(user, name, *args)
            assert (shown.count(FROM), shown.count(NOT_BLIND)) == (elsewhere, sighted)
        facts = ("argilla" if elsewhere else "here", not sighted)
        one = Caller(user).get(f"reviews/{review.pk}")
        assert (one["origin"], one["blind"]) == facts
        line = json.loads(page(user, "my_reviews_jsonl"))
        assert (line["origin"], line["blind"]) == facts
