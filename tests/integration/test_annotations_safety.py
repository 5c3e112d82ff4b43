"""A safety flag stops the reading of a story everywhere, wherever it was raised, and brings it before a curator."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, adjudicate, claim, submit, withdraw
from annotations.models import Assignment, Decision, Finalization, Item
from annotations.models.queue import ItemKind
from annotations.queries import awaiting_adjudication
from annotations.queries.second_looks import second_looks
from annotations.rules import SAFETY
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.stories.models import RewriteRequest, Stage, Story
from tests.builders import accepted_stories, add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db
FLAGGED = answers(flags={"self_harm": {}})


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


@pytest.mark.parametrize("kind", ItemKind.values)
def test_whatever_kind_of_item_it_is_raised_in(kind: str) -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue, other = queue_of(annie, ben, stories=[story]), queue_of(imani)
    Item.objects.filter(queue=queue).update(kind=kind)
    add_items(actor=SYSTEM, queue=other, stories=[story])
    reading = claim(reviewer=imani, queue=other)
    assert reading is not None

    review_by(annie, queue, FLAGGED)

    assert state(story) == "adjudication"
    decision = awaiting_adjudication().get()
    assert decision.outcome == "adjudicate"
    assert decision.reasons[0]["text"] == SAFETY % {"names": "Self-harm"}
    reading.refresh_from_db()
    assert reading.state == "closed"
    assert not Item.objects.filter(story=story, seats_left__gt=0).exists()
    assert claim(reviewer=ben, queue=queue) is None


def test_a_story_that_was_never_queued_for_a_decision_waits_for_a_curator_too() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie)
    for to in ("checked", "scored"):
        Stage.objects.filter(story=story).update(state=to)
    add_items(actor=SYSTEM, queue=queue, stories=[story], kind=ItemKind.GOLD)
    review_by(annie, queue, FLAGGED)
    assert state(story) == "adjudication"
    assert Decision.objects.get().review_ids == []
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="reject", note="It tells how.")
    assert state(story) == "rejected"
    assert not awaiting_adjudication().exists()


def test_what_the_policy_decided_goes_back_to_a_curator_with_its_reviews_and_values() -> None:
    [story] = accepted_stories(1)
    auditor = person()
    audit = queue_of(auditor)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind=ItemKind.AUDIT)

    mine = review_by(auditor, audit, FLAGGED)

    assert state(story) == "adjudication"
    first, second = Decision.objects.order_by("id")
    assert (second.outcome, second.supersedes) == ("adjudicate", first)
    assert (second.values, second.review_ids, second.themes) == (first.values, first.review_ids, first.themes)
    assert second.reasons[0]["text"] == SAFETY % {"names": "Self-harm"}
    [look] = second_looks(second)
    assert (look.review, [flag.key for flag in look.dangers]) == (mine, ["self_harm"])


def test_a_rewrite_that_nobody_began_is_not_made() -> None:
    annie, ben, auditor, story = person(), person(), person(), add_story()
    queue, audit = queue_of(annie, ben, stories=[story]), queue_of(auditor)
    told_badly = answers()
    told_badly["ratings"]["B1"] = 2
    for reviewer in (annie, ben):
        review_by(reviewer, queue, told_badly)
    assert RewriteRequest.objects.exists()
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind=ItemKind.AUDIT)
    review_by(auditor, audit, FLAGGED)
    assert state(story) == "adjudication"
    assert not RewriteRequest.objects.exists()


@pytest.mark.parametrize("held_by", ["curator", "finalization"])
def test_a_decision_that_is_held_stays_and_a_curator_is_asked(held_by: str) -> None:
    [story] = accepted_stories(1)
    curator, auditor = person(Role.CURATOR), person()
    if held_by == "finalization":
        Finalization.objects.create(story=story)
    else:
        Stage.objects.filter(story=story).update(state="adjudication")
        adjudicate(actor=curator, story=story, outcome="accept", note="It holds.")
    audit = queue_of(auditor)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind=ItemKind.AUDIT)

    review_by(auditor, audit, FLAGGED)

    assert state(story) == "accepted"
    assert [decision.story for decision in awaiting_adjudication()] == [story]
    client = Client()
    client.force_login(curator)
    assert "Self-harm" in client.get(reverse("adjudication_list")).content.decode()
    assert "Self-harm" in client.get(reverse("adjudicate", args=[story.pk])).content.decode()
    adjudicate(actor=curator, story=story, outcome="reject", note="The audit was right.")
    assert state(story) == "rejected"
    assert not awaiting_adjudication().exists()


def test_a_reader_of_another_queue_who_raises_it_after_the_decision_is_heard() -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue, other = queue_of(annie, ben, stories=[story]), queue_of(imani)
    add_items(actor=SYSTEM, queue=other, stories=[story])
    assignment = claim(reviewer=imani, queue=other)
    assert assignment is not None
    for reviewer in (annie, ben):
        review_by(reviewer, queue)
    assert state(story) == "accepted"
    submission = parse_submission(FLAGGED, assignment.rubric)
    submit(reviewer=imani, assignment=assignment, submission=submission, idempotency_key=uuid4(), or_extra=True)
    assert state(story) == "adjudication"
    assert Assignment.objects.filter(story=story, state="active").count() == 0


def test_a_review_outside_normal_items_decides_nothing_while_somebody_writes_theirs_again() -> None:
    annie, ben, imani, auditor, story = person(), person(), person(), person(), add_story()
    queue, other, audit = queue_of(annie, ben, stories=[story]), queue_of(imani, person()), queue_of(auditor)
    add_items(actor=SYSTEM, queue=other, stories=[story])
    review_by(imani, other)
    mine = review_by(annie, queue)
    review_by(ben, queue)
    assert state(story) == "accepted"
    withdraw(reviewer=annie, review=mine)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind=ItemKind.AUDIT)
    review_by(auditor, audit)
    assert (state(story), Decision.objects.latest("id").outcome) == ("queued", "reopened")
    again = review_by(annie, queue)
    assert again.pk in Decision.objects.latest("id").review_ids


def test_a_story_that_was_moved_meanwhile_is_not_decided() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    review_by(annie, queue)
    Stage.objects.filter(story=story).update(state="blocked")
    review_by(ben, queue)
    assert state(story) == "blocked"
    assert not Decision.objects.exists()


def test_what_everybody_said_is_kept_in_the_reasons_for_a_second_look() -> None:
    [story] = accepted_stories(1)
    auditor = person()
    audit = queue_of(auditor)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind=ItemKind.AUDIT)
    review_by(auditor, audit, FLAGGED)
    first, second = Decision.objects.order_by("id")
    assert second.reasons[1:] == first.reasons
    assert (second.queue, second.policy, second.decided_by) == (first.queue, first.policy, None)


def test_what_was_said_before_the_flag_is_kept_with_the_question() -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue = queue_of(annie, ben, imani, stories=[story], overlap=3)
    first = review_by(annie, queue, answers(3, themes=["boundaries"], ratings={**answers(3)["ratings"], "C1": 5}))
    second = review_by(ben, queue, answers(5, flags={"self_harm": {}}))
    decision = Decision.objects.get()
    assert decision.review_ids == [first.pk, second.pk]
    assert (decision.values["B1"], decision.values["C1"], decision.values["C2"]) == (4, 5, None)
    assert decision.themes == ["boundaries"]
