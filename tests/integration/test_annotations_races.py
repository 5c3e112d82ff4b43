"""Many people at once, on real connections: nobody shares a seat, nothing is written twice."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now

from annotations.actions import (
    add_items,
    adjudicate,
    claim,
    expire,
    finalize_reviews,
    pass_on,
    recuse,
    revise,
    submit,
    withdraw,
)
from annotations.actions.seats import one_at_a_time
from annotations.models import Assignment, Decision, Item, Recusal, Review
from annotations.queries import awaiting_adjudication, load_assignment
from annotations.queries.history import load_review
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.calibration.actions import draw_audit, reveal_comparison
from curation.calibration.models import AuditSample, Exposure
from curation.core.errors import Conflict, NotFound
from curation.scoring.models import Judge
from curation.stories.models import Stage
from tests.at_once import together
from tests.builders import add_story, answers, checked_stories, person, queue_of, review_by, scored_stories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("a_connection_each")]
CROWD = 64
LIVE = Q(assignments__state__in=["active", "submitted"])


def assert_seats_add_up() -> None:
    wrong = Item.objects.annotate(live=Count("assignments", filter=LIVE)).exclude(seats_left=F("seats") - F("live"))
    assert not wrong.exists()


def test_of_64_people_at_one_seat_one_gets_it() -> None:
    people = [person() for _ in range(CROWD)]
    queue = queue_of(*people, stories=[add_story()], overlap=1)
    got = together(*[lambda who=who: claim(reviewer=who, queue=queue) for who in people])
    assert Counter(type(result) for result in got) == {Assignment: 1, type(None): CROWD - 1}
    assert_seats_add_up()


def test_two_who_draw_audits_into_queues_of_their_own_audit_no_story_twice() -> None:
    checked_stories(12)
    queues = [queue_of(person(), overlap=1) for _ in range(4)]
    got = together(*[lambda queue=queue: draw_audit(actor=SYSTEM, queue=queue, stories=12) for queue in queues])
    assert Counter(type(result) for result in got) == {AuditSample: 1, Conflict: 3}
    audited = Item.objects.filter(kind="audit").values_list("story_id", flat=True)
    assert len(audited) == len(set(audited)) == 12


def test_a_crowd_fills_every_seat_and_nobody_is_sent_away_too_early() -> None:
    people = [person() for _ in range(CROWD)]
    queue = queue_of(*people, stories=[add_story() for _ in range(CROWD // 4)], overlap=4)
    got = together(*[lambda who=who: claim(reviewer=who, queue=queue) for who in people])
    assert all(isinstance(result, Assignment) for result in got), got
    assert not Item.objects.filter(seats_left__gt=0).exists()
    assert_seats_add_up()


def test_one_person_in_many_windows_holds_one_story() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story() for _ in range(8)])
    got = together(*[lambda: claim(reviewer=annie, queue=queue)] * 16)
    assert len({assignment.pk for assignment in got}) == 1
    assert Assignment.objects.count() == 1


def test_the_same_story_in_two_queues_is_given_once() -> None:
    annie, stories = person(), [add_story() for _ in range(4)]
    queues = [queue_of(annie, stories=stories)]
    queues.append(queue_of(annie))
    add_items(actor=SYSTEM, queue=queues[1], stories=stories)
    got = together(*[lambda queue=queue: claim(reviewer=annie, queue=queue) for queue in queues * 8])
    assert all(isinstance(result, Assignment) for result in got), got
    assert Assignment.objects.values("story").distinct().count() == Assignment.objects.count() == 2


def test_a_submit_sent_many_times_is_one_review() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    submission, key = parse_submission(answers(), assignment.rubric), uuid4()

    def send(key: Any) -> Review:
        mine = load_assignment(annie, assignment.pk)
        return submit(reviewer=annie, assignment=mine, submission=submission, idempotency_key=key)

    got = together(*[lambda: send(key)] * 16)
    assert len({review.pk for review in got}) == 1, got
    assert Review.objects.count() == 1
    late = together(*[lambda: send(uuid4())] * 4)
    assert all(isinstance(error, Conflict) for error in late)


def test_two_who_finish_a_story_together_decide_it_once() -> None:
    for _ in range(5):
        people, story = [person() for _ in range(4)], add_story()
        queue = queue_of(*people, stories=[story], overlap=4)
        got = together(*[lambda who=who, queue=queue: review_by(who, queue) for who in people])
        assert all(isinstance(review, Review) for review in got), got
        assert len(Decision.objects.get(story=story).review_ids) == 4
        assert Stage.objects.get(story=story).state == "accepted"


def test_a_lease_that_ends_during_a_submit_leaves_one_of_both() -> None:
    for _ in range(8):
        annie, ben = person(), person()
        queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
        assignment = claim(reviewer=annie, queue=queue)
        assert assignment is not None
        Assignment.objects.filter(pk=assignment.pk).update(lease_until=Now() - timedelta(minutes=1))
        submission = parse_submission(answers(), assignment.rubric)

        def send(annie: Any = annie, assignment: Any = assignment, submission: Any = submission) -> Review:
            return submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=uuid4())

        first, _freed, second = together(send, expire, lambda ben=ben, queue=queue: claim(reviewer=ben, queue=queue))
        assert isinstance(first, Review) != isinstance(second, Assignment), (first, second)
        assert_seats_add_up()


def test_passing_and_being_recused_during_claims_frees_each_seat_once() -> None:
    people, story = [person() for _ in range(24)], add_story()
    queue = queue_of(*people, stories=[story], overlap=2)
    holding = [assignment for who in people[:2] if (assignment := claim(reviewer=who, queue=queue))]
    got = together(
        lambda: pass_on(reviewer=people[0], assignment=holding[0], reason="Not today"),
        lambda: recuse(user=people[1], story=story),
        *[lambda who=who: claim(reviewer=who, queue=queue) for who in people[2:]],
        *[lambda who=who: recuse(user=who, story=story) for who in people[2:12]],
    )
    assert not [error for error in got if isinstance(error, Exception)]
    assert_seats_add_up()
    rest = [claim(reviewer=who, queue=queue) for who in people[12:]]
    assert sum(assignment is not None for assignment in rest) == 2


def test_safety_flags_raised_in_two_queues_at_once_take_the_story_out_of_both() -> None:
    for _ in range(6):
        (annie, ben), story = (person(), person()), add_story()
        queues = [queue_of(annie, stories=[story]), queue_of(ben)]
        add_items(actor=SYSTEM, queue=queues[1], stories=[story])
        assignments = [claim(reviewer=who, queue=queue) for who, queue in zip((annie, ben), queues, strict=True)]
        flagged = answers(flags={"self_harm": {}})

        def send(assignment: Any, flagged: Any = flagged) -> Review:
            submission = parse_submission(flagged, assignment.rubric)
            return submit(
                reviewer=assignment.reviewer, assignment=assignment, submission=submission, idempotency_key=uuid4()
            )

        got = together(*[lambda assignment=assignment: send(assignment) for assignment in assignments])
        assert {type(result) for result in got} <= {Review, Conflict}, got
        assert any(isinstance(result, Review) for result in got), got
        assert Stage.objects.get(story=story).state == "adjudication"
        assert not Item.objects.filter(story=story, seats_left__gt=0).exists()
        assert not Assignment.objects.filter(story=story, state="active").exists()


def test_one_person_in_many_windows_holds_one_story_ahead_at_most() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story() for _ in range(8)])
    for _ in range(3):
        reading = claim(reviewer=annie, queue=queue)
        assert reading is not None
        got = together(*[lambda pk=pk: claim(reviewer=annie, queue=queue, ahead_of=pk) for pk in [reading.pk, 0] * 8])
        assert all(isinstance(assignment, Assignment) for assignment in got), got
        assert len({assignment.pk for assignment in got}) <= 2
        assert Assignment.objects.filter(state="active").count() == 2
        submission = parse_submission(answers(), reading.rubric)
        submit(reviewer=annie, assignment=reading, submission=submission, idempotency_key=uuid4())


def ask(reviewer: User, review: Review, key: UUID | None = None) -> Review:
    """Revise a review and ask for a curator."""
    mine = load_review(reviewer, review.pk)
    submission = parse_submission(answers(2), mine.rubric)
    told = {"reviewer": reviewer, "review": mine, "submission": submission, "reason": "The ending."}
    return revise(**told, ask_curator=True, idempotency_key=key or uuid4())


def test_a_request_and_the_last_review_at_once_end_with_a_curator() -> None:
    for _ in range(6):
        annie, ben, story = person(), person(), add_story()
        queue = queue_of(annie, ben, stories=[story])
        mine = review_by(annie, queue)
        recuse(user=annie, story=story)
        assignment = claim(reviewer=ben, queue=queue)
        assert assignment is not None
        whole = parse_submission(answers(), assignment.rubric)
        got = together(
            lambda who=annie, mine=mine: ask(who, mine),  # type: ignore[misc]
            lambda who=ben, assignment=assignment, whole=whole: submit(  # type: ignore[misc]
                reviewer=who, assignment=assignment, submission=whole, idempotency_key=uuid4()
            ),
        )
        assert {type(result) for result in got} == {Review}, got
        assert Stage.objects.get(story=story).state == "adjudication"
        newest = Decision.objects.filter(story=story).latest("id")
        assert (newest.outcome, newest.reasons[0]["rule"]) == ("adjudicate", "asked")


def test_the_same_revision_sent_twice_at_once_is_one() -> None:
    annie, story = person(), add_story()
    mine = review_by(annie, queue_of(annie, person(), stories=[story]))
    recuse(user=annie, story=story)
    key = uuid4()
    got = together(*[lambda: ask(annie, mine, key)] * 8)
    assert {type(result) for result in got} == {Review}, got
    assert Review.objects.filter(kind="revision").count() == 1


def test_two_curators_answer_a_request_about_a_released_story_once() -> None:
    for _ in range(4):
        annie, story = person(), add_story()
        mine = review_by(annie, queue_of(annie, stories=[story], overlap=1))
        finalize_reviews(stories=[story.pk])
        ask(annie, mine)
        curators = [person(Role.CURATOR), person(Role.CURATOR)]
        got = together(
            *[
                lambda who=who, outcome=outcome, story=story: adjudicate(  # type: ignore[misc]
                    actor=who, story=story, outcome=outcome, note="So."
                )
                for who, outcome in zip(curators, ("accept", "reject"), strict=True)
            ]
        )
        assert sorted(type(result).__name__ for result in got) == ["Conflict", "Decision"], got
        assert not awaiting_adjudication().exists()


def somebody_waits() -> bool:
    """Whether a statement of these tests waits for a lock, as it is now, in a transaction too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE datname = current_database() AND NOT granted"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("compared_first", [False, True])
def test_a_review_is_taken_back_or_compared_and_never_both(compared_first: bool) -> None:
    annie, (story,) = person(), scored_stories(1)
    mine = review_by(annie, queue_of(annie, stories=[story], reveal=True))
    judge = Judge.objects.get()

    def compare() -> Any:
        return reveal_comparison(actor=annie, review=load_review(annie, mine.pk), judge=judge)

    def take_back() -> Any:
        return withdraw(reviewer=annie, review=load_review(annie, mine.pk))

    first, second = (compare, take_back) if compared_first else (take_back, compare)
    got: list[Any] = []
    # It has read the review as one that counts and nobody has compared, and waits for the lock that the first has.
    thread = threading.Thread(target=lambda: got.extend(together(second)))
    with transaction.atomic():
        one_at_a_time(annie.pk)
        thread.start()
        while not somebody_waits():
            assert thread.is_alive()
        assert first() is not None
    thread.join()
    assert isinstance(got[0], Conflict if compared_first else NotFound), got
    assert Assignment.objects.get().state == ("submitted" if compared_first else "active")
    assert Recusal.objects.exists() is Exposure.objects.exists() is compared_first
    assert_seats_add_up()
