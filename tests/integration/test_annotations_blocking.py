"""A check that finds something in a story later: it leaves review, nothing of what people did is lost."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotations.actions import (
    Hit,
    adjudicate,
    block_later,
    claim,
    close_queue,
    recuse,
    resume,
    revise,
    save_draft,
    submit,
    unblock,
    withdraw,
)
from annotations.actions.importing import NewReview, import_reviews
from annotations.actions.resuming import BlockedMeanwhile
from annotations.models import Assignment, Decision, Draft, Item, Review
from annotations.models.review import Origin
from annotations.queries.decisions import awaiting_adjudication, newest_decision
from annotations.schema import Submission, parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.stories.actions import advance
from curation.stories.models import Check, Stage, Story
from curation.stories.stages import TRANSITIONS, UNDECIDED, State
from tests.builders import (
    CONDUCT,
    accepted_stories,
    add_story,
    answers,
    dataset,
    frozen_release,
    passage_of,
    person,
    queue_of,
    review_by,
)

pytestmark = pytest.mark.django_db
HIT = Hit(kind="benchmark_overlap", reason="It quotes a benchmark.", index_version="gsm 1", start=0, end=5)


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def test_every_undecided_state_can_be_blocked() -> None:
    assert all(State.BLOCKED in TRANSITIONS[state] for state in UNDECIDED)


def test_a_story_in_review_is_blocked_and_goes_on_from_where_it_was() -> None:
    annie, ben, cleo = person(), person(), person()
    story = add_story()
    queue = queue_of(annie, ben, cleo, stories=[story])
    review_by(annie, queue)
    assignment = claim(reviewer=ben, queue=queue)
    assert assignment is not None
    save_draft(reviewer=ben, assignment=assignment, data={"comment": "Half way."}, version=0)
    assert block_later(story=story, hit=HIT) == State.BLOCKED
    assert block_later(story=story, hit=HIT) == State.BLOCKED, "once"
    check = Check.objects.get(kind=HIT.kind)
    assert (check.verdict, check.quote) == ("block", story.text[:5])
    assert Entry.objects.filter(verb="story.moved", data={"from": "queued", "to": "blocked"}).count() == 1
    assert claim(reviewer=cleo, queue=queue) is None
    submission = parse_submission(answers(), assignment.rubric)
    for attempt in (
        lambda: resume(reviewer=ben, assignment=assignment),
        lambda: submit(reviewer=ben, assignment=assignment, submission=submission, idempotency_key=uuid4()),
    ):
        assignment.refresh_from_db()
        with pytest.raises(BlockedMeanwhile, match="A check found something in this story"):
            attempt()
    assert Draft.objects.get(assignment=assignment).data["comment"] == "Half way."
    with pytest.raises(NotAllowed):
        unblock(actor=annie, story=story)
    client = Client()
    client.force_login(person(Role.CURATOR))
    assert client.post(reverse("story_unblock", args=[story.pk])).status_code == 302
    assert state(story) == State.QUEUED
    resume(reviewer=ben, assignment=assignment)
    assignment.refresh_from_db()
    submit(reviewer=ben, assignment=assignment, submission=submission, idempotency_key=uuid4())
    assert state(story) == State.ACCEPTED
    assert Review.objects.count() == 2


def test_a_free_seat_is_offered_again_once_the_block_is_lifted_unless_the_queue_is_closed() -> None:
    annie = person()
    story, other = add_story(), add_story()
    open_queue, closed = queue_of(annie, stories=[story]), queue_of(annie, stories=[other])
    for one in (story, other):
        block_later(story=one, hit=HIT)
    close_queue(actor=SYSTEM, queue=closed)
    curator = person(Role.CURATOR)
    for one in (story, other):
        unblock(actor=curator, story=one)
    assert Item.objects.get(queue=open_queue).seats_left == 2
    assert Item.objects.get(queue=closed).seats_left == 0
    assignment = claim(reviewer=annie, queue=open_queue)
    assert assignment is not None
    assert assignment.story == story


def test_no_seat_is_offered_for_what_was_reviewed_elsewhere_once_the_block_is_lifted() -> None:
    story = add_story()
    queue = queue_of(stories=[story])
    said = NewReview(story.pk, person().pk, story.text, Submission(ratings={"B1": 4}), blind=False)
    import_reviews(actor=SYSTEM, queue=queue, origin=Origin.ARGILLA, reviews=[said])
    block_later(story=story, hit=HIT)
    unblock(actor=person(Role.CURATOR), story=story)
    assert dict(story.items.values_list("kind", "seats_left")) == {"normal": 2, "imported": 0}


def test_a_story_that_is_let_through_comes_before_those_after_it_again() -> None:
    annie = person()
    first, second, third = add_story(), add_story(), add_story()
    queue = queue_of(annie, stories=[first, second, third])
    block_later(story=first, hit=HIT)
    assert review_by(annie, queue).story == second
    unblock(actor=person(Role.CURATOR), story=first)
    assert review_by(annie, queue).story == first
    assert review_by(annie, queue).story == third


def test_what_another_version_of_a_check_finds_is_kept_beside_it() -> None:
    story = add_story()
    for version in ("gsm 1", "gsm 2", "gsm 2"):
        block_later(story=story, hit=Hit(HIT.kind, f"By {version}.", version))
    assert list(story.checks.filter(kind=HIT.kind).values_list("reason", flat=True).order_by("id")) == [
        "By gsm 1.",
        "By gsm 2.",
    ]


def test_a_story_before_a_curator_is_blocked_and_comes_back_to_them() -> None:
    readers = person(), person()
    story = add_story()
    queue = queue_of(*readers, stories=[story])
    passage = passage_of(story.text, "The tug") | CONDUCT
    review_by(readers[0], queue, answers(flags={"backfire": passage}))
    review_by(readers[1], queue)
    assert state(story) == State.ADJUDICATION
    assert block_later(story=story, hit=HIT) == State.BLOCKED
    assert not awaiting_adjudication().filter(story=story).exists()
    curator = person(Role.CURATOR)
    with pytest.raises(Conflict):
        adjudicate(actor=curator, story=story, outcome="reject", note="Sent from a page of before.")
    assert (state(story), Decision.objects.get().outcome) == (State.BLOCKED, "adjudicate")
    unblock(actor=person(Role.CURATOR), story=story)
    assert state(story) == State.ADJUDICATION
    assert awaiting_adjudication().filter(story=story).exists()


def test_a_safety_flag_that_is_raised_once_the_story_is_blocked_leaves_it_blocked() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    mine = review_by(annie, queue)
    recuse(user=annie, story=story)
    block_later(story=story, hit=HIT)
    second = parse_submission(answers(flags={"self_harm": {}}), queue.rubric)
    revise(reviewer=annie, review=mine, submission=second, reason="I read it again.", idempotency_key=uuid4())
    assert state(story) == State.BLOCKED
    assert not Decision.objects.exists()


@pytest.mark.parametrize("released", [False, True])
def test_an_accepted_story_is_opened_again_for_a_curator_with_what_was_found(released: bool) -> None:
    (story,) = accepted_stories(1)
    if released:
        frozen_release(dataset())
    before = newest_decision(story.pk)
    assert block_later(story=story, hit=HIT) == State.ADJUDICATION
    decision = newest_decision(story.pk)
    assert decision is not None
    assert (decision.outcome, decision.supersedes, decision.review_ids) == ("adjudicate", before, before.review_ids)
    assert decision.reasons[0]["text"] == "A check found something since: It quotes a benchmark."
    assert Entry.objects.filter(verb="story.moved", data={"from": "accepted", "to": "adjudication"}).exists()
    assert awaiting_adjudication().filter(story=story).exists()


def test_what_a_curator_said_of_flags_still_holds_when_something_is_found_later() -> None:
    one, another, story = person(), person(), add_story()
    queue = queue_of(one, another, stories=[story])
    passage = passage_of(story.text, "The tug") | CONDUCT
    review_by(one, queue, answers(flags={"backfire": passage}))
    review_by(another, queue)
    dismissed = {"backfire": "dismissed"}
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="It does not.", verdicts=dismissed)
    assert block_later(story=story, hit=HIT) == State.ADJUDICATION
    decision = newest_decision(story.pk)
    assert decision is not None
    assert (decision.decided_by, decision.flag_verdicts) == (None, dismissed)
    anew = adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="Nor does it quote.")
    assert anew.flag_verdicts == dismissed


@pytest.mark.parametrize("by_curator", [False, True])
def test_no_review_is_taken_back_past_what_was_found(by_curator: bool) -> None:
    one, another, story = person(), person(), add_story()
    queue = queue_of(one, another, stories=[story])
    review = review_by(one, queue)
    if by_curator:
        passage = passage_of(story.text, "The tug") | CONDUCT
        review_by(another, queue, answers(flags={"backfire": passage}))
        verdicts = {"backfire": "dismissed"}
        adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="It holds.", verdicts=verdicts)
    else:
        review_by(another, queue)
    assert block_later(story=story, hit=HIT) == State.ADJUDICATION
    with pytest.raises(Conflict, match="A check found something in this story"):
        withdraw(reviewer=one, review=review)
    assert Stage.objects.get(story=story).state == State.ADJUDICATION


def test_a_rejected_story_stays_and_what_was_found_is_kept() -> None:
    story = add_story()
    queue_of(stories=[story])
    advance(stories=[story.pk], to=State.REJECTED)
    assert block_later(story=story, hit=HIT) == State.REJECTED
    assert story.checks.filter(kind=HIT.kind).exists()
    assert not Item.objects.filter(seats_left__gt=0).exists()


def test_the_command_keeps_findings_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story, other = add_story(), add_story()
    queue_of(stories=[story])
    path = tmp_path / "found.jsonl"
    lines = [{"story": story.pk, "reason": "It quotes a benchmark.", "start": 0, "end": 5}]
    lines.append({"story": other.pk, "reason": "It quotes another."})
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    for _ in range(2):
        call_command("block_stories", str(path), "--kind", "benchmark_overlap", "--against", "gsm 1", "--json")
        assert json.loads(capsys.readouterr().out) == {"blocked": 2}
    assert Check.objects.filter(kind="benchmark_overlap").count() == 2
    for wrong, said in (
        ("[]", "no finding"),
        ("[" * 5000, "no finding"),
        ('{"story": 1' + "0" * 30 + ', "reason": "x"}', "the number of a story"),
        ('{"story": 999999, "reason": "x"}', "no story 999999"),
    ):
        path.write_text(wrong)
        with pytest.raises(CommandError, match=said):
            call_command("block_stories", str(path), "--kind", "x", "--against", "y")
    path.write_bytes(b'{"story": 1, "reason": "caf\xe9"}')
    with pytest.raises(CommandError, match="Line 1: not UTF-8"):
        call_command("block_stories", str(path), "--kind", "x", "--against", "y")
    with pytest.raises(InvalidInput, match="not in the story"):
        block_later(story=story, hit=Hit("x", "There.", "y", 0, len(story.text) + 1))
    with pytest.raises(InvalidInput, match="Say what was found"):
        block_later(story=story, hit=Hit("x", " ", "y"))
    assert Assignment.objects.count() == 0
