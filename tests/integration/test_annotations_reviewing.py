"""One story's way through review: queue, claim, draft, submit, decision."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from annotations.actions import (
    add_items,
    claim,
    close_queue,
    decide,
    expire,
    pass_on,
    pause_queue,
    recuse,
    remove_member,
    reopen_queue,
    save_draft,
    seats,
    submit,
)
from annotations.models import Assignment, Bookmark, Decision, Draft, Item, Review
from annotations.models.assignment import AssignmentState
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.standards.models import AcceptancePolicy, Rubric
from curation.standards.queries import current_policy, current_rubric
from curation.stories.actions import advance
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def lapse(assignment: Assignment) -> None:
    """Let a lease run out, as time would."""
    Assignment.objects.filter(pk=assignment.pk).update(lease_until=Now() - timedelta(minutes=1))


def test_two_good_reviews_accept_a_story_and_say_why() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    assert state(story) == "queued"

    review_by(annie, queue)
    assert decide(story_id=story.pk) is None
    review_by(ben, queue, answers(5))

    decision = Decision.objects.get()
    assert (decision.outcome, decision.values["B1"], decision.decided_by) == ("accept", 4.5, None)
    assert decision.values["C1"] is None
    assert all(reason["passed"] for reason in decision.reasons)
    assert "B1 Visible deliberation: 4.5, asks for 4 or more." in [reason["text"] for reason in decision.reasons]
    assert sorted(decision.review_ids) == sorted(Review.objects.values_list("pk", flat=True))
    assert state(story) == "accepted"
    assert decide(story_id=story.pk) == decision
    assert claim(reviewer=annie, queue=queue) is None


def test_the_rubric_and_policy_of_a_used_queue_are_frozen() -> None:
    queue_of(stories=[add_story()])
    assert Rubric.objects.get().frozen_at is not None
    assert AcceptancePolicy.objects.get().frozen_at is not None


def test_only_checked_stories_enter_a_queue_and_each_once() -> None:
    story = add_story()
    queue, unchecked = queue_of(stories=[story]), add_story()
    assert add_items(actor=SYSTEM, queue=queue, stories=[story, unchecked, story.pk]) == 0
    assert Item.objects.count() == 1
    for kind in ("repeat", "nonsense"):
        with pytest.raises(InvalidInput, match="normal, gold or audit"):
            add_items(actor=SYSTEM, queue=queue, stories=[story], kind=kind)
    assert add_items(actor=SYSTEM, queue=queue, stories=[story], kind="gold") == 1
    close_queue(actor=SYSTEM, queue=queue)
    with pytest.raises(Conflict, match="closed"):
        add_items(actor=SYSTEM, queue=queue, stories=[story], kind="audit")


def test_larger_priorities_come_first_and_stories_added_ahead_are_found() -> None:
    annie = person()
    first, second, urgent = add_story(), add_story(), add_story()
    queue = queue_of(annie, stories=[first])
    assert review_by(annie, queue).story == first
    more = queue_of(stories=[urgent, second])
    assert [item.story for item in more.items.order_by("id")] == [urgent, second], "in the order that was asked for"
    add_items(actor=SYSTEM, queue=queue, stories=[second, urgent], priorities={urgent.pk: 100})
    assert review_by(annie, queue).story == urgent
    assert review_by(annie, queue).story == second
    assert more.items.count() == 2


@pytest.mark.parametrize("scans", ["", "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off"])
def test_the_order_of_a_queue_does_not_hang_on_how_the_database_looks_for_the_next(scans: str) -> None:
    annie = person()
    stories = [add_story() for _ in range(6)]
    queue = queue_of(annie)
    advance(stories=[story.pk for story in stories], to=State.CHECKED)
    wanted = [3, 5, 0, 4, 1, 2]
    # One by one, so that the table holds them in another order than the queue.
    for place, story in enumerate(stories):
        add_items(actor=SYSTEM, queue=queue, stories=[story], priorities={story.pk: -wanted.index(place)})
    if scans:
        with connection.cursor() as cursor:
            cursor.execute(f"{scans}; DISCARD PLANS")
    assert [review_by(annie, queue).story for _ in stories] == [stories[place] for place in wanted]


def test_a_lease_that_is_renewed_while_leases_are_ended_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()])
    reading, gone = claim(reviewer=annie, queue=queue), claim(reviewer=ben, queue=queue)
    assert reading is not None
    assert gone is not None
    lapse(reading)
    lapse(gone)
    end = seats.end

    def renewed_first(assignments: QuerySet[Assignment], state: AssignmentState, **more: str) -> int:
        save_draft(reviewer=annie, assignment=reading, data={}, version=0)
        return end(assignments, state, **more)

    monkeypatch.setattr(seats, "end", renewed_first)
    assert expire() == 1
    states = {assignment.reviewer_id: assignment.state for assignment in Assignment.objects.all()}
    assert states == {annie.pk: "active", ben.pk: "expired"}


def test_writing_a_draft_renews_the_lease_of_a_turn_that_goes_on() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()], lease_minutes=30)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    Assignment.objects.update(lease_until=Now() + timedelta(minutes=1))
    save_draft(reviewer=annie, assignment=assignment, data={}, version=0)
    assignment.refresh_from_db()
    assert assignment.lease_until > assignment.claimed_at + timedelta(minutes=29)
    lapse(assignment)
    expire()
    save_draft(reviewer=annie, assignment=assignment, data={}, version=1)
    assignment.refresh_from_db()
    assert (assignment.state, assignment.lease_until < Item.objects.values_list(Now(), flat=True)[0]) == (
        "expired",
        True,
    )


def test_a_reviewer_gets_the_story_they_are_reading_again_with_a_new_lease() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(), add_story()])
    first = claim(reviewer=annie, queue=queue)
    assert first is not None
    lapse(first)
    again = claim(reviewer=annie, queue=queue)
    assert again is not None
    assert again.pk == first.pk
    assert again.lease_until > first.claimed_at + timedelta(minutes=59)
    brief = claim(reviewer=annie, queue=queue_of(annie, stories=[add_story()], lease_minutes=5))
    assert brief is not None
    assert timedelta(minutes=4) < brief.lease_until - brief.claimed_at <= timedelta(minutes=5)


def test_nobody_gets_a_story_twice_in_another_queue_of_the_same_rubric() -> None:
    annie, story = person(), add_story()
    review_by(annie, queue_of(annie, stories=[story]))
    other = queue_of(annie)
    assert add_items(actor=SYSTEM, queue=other, stories=[story]) == 1
    assert claim(reviewer=annie, queue=other) is None


def test_a_story_read_under_one_rubric_is_read_anew_under_another() -> None:
    annie, story = person(), add_story()
    review_by(annie, queue_of(annie, stories=[story]))
    short = Rubric.objects.create(name="Short form", version=1)
    rules = current_policy(current_rubric()).rules
    policy = AcceptancePolicy.objects.create(name="Short form", version=1, rubric=short, rules=rules)
    assignment = claim(reviewer=annie, queue=queue_of(annie, stories=[story], rubric=short, policy=policy))
    assert assignment is not None
    assert (assignment.story_id, assignment.rubric) == (story.pk, short)


def test_a_story_is_found_that_a_bookmark_has_passed() -> None:
    """As when a seat came free while the bookmark was being written."""
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    last = Item.objects.get(queue=queue)
    Bookmark.objects.create(reviewer=annie, queue=queue, priority=last.priority, item_id=last.pk + 1)
    assert claim(reviewer=annie, queue=queue) is not None


def test_only_members_of_an_open_queue_claim() -> None:
    annie, curator = person(), person(Role.CURATOR)
    queue = queue_of(annie, stories=[add_story()])
    with pytest.raises(NotAllowed, match="not a reviewer"):
        claim(reviewer=curator, queue=queue)
    pause_queue(actor=curator, queue=queue)
    with pytest.raises(Conflict, match="paused"):
        claim(reviewer=annie, queue=queue)
    with pytest.raises(Conflict):
        pause_queue(actor=curator, queue=queue)
    reopen_queue(actor=curator, queue=queue)
    assert claim(reviewer=annie, queue=queue) is not None
    close_queue(actor=curator, queue=queue)
    assert claim(reviewer=annie, queue=queue) is not None, "who is reading may finish"
    with pytest.raises(NotAllowed):
        reopen_queue(actor=annie, queue=queue)


def test_who_passes_never_sees_the_story_again_and_the_next_one_does() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert claim(reviewer=ben, queue=queue) is None
    with pytest.raises(InvalidInput):
        pass_on(reviewer=annie, assignment=assignment, reason="  ")
    pass_on(reviewer=annie, assignment=assignment, reason="Too close to home")
    assert claim(reviewer=annie, queue=queue) is None
    assert claim(reviewer=ben, queue=queue) is not None
    assert Assignment.objects.get(reviewer=annie).pass_reason == "Too close to home"


def test_a_recused_person_loses_the_seat_and_is_never_offered_the_story() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story], overlap=1)
    claim(reviewer=annie, queue=queue)
    recuse(user=annie, story=story)
    recuse(user=annie, story=story)
    assert claim(reviewer=annie, queue=queue) is None
    assert claim(reviewer=ben, queue=queue) is not None


def test_a_removed_member_frees_the_seat() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    claim(reviewer=annie, queue=queue)
    remove_member(actor=SYSTEM, queue=queue, user=annie)
    assert claim(reviewer=ben, queue=queue) is not None


def test_a_draft_outlives_its_lease_and_an_older_window_cannot_overwrite_it() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    draft = save_draft(reviewer=annie, assignment=assignment, data={"comment": "so \x00far \ud800"}, version=0)
    assert draft.version == 1
    with pytest.raises(Conflict, match="newer draft"):
        save_draft(reviewer=annie, assignment=assignment, data={}, version=0)
    lapse(assignment)
    assert expire() == 1
    assert save_draft(reviewer=annie, assignment=assignment, data={"comment": "more"}, version=1).version == 2
    assert Draft.objects.get().data == {"comment": "more"}
    again = claim(reviewer=annie, queue=queue)
    assert again is not None
    assert again.pk == assignment.pk
    assert again.draft.version == 2


@pytest.mark.parametrize("ended", ["passed", "closed", "submitted"])
def test_a_draft_of_a_turn_that_is_over_stays_as_it_is(ended: str) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()], overlap=1)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    save_draft(reviewer=annie, assignment=assignment, data={"comment": "kept"}, version=0)
    if ended == "passed":
        pass_on(reviewer=annie, assignment=assignment, reason="not for me")
    elif ended == "closed":
        recuse(user=annie, story=assignment.story)
    else:
        submission = parse_submission(answers(), assignment.rubric)
        submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=uuid4())
    kept = list(Draft.objects.values("data", "version"))
    for version in (0, 1):
        with pytest.raises(Conflict, match=r"submitted|over"):
            save_draft(reviewer=annie, assignment=assignment, data={"comment": "late"}, version=version)
    assert list(Draft.objects.values("data", "version")) == kept
