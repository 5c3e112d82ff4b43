"""Taking a committed review back, and what then counts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import Error, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions import (
    add_member,
    adjudicate,
    claim,
    decide,
    expire,
    finalize_reviews,
    recuse,
    remove_member,
    revise,
    submit,
    withdraw,
)
from annotations.models import Assignment, Decision, Draft, Item, Queue, Review, Withdrawal
from annotations.queries import load_assignment, load_awaiting_adjudication
from annotations.queries.history import load_review
from annotations.queries.status import ReviewStatus
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.calibration.queries import labels
from curation.core.errors import Conflict, InvalidInput, NotFound
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


def reviewed_twice(value: int = 4, **changes: int) -> tuple[User, Review, Queue, Story]:
    """A story decided on two reviews; the first reviewer and their review."""
    annie, ben, story = person(), person(), add_story()
    queue, data = queue_of(annie, ben, stories=[story]), answers(value)
    data["ratings"] |= changes
    mine = review_by(annie, queue, data)
    review_by(ben, queue, data)
    return annie, mine, queue, story


def later(review: Review, **ago: int) -> ReviewStatus:
    """How a review stands some time on."""
    return ReviewStatus.of(load_review(review.reviewer, review.pk), timezone.now() + timedelta(**ago))


def test_a_withdrawn_review_is_open_again_with_all_of_it_in_the_draft() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, person(), stories=[story, add_story()])
    passage = {"start": 0, "end": 5, "quote": story.text[:5]}
    words = {"conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}
    data = answers(3, flags={"backfire": passage | words}, comment="Hm.", themes=["boundaries"])
    data["ratings"] |= {"A1": None, "C1": 2}
    mine = review_by(annie, queue, data)
    following = claim(reviewer=annie, queue=queue)
    assert following is not None
    assert following.story_id != story.pk

    assignment = withdraw(reviewer=annie, review=mine, reason="My finger slipped.")

    assert (assignment.state, assignment.ended_at) == ("active", None)
    assert Draft.objects.get(assignment=assignment).data == data
    assert Item.objects.get(story=story).seats_left == 1
    assert claim(reviewer=annie, queue=queue) == assignment
    again = review_by(annie, queue, answers(5))
    assert (again.assignment, Review.objects.get(pk=again.pk).attempt) == (assignment, 2)
    assert list(Review.objects.live_commits()) == [again]


def test_it_goes_to_somebody_else_when_the_reviewer_never_comes_back() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, stories=[story], overlap=1)
    withdraw(reviewer=annie, review=review_by(annie, queue))
    Assignment.objects.update(lease_until=Now() - timedelta(minutes=1))
    assert expire() == 1
    ben = person()
    add_member(actor=SYSTEM, queue=queue, user=ben)
    review_by(ben, queue)
    assert state(story) == "accepted"


@pytest.mark.parametrize(
    ("values", "was"), [({}, "accepted"), ({"A3": 1}, "rejected"), ({"B1": 1, "D1": 1}, "rewrite")]
)
def test_a_story_decided_on_it_is_open_again_and_decided_anew(values: dict[str, int], was: str) -> None:
    annie, mine, queue, story = reviewed_twice(**values)
    assert state(story) == was

    withdraw(reviewer=annie, review=mine)

    assert state(story) == "queued"
    assert not RewriteRequest.objects.exists()
    assert decide(story_id=story.pk) is None
    with pytest.raises(NotFound):
        load_awaiting_adjudication(story.pk)
    again = review_by(annie, queue, answers(5))
    newest = decide(story_id=story.pk)
    assert newest is not None
    assert again.pk in newest.review_ids
    assert mine.pk not in newest.review_ids
    chain = list(Decision.objects.order_by("id"))
    assert [decision.supersedes for decision in chain] == [None, *chain[:-1]]
    assert chain[1].outcome == "reopened"
    theirs = Review.objects.exclude(reviewer=annie).get()
    assert (chain[1].review_ids, newest.review_ids) == ([theirs.pk], [theirs.pk, again.pk])


def test_a_disagreement_that_waits_for_a_curator_is_taken_back_too() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    mine = review_by(annie, queue, answers(5))
    review_by(ben, queue, answers(1, flags={"eval_analogue": {}}))
    assert state(story) == "adjudication"
    withdraw(reviewer=annie, review=mine)
    assert state(story) == "queued"
    with pytest.raises(NotFound):
        adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="Fine.")


def test_only_ones_own_and_only_once() -> None:
    annie, mine, _, _ = reviewed_twice()
    for other in (person(), person(Role.CURATOR)):
        with pytest.raises(NotFound):
            withdraw(reviewer=other, review=mine)
    with pytest.raises(InvalidInput):
        withdraw(reviewer=annie, review=mine, reason="x" * 301)
    withdraw(reviewer=annie, review=mine)
    with pytest.raises(Conflict, match="already"):
        withdraw(reviewer=annie, review=mine)
    assert Withdrawal.objects.count() == 1


def test_not_after_a_reveal_an_adjudication_a_rewrite_or_a_release() -> None:
    annie, mine, _, story = reviewed_twice()
    recuse(user=annie, story=story)
    with pytest.raises(Conflict, match="seen what others or a model said"):
        withdraw(reviewer=annie, review=mine)

    annie, mine, _, story = reviewed_twice()
    finalize_reviews(stories=[story.pk])
    with pytest.raises(Conflict, match="in a release"):
        withdraw(reviewer=annie, review=mine)

    annie, mine, _, story = reviewed_twice(B1=1, D1=1)
    RewriteRequest.objects.filter(story=story).update(claimed_at=Now())
    with pytest.raises(Conflict, match="rewritten already"):
        withdraw(reviewer=annie, review=mine)

    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    mine = review_by(annie, queue, answers(5))
    review_by(ben, queue, answers(1, flags={"eval_analogue": {}}))
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="Fine.")
    with pytest.raises(Conflict, match="curator has adjudicated"):
        withdraw(reviewer=annie, review=mine)
    assert not Withdrawal.objects.exists()


def test_not_with_a_safety_flag_raised_or_out_of_the_queue() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, person(), stories=[story])
    mine = review_by(annie, queue, answers(flags={"self_harm": {}}))
    with pytest.raises(Conflict, match="safety flag"):
        withdraw(reviewer=annie, review=mine)

    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, person(), stories=[story], overlap=3)
    theirs, mine = review_by(annie, queue), review_by(ben, queue)
    recuse(user=annie, story=story)
    revise(
        reviewer=annie,
        review=load_review(annie, theirs.pk),
        submission=parse_submission(answers(flags={"self_harm": {}}), mine.rubric),
        reason="I see it now.",
        idempotency_key=uuid4(),
    )
    with pytest.raises(Conflict, match="safety flag"):
        withdraw(reviewer=ben, review=mine)
    assert state(story) == "adjudication"

    ben, mine, queue, _ = reviewed_twice()
    remove_member(actor=SYSTEM, queue=queue, user=ben)
    with pytest.raises(Conflict, match="not in this queue"):
        withdraw(reviewer=ben, review=mine)


def test_the_outcome_is_told_only_when_the_review_can_no_longer_be_written_again() -> None:
    _, mine, _, story = reviewed_twice()
    assert (later(mine).withdrawable, later(mine).outcome) == (True, "")
    assert (later(mine, minutes=61).why_not, later(mine, minutes=61).outcome) == ("late", "accept")
    finalize_reviews(stories=[story.pk])
    assert later(mine).outcome == "accept"
    open_still = review_by(annie := person(), queue_of(annie, person(), stories=[add_story()]))
    assert later(open_still, days=30).withdrawable


def test_the_same_submission_again_never_brings_a_withdrawn_review_back() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, person(), stories=[story])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    sent = parse_submission(answers(), assignment.rubric)
    key = uuid4()
    mine = submit(reviewer=annie, assignment=assignment, submission=sent, idempotency_key=key)
    withdraw(reviewer=annie, review=mine)
    assignment = load_assignment(annie, assignment.pk)
    assert submit(reviewer=annie, assignment=assignment, submission=sent, idempotency_key=key) == mine
    assert not Review.objects.live_commits().exists()
    assert load_assignment(annie, assignment.pk).state == "active"


def test_statistics_and_releases_see_only_what_stands() -> None:
    annie, ben = person(), person()
    (story,) = accepted_stories(1, annie, ben)
    mine = Review.objects.get(reviewer=annie)
    withdraw(reviewer=annie, review=mine)
    assert labels(mine.rubric).means[0][0] == 4.0
    queue = Queue.objects.get()
    again = review_by(annie, queue, answers(5))
    assert labels(mine.rubric).means[0][0] == 4.5
    frozen_release(dataset())
    assert ReleaseItem.objects.get().review_ids == [Review.objects.get(reviewer=ben).pk, again.pk]
    with pytest.raises(Conflict, match="in a release"):
        withdraw(reviewer=annie, review=again)
    assert finalize_reviews(stories=[story.pk, add_story().pk]) == 1


def test_the_database_keeps_one_standing_commit_per_assignment() -> None:
    _, mine, _, _ = reviewed_twice()

    def refused(sql: str, *values: object) -> str:
        with pytest.raises(Error) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
        return str(caught.value)

    columns = "assignment_id, story_id, reviewer_id, rubric_id, out_of_scope, themes, comment, active_seconds"
    insert = (
        f"INSERT INTO annotations_review ({columns}, kind, revises_id, reason, attempt, idempotency_key, submitted_at) "  # noqa: S608
        f"SELECT {columns}, %s, %s, %s, %s, gen_random_uuid(), now() FROM annotations_review WHERE id = %s"
    )
    assert "one_commit_stands" in refused(insert, "commit", None, "", 2, mine.pk)
    assert "revision_names" in refused(insert, "revision", mine.pk, "", 1, mine.pk)
    with connection.cursor() as cursor:
        cursor.execute(insert, ["revision", mine.pk, "The ending.", 1, mine.pk])
    withdrawal = "INSERT INTO annotations_withdrawal (review_id, reason, at) VALUES (%s, '', now())"
    assert "unrevised" in refused(withdrawal, mine.pk)
    assert "unrevised" in refused(withdrawal, Review.objects.get(kind="revision").pk)
    other = Review.objects.filter(kind="commit").exclude(pk=mine.pk).get()
    assert "standing_commit" in refused(insert, "revision", other.pk, "The ending.", 1, mine.pk)
    Withdrawal.objects.create(review=other)
    assert "permission denied" in refused("UPDATE annotations_withdrawal SET reason = ''")
    assert "standing_commit" in refused(insert, "revision", other.pk, "The ending.", 1, other.pk)
    assert "per_attempt" in refused(insert, "commit", None, "", 1, other.pk)


def test_the_address_takes_it_back_and_says_why_not() -> None:
    annie, mine, queue, story = reviewed_twice()
    client = Client()
    address = reverse("review_withdraw", args=[mine.pk])
    for role in (Role.ANNOTATOR, Role.CURATOR, Role.RESEARCHER):
        client.force_login(person(role))
        assert client.post(address).status_code == 404
    client.force_login(annie)
    assert client.get(address).status_code == 405
    page = client.post(address, follow=True)
    assert page.redirect_chain == [(reverse("review", args=[queue.slug]), 302)]
    assert "open again" in page.content.decode()
    assert page.context["story"] == story
    assert client.post(address).status_code == 409


def test_it_is_recorded_with_its_reason() -> None:
    annie, mine, _, story = reviewed_twice()
    withdraw(reviewer=annie, review=mine, reason="My finger slipped.")
    entry = Entry.objects.get(verb="review.withdrawn")
    assert (entry.actor, entry.target_id) == (annie, str(mine.pk))
    assert entry.data == {"story": story.pk, "reason": "My finger slipped."}
    assert Withdrawal.objects.get().reason == "My finger slipped."
