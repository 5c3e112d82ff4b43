"""Reviews that were written elsewhere: they take a seat like any other, and a person counts once."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from annotations.actions import (
    HasTheStory,
    QueueShut,
    change_from_elsewhere,
    claim,
    close_queue,
    expire,
    pass_on,
    pause_queue,
    recuse,
    remove_member,
    reopen_queue,
    review_from_elsewhere,
    save_draft,
    set_practice,
    shut_story,
    withdraw,
)
from annotations.actions.practising import NotPractised
from annotations.counting import Use
from annotations.models import Assignment, Decision, Item, Queue, Recusal, Review
from annotations.models.review import Origin
from annotations.schema import IncompleteReview, parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.accounts.people import close_account, set_role
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput
from tests.builders import add_story, answers, expired_assignment, person, queue_of, review_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def annie() -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    return queue_of(annie, person(username="bert"), person(username="carl"), stories=[add_story()])


def from_there(reviewer: User, queue: Queue, data: dict[str, Any] | None = None, **changed: Any) -> Review:
    said = {
        "reviewer": reviewer,
        "item": queue.items.get(),
        "submission": parse_submission(data or answers(), queue.rubric),
        "origin": Origin.ARGILLA,
        "blind": True,
        "idempotency_key": uuid4(),
        **changed,
    }
    return review_from_elsewhere(**said)


def reviewer(name: str) -> User:
    return User.objects.get(username=name)


def test_it_takes_a_seat_and_decides_with_one_that_was_written_here(annie: User, queue: Queue) -> None:
    review = from_there(annie, queue)
    assert (review.kind, review.origin, review.blind, review.assignment.item.seats_left) == (
        "commit", "argilla", True, 1,
    )  # fmt: skip
    taken = Entry.objects.get(verb="assignment.claimed")
    assert (taken.actor, taken.data) == (annie, {"queue": queue.pk, "origin": "argilla"})
    review_by(reviewer("bert"), queue)
    decision = Decision.objects.get()
    assert (decision.outcome, len(decision.review_ids)) == ("accept", 2)
    assert Review.objects.get(reviewer=reviewer("bert")).origin == "here"


def test_the_same_again_changes_nothing(annie: User, queue: Queue) -> None:
    key = uuid4()
    first = from_there(annie, queue, idempotency_key=key)
    assert from_there(annie, queue, idempotency_key=key) == first
    with pytest.raises(Conflict, match="Another review came in under this key"):
        from_there(annie, queue, answers(2), idempotency_key=key)
    assert Review.objects.count() == 1


def test_a_person_counts_once_wherever_they_review(annie: User, queue: Queue) -> None:
    review_by(annie, queue)
    with pytest.raises(HasTheStory, match="a person counts once"):
        from_there(annie, queue)
    from_there(reviewer("bert"), queue)
    assert claim(reviewer=reviewer("bert"), queue=queue) is None
    assert Review.objects.count() == 2


def test_what_is_marked_here_is_in_its_way_and_a_bare_claim_is_not(annie: User, queue: Queue) -> None:
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    save_draft(reviewer=annie, assignment=assignment, data={"ratings": {}}, version=0)
    with pytest.raises(HasTheStory, match="reading this story here"):
        from_there(annie, queue)
    pass_on(reviewer=annie, assignment=assignment, reason="Too close to home.")
    with pytest.raises(HasTheStory, match="passed on this story"):
        from_there(annie, queue)
    bert = reviewer("bert")
    held = claim(reviewer=bert, queue=queue)
    assert from_there(bert, queue).assignment == held
    # An assignment that ran out is taken up again.
    lapsed = expired_assignment(reviewer("carl"), queue)
    assert from_there(reviewer("carl"), queue).assignment == lapsed
    assert Item.objects.get().seats_left == 0


def test_a_turn_that_ran_out_in_another_queue_stays_that_of_the_other_queue(annie: User, queue: Queue) -> None:
    other = queue_of(annie, stories=[queue.items.get().story])
    expired_assignment(annie, other)
    with pytest.raises(HasTheStory, match="in another queue"):
        from_there(annie, queue)
    assert not Review.objects.exists()


def test_without_a_seat_it_is_kept_as_an_extra_review(annie: User, queue: Queue) -> None:
    for name in ("bert", "carl"):
        review_by(reviewer(name), queue)
    decisions = Decision.objects.count()
    review = from_there(annie, queue)
    review.refresh_from_db()
    assert (review.kind, review.assignment.state, review.blind) == ("extra", "closed", True)
    assert (Decision.objects.count(), Item.objects.get().seats_left) == (decisions, 0)


def test_one_in_sight_of_a_score_counts_for_nothing(annie: User, queue: Queue) -> None:
    recuse(user=annie, story=queue.items.get().story)
    review = from_there(annie, queue, blind=False)
    assert (review.kind, review.blind, Item.objects.get().seats_left) == ("extra", False, 2)
    for use in Use:
        assert not Review.objects.counting(use).exists()
    # Nobody can have it counted: the database refuses a commit that is not blind, and one that was written here.
    for kind, origin in (("commit", "argilla"), ("extra", "here")):
        with pytest.raises(IntegrityError, match=r"review_(commit_is_blind|not_blind_from)"), transaction.atomic():
            Review.objects.create(
                assignment=review.assignment, story=review.story, reviewer=annie, rubric=review.rubric,
                kind=kind, origin=origin, blind=False, attempt=9, idempotency_key=uuid4(),
            )  # fmt: skip
    assert claim(reviewer=annie, queue=queue) is None


def test_a_bare_claim_of_somebody_who_saw_a_score_gives_its_seat_back(annie: User, queue: Queue) -> None:
    claim(reviewer=annie, queue=queue)
    from_there(annie, queue, blind=False)
    assert Item.objects.get().seats_left == 2
    assert Assignment.objects.get().state == "closed"


def test_whoever_saw_a_score_here_is_not_taken_for_blind(annie: User, queue: Queue) -> None:
    recuse(user=annie, story=queue.items.get().story)
    assert from_there(annie, queue).kind == "extra"


def test_a_safety_flag_asks_a_curator_whatever_kind_it_is_in(annie: User, queue: Queue) -> None:
    flag = next(f.key for f in queue.rubric.flags.filter(safety=True))
    recuse(user=annie, story=queue.items.get().story)
    review = from_there(annie, queue, {**answers(), "flags": [flag]}, blind=False)
    assert (review.asks_curator, Decision.objects.get().outcome) == (True, "adjudicate")


def test_a_change_is_written_again_while_it_may_be_and_revised_after(annie: User, queue: Queue) -> None:
    first = from_there(annie, queue)
    said = {"reviewer": annie, "reason": "Changed in Argilla.", "blind": True}
    again = change_from_elsewhere(
        **said, review=first, submission=parse_submission(answers(2), queue.rubric), idempotency_key=uuid4()
    )
    again.refresh_from_db()
    assert (again.kind, again.attempt, again.origin) == ("commit", 2, "argilla")
    assert Review.objects.get(pk=first.pk).withdrawal.reason == "Changed in Argilla."
    recuse(user=annie, story=first.story)
    later = change_from_elsewhere(
        **said, review=again, submission=parse_submission(answers(5), queue.rubric), idempotency_key=uuid4()
    )
    assert (later.kind, later.revises, later.origin) == ("revision", again, "argilla")
    # What counted stays as it was.
    assert set(Review.objects.get(pk=again.pk).ratings.values_list("value", flat=True)) == {2}


def test_a_change_of_one_that_was_taken_back_is_kept_though_its_seat_was_given_on(annie: User, queue: Queue) -> None:
    first = from_there(annie, queue)
    withdraw(reviewer=annie, review=first)
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")
    expire()
    for name in ("bert", "carl"):
        review_by(reviewer(name), queue)
    later = change_from_elsewhere(
        reviewer=annie, review=first, reason="Changed in Argilla.", blind=True,
        submission=parse_submission(answers(1), queue.rubric), idempotency_key=uuid4(),
    )  # fmt: skip
    assert (later.kind, later.origin) == ("extra", "argilla")


def test_an_extra_review_from_elsewhere_is_revised_too(annie: User, queue: Queue) -> None:
    recuse(user=annie, story=queue.items.get().story)
    review = from_there(annie, queue, blind=False)
    later = change_from_elsewhere(
        reviewer=annie, review=review, reason="Changed in Argilla.", blind=False,
        submission=parse_submission(answers(1), queue.rubric), idempotency_key=uuid4(),
    )  # fmt: skip
    assert (later.kind, later.blind, later.revises) == ("revision", False, review)


def test_a_passage_that_is_not_in_the_story_does_not_come_in_whatever_the_review_counts_for(
    annie: User, queue: Queue
) -> None:
    elsewhere = {"criterion": "A1", "flag": None, "start": 0, "end": 5, "quote": "Never"}
    recuse(user=annie, story=queue.items.get().story)
    with pytest.raises(InvalidInput, match="does not match the story"):
        from_there(annie, queue, answers(spans=[elsewhere]), blind=False)


def test_who_has_yet_to_practise_or_reviews_no_more_does_not_come_in(annie: User, queue: Queue) -> None:
    set_practice(actor=SYSTEM, queue=queue, required=True)
    with pytest.raises(NotPractised):
        from_there(annie, queue)
    set_practice(actor=SYSTEM, queue=queue, required=False)
    set_role(actor=person(Role.ADMIN), user=annie, role=Role.RESEARCHER)
    annie.refresh_from_db()
    with pytest.raises(Conflict, match="has another role"):
        from_there(annie, queue)


def test_nothing_more_is_said_of_a_purged_story(annie: User, queue: Queue) -> None:
    shut_story(story_id=queue.items.get().story_id)
    with pytest.raises(Conflict, match="was purged"):
        from_there(annie, queue)
    assert not Review.objects.exists()


def test_what_is_not_whole_or_of_no_member_does_not_come_in(annie: User, queue: Queue) -> None:
    with pytest.raises(IncompleteReview, match="Still to rate"):
        from_there(annie, queue, {"ratings": {}})
    remove_member(actor=SYSTEM, queue=queue, user=annie)
    with pytest.raises(Conflict, match="is not in the queue"):
        from_there(annie, queue)
    bert = reviewer("bert")
    close_account(actor=person("admin"), user=bert)
    bert.refresh_from_db()
    with pytest.raises(Conflict, match="does not review"):
        from_there(bert, queue)
    assert (Review.objects.count(), Assignment.objects.count(), Item.objects.get().seats_left) == (0, 0, 2)


def test_one_that_was_taken_back_here_comes_in_no_more_under_its_key(annie: User, queue: Queue) -> None:
    key = uuid4()
    review = from_there(annie, queue, idempotency_key=key)
    withdraw(reviewer=annie, review=review)
    assert from_there(annie, queue, idempotency_key=key) == review
    assert Review.objects.live_commits().count() == 0
    assert not Recusal.objects.exists()


def test_a_turn_that_ended_with_its_recusal_becomes_an_extra_one(annie: User, queue: Queue) -> None:
    assignment = claim(reviewer=annie, queue=queue)
    recuse(user=annie, story=queue.items.get().story)
    review = from_there(annie, queue, blind=False)
    assert (review.assignment, review.kind, review.blind) == (assignment, "extra", False)
    # What was marked in such an assignment is somebody's own words about the story, and stays in the way.
    bert = reviewer("bert")
    marked = claim(reviewer=bert, queue=queue)
    assert marked is not None
    save_draft(reviewer=bert, assignment=marked, data={"ratings": {}}, version=0)
    recuse(user=bert, story=marked.story)
    with pytest.raises(HasTheStory, match="turn at this story is over"):
        from_there(bert, queue, blind=False)


def test_a_change_that_is_not_blind_takes_no_blind_review_s_place(annie: User, queue: Queue) -> None:
    first, bert = from_there(annie, queue), reviewer("bert")
    taken_back = from_there(bert, queue)
    withdraw(reviewer=bert, review=taken_back)
    for who in (annie, bert):
        recuse(user=who, story=first.story)
    changed = {
        who: change_from_elsewhere(
            reviewer=who, review=one, reason="Changed in Argilla.", blind=False,
            submission=parse_submission(answers(2), queue.rubric), idempotency_key=uuid4(),
        )
        for who, one in ((annie, first), (bert, taken_back))
    }  # fmt: skip
    assert (changed[annie].kind, changed[annie].revises) == ("revision", first)
    assert (changed[bert].kind, changed[bert].blind) == ("extra", False)
    assert list(Review.objects.counting(Use.DECISION)) == [first]
    assert Item.objects.get().seats_left == 1


def test_a_queue_that_is_paused_or_closed_takes_nothing_new(annie: User, queue: Queue) -> None:
    bert, admin = reviewer("bert"), person("admin")
    first = from_there(bert, queue)
    pause_queue(actor=admin, queue=queue)
    with pytest.raises(QueueShut, match="queue is paused"):
        from_there(annie, queue)
    close_queue(actor=admin, queue=queue)
    with pytest.raises(QueueShut, match="queue is closed"):
        from_there(annie, queue)
    # What is in already may be changed, as here.
    again = change_from_elsewhere(
        reviewer=bert, review=first, reason="Changed in Argilla.", blind=True,
        submission=parse_submission(answers(2), queue.rubric), idempotency_key=uuid4(),
    )  # fmt: skip
    assert again.kind == "commit"
    reopen_queue(actor=admin, queue=queue)
    assert from_there(annie, queue).kind == "commit"
