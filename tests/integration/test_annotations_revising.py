"""Revising a review that stays: a second record that counts nowhere, and can ask for a curator."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import adjudicate, finalize_reviews, recuse, revise, shut_story, withdraw
from annotations.actions.people import change_role
from annotations.actions.revising import ReasonMissing
from annotations.models import Assignment, Decision, Queue, Review
from annotations.permissions import can_revise
from annotations.queries import awaiting_adjudication, progress
from annotations.queries.alike import alike
from annotations.queries.history import load_review
from annotations.queries.second_looks import second_looks
from annotations.queries.work import days, timed
from annotations.schema import IncompleteReview, parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.calibration.queries import agreement, labels
from curation.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from curation.releases.models import ReleaseItem
from curation.stories.models import RewriteRequest, Stage, Story
from tests.builders import (
    accepted_stories,
    add_story,
    answers,
    dataset,
    frozen_release,
    person,
    queue_of,
    review_by,
)

pytestmark = pytest.mark.django_db


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def revealed(value: int = 4, *, overlap: int = 2, **changes: int) -> tuple[User, Review, Queue, Story]:
    """A story with its reviews in, and one reviewer who has seen what the model said of it."""
    annie, story = person(), add_story()
    others = [person() for _ in range(overlap - 1)]
    queue, data = queue_of(annie, *others, stories=[story], overlap=overlap), answers(value)
    data["ratings"] |= changes
    mine = review_by(annie, queue, data)
    for other in others:
        review_by(other, queue, data)
    recuse(user=annie, story=story)
    return annie, mine, queue, story


def revision_by(
    reviewer: User,
    review: Review,
    data: dict[str, Any] | None = None,
    *,
    ask: bool = False,
    key: UUID | None = None,
    reason: str = "The ending says otherwise.",
) -> Review:
    """Revise a review, all 2 unless `data` says otherwise."""
    mine = load_review(reviewer, review.pk)
    return revise(
        reviewer=reviewer,
        review=mine,
        submission=parse_submission(data or answers(2), mine.rubric),
        reason=reason,
        ask_curator=ask,
        idempotency_key=key or uuid4(),
    )


def test_a_revision_is_a_second_record_beside_the_first() -> None:
    annie, mine, _, story = revealed()
    passage = {"criterion": "A1", "flag": None, "start": 0, "end": 5, "quote": story.text[:5]}
    data = answers(2, themes=["boundaries"], spans=[passage], comment="Read again.")
    data["ratings"]["C1"] = 3

    revision = revision_by(annie, mine, data)

    assert (revision.kind, revision.revises, revision.asks_curator) == ("revision", mine, False)
    assert revision.reason == "The ending says otherwise."
    assert revision.spans.get().quote == story.text[:5]
    assert revision.ratings.get(criterion__key="C1").value == 3
    assert set(mine.ratings.values_list("value", flat=True)) == {4}
    assert list(Review.objects.live_commits().filter(reviewer=annie)) == [mine]
    again = revision_by(annie, mine)
    assert list(Review.objects.filter(revises=mine).order_by("id")) == [revision, again]


def test_the_same_submission_again_is_the_same_revision() -> None:
    annie, mine, _, _ = revealed()
    key = uuid4()
    assert revision_by(annie, mine, key=key) == revision_by(annie, mine, key=key)
    with pytest.raises(Conflict, match="kept already"):
        revision_by(annie, mine, answers(3), key=key)
    with pytest.raises(Conflict, match="kept already"):
        revision_by(annie, mine, key=key, reason="For another reason.")
    assert Review.objects.filter(kind="revision").count() == 1
    ben, other, _, _ = revealed()
    with pytest.raises(Conflict, match="another story"):
        revision_by(ben, other, key=key)


def test_only_ones_own_that_counts_and_cannot_be_taken_back() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, person(), stories=[story])
    mine = review_by(annie, queue)
    with pytest.raises(Conflict, match="can still take this review back"):
        revision_by(annie, mine)
    withdraw(reviewer=annie, review=mine)
    assert not can_revise(actor=annie, review=load_review(annie, mine.pk))
    again = review_by(annie, queue)
    finalize_reviews(stories=[story.pk])
    recuse(user=annie, story=story)
    with pytest.raises(NotFound):
        revision_by(person(), again)
    revision_by(annie, again)
    with pytest.raises(NotFound):
        load_review(annie, Review.objects.get(kind="revision").pk)
    change_role(actor=SYSTEM, user=annie, role="researcher")
    annie.refresh_from_db()
    with pytest.raises(NotAllowed, match="people who review"):
        revision_by(annie, again)


def test_nothing_more_is_said_of_a_purged_story() -> None:
    annie, mine, _, story = revealed()
    shut_story(story_id=story.pk)
    with pytest.raises(Conflict, match="was purged"):
        revision_by(annie, mine)
    assert not Review.objects.filter(kind="revision").exists()


def test_the_page_of_ones_review_offers_to_take_it_back_or_to_revise_it_or_neither() -> None:
    annie, mine, _, _ = revealed()
    ben = person()
    open_still = review_by(ben, queue_of(ben, stories=[add_story()]))
    withdrawn = review_by(ben, queue_of(ben, stories=[add_story()]))
    withdraw(reviewer=ben, review=withdrawn)
    client, ways = Client(), []
    for who, review in ((annie, mine), (ben, open_still), (ben, withdrawn)):
        client.force_login(who)
        page = client.get(reverse("my_review", args=[review.pk])).content.decode()
        ways.append([reverse(name, args=[review.pk]) in page for name in ("review_withdraw", "review_revise")])
    assert ways == [[False, True], [True, False], [False, False]]


def test_it_needs_a_reason_and_every_rating() -> None:
    annie, mine, _, _ = revealed()
    whole = parse_submission(answers(), mine.rubric)
    with pytest.raises(ReasonMissing):
        revise(reviewer=annie, review=mine, submission=whole, reason=" \x00", idempotency_key=uuid4())
    with pytest.raises(InvalidInput, match="1000"):
        revise(reviewer=annie, review=mine, submission=whole, reason="x" * 1001, idempotency_key=uuid4())
    with pytest.raises(IncompleteReview):
        revision_by(annie, mine, answers(ratings={"A1": 3}))
    assert not Review.objects.filter(kind="revision").exists()


def test_it_changes_no_figure_and_no_decision() -> None:
    annie, ben = person(), person()
    (story,) = accepted_stories(1, annie, ben)
    mine = Review.objects.get(reviewer=annie)
    queue = Queue.objects.get()
    finalize_reviews(stories=[story.pk])
    recuse(user=annie, story=story)

    def figures() -> list[object]:
        return [
            labels(mine.rubric).means.tolist(),
            agreement(mine.rubric),
            progress(queue),
            alike(ben),
            alike(annie),
            days(annie),
            timed(annie),
            list(Decision.objects.values_list("outcome", "review_ids")),
            state(story),
        ]

    before = figures()
    revision_by(annie, mine, answers(1, flags={"eval_analogue": {}}))
    revision_by(annie, mine, answers(1), ask=True)
    assert repr(figures()) == repr(before)
    frozen_release(dataset())
    assert ReleaseItem.objects.get().review_ids == list(
        Review.objects.filter(kind="commit").values_list("pk", flat=True)
    )


@pytest.mark.parametrize(
    ("values", "was"), [({}, "accepted"), ({"A3": 1}, "rejected"), ({"B1": 1, "D1": 1}, "rewrite")]
)
def test_asking_puts_what_the_policy_decided_before_a_curator(values: dict[str, int], was: str) -> None:
    annie, mine, _, story = revealed(**values)
    assert state(story) == was
    revision_by(annie, mine)
    assert state(story) == was

    revision_by(annie, mine, ask=True)

    assert state(story) == "adjudication"
    assert not RewriteRequest.objects.exists()
    first, second = Decision.objects.order_by("id")
    assert (second.outcome, second.supersedes, second.decided_by) == ("adjudicate", first, None)
    assert (second.values, second.review_ids) == (first.values, first.review_ids)
    assert [decision.story for decision in awaiting_adjudication()] == [story]
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="It holds.")
    assert state(story) == "accepted"
    assert not awaiting_adjudication().exists()
    assert second_looks(Decision.objects.latest("id")) == []


def test_a_request_before_the_last_review_is_remembered() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    mine = review_by(annie, queue)
    recuse(user=annie, story=story)
    revision_by(annie, mine, ask=True)
    assert state(story) == "queued"
    assert not awaiting_adjudication().exists()
    review_by(ben, queue)
    decision = Decision.objects.get()
    assert (decision.outcome, state(story)) == ("adjudicate", "adjudication")
    assert decision.reasons[0]["rule"] == "asked"
    assert decision.values["A1"] == 4


def test_the_page_of_a_review_tells_which_revision_asked_a_curator() -> None:
    annie, mine, _, _ = revealed()
    client = Client()
    client.force_login(annie)
    said = []
    for ask in (False, True):
        revision_by(annie, mine, ask=ask)
        said.append(client.get(reverse("my_review", args=[mine.pk])).content.decode().count("A curator is asked"))
    assert said == [0, 1]


def test_a_safety_flag_in_a_revision_asks_by_itself_and_stops_the_reading() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    mine = review_by(annie, queue)
    recuse(user=annie, story=story)
    revision = revision_by(annie, mine, answers(4, flags={"self_harm": {}}))
    assert revision.asks_curator
    assert state(story) == "adjudication"
    with pytest.raises(AssertionError, match="nothing left"):
        review_by(ben, queue)
    assert not Assignment.objects.filter(reviewer=ben).exists()


def test_what_is_released_or_adjudicated_stays_until_a_curator_says_otherwise() -> None:
    curator = person(Role.CURATOR)
    annie, mine, _, story = revealed()
    finalize_reviews(stories=[story.pk])
    revision_by(annie, mine, ask=True)
    assert state(story) == "accepted"
    assert [decision.story for decision in awaiting_adjudication()] == [story]
    adjudicate(actor=curator, story=story, outcome="accept", note="It stays.")
    assert (state(story), awaiting_adjudication().count()) == ("accepted", 0)
    with pytest.raises(Conflict):
        adjudicate(actor=curator, story=story, outcome="reject", note="Nobody asks.")

    revision_by(annie, mine, ask=True)
    adjudicate(actor=curator, story=story, outcome="rewrite", note="You are right.")
    assert state(story) == "rewrite"
    revision_by(annie, mine, ask=True)
    assert RewriteRequest.objects.exists()
    adjudicate(actor=curator, story=story, outcome="reject", note="On third thoughts.")
    assert (state(story), awaiting_adjudication().count()) == ("rejected", 0)
    assert not RewriteRequest.objects.exists()
    outcomes = list(Decision.objects.order_by("id").values_list("outcome", flat=True))
    assert outcomes == ["accept", "accept", "rewrite", "reject"]


def test_the_database_keeps_a_request() -> None:
    annie, mine, _, _ = revealed()
    revision_by(annie, mine, ask=True)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Review.objects.filter(kind="revision").update(asks_curator=False)
