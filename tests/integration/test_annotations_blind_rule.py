"""Who must judge which story blind, and for how long: the query beside the rule."""

from itertools import product

import pytest

from annotations.actions import (
    add_member,
    claim,
    pass_on,
    pause_queue,
    recuse,
    remove_member,
    take_pass_back,
)
from annotations.models import Assignment, Item, Queue
from annotations.permissions import can_withdraw
from annotations.queries.blindness import involvement_of, may_judge_any, stories_to_review_blind, to_judge_blind
from annotations.queries.kept_back import entries_kept_from
from annotations.visibility import may_be_given
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.actions import record
from curation.audit.models import Entry
from curation.stories.models import Story
from tests.builders import (
    add_story,
    person,
    queue_of,
    review_by,
)


@pytest.mark.django_db
def test_the_query_states_the_rule() -> None:
    """Every row of the truth table, reached by the real actions."""
    for member, free, recused, had in product((False, True), repeat=4):
        user, story = person(Role.CURATOR), add_story()
        queue = queue_of(user, person(), stories=[story], overlap=2)
        if had:
            claim(reviewer=user, queue=queue)
            Assignment.objects.filter(reviewer=user).update(state="closed", ended_at=queue.created_at)
            Item.objects.filter(queue=queue).update(seats_left=2)
        if not free:
            Item.objects.filter(queue=queue).update(seats=1, seats_left=0)
        if recused:
            recuse(user=user, story=story)
        if not member:
            remove_member(actor=SYSTEM, queue=queue, user=user)
        expected = may_be_given(member=member, seat_free=free, recused=recused, had=had)
        assert involvement_of(user, story.pk).open_to is expected, (member, free, recused, had)
        assert (story.pk in stories_to_review_blind(user)) is expected
        assert may_judge_any(user) or not expected


@pytest.mark.django_db
def test_blindness_lasts_from_the_first_chance_to_the_decision() -> None:
    curator, other = person(Role.CURATOR), person()
    story = add_story()
    queue = queue_of(curator, other, stories=[story])

    def blind() -> bool:
        involvement = involvement_of(curator, story.pk)
        assert involvement.blind is (story.pk in stories_to_review_blind(curator))
        assert may_judge_any(curator) or not involvement.blind
        return involvement.blind

    assert blind(), "may be given it"
    pause_queue(actor=SYSTEM, queue=queue)
    assert blind(), "the queue may be opened again"
    Queue.objects.update(state="open")
    assignment = claim(reviewer=curator, queue=queue)
    assert assignment is not None
    assert blind(), "reads it"
    pass_on(reviewer=curator, assignment=assignment, reason="Too near to me.")
    assert blind(), "may take the pass back"
    take_pass_back(reviewer=curator, assignment=assignment)
    review = review_by(curator, queue)
    assert blind(), "may take the review back and write it again"
    review_by(other, queue)
    assert not blind(), "it is decided"
    assert not can_withdraw(actor=curator, review=review), "who sees what others said writes no other blind review"
    assert involvement_of(person(Role.CURATOR), story.pk).blind is False


@pytest.mark.django_db
def test_who_is_in_no_queue_and_has_rated_nothing_has_nothing_to_judge_blind() -> None:
    curator, other = person(Role.CURATOR), person()
    queue = queue_of(other, stories=[add_story()])
    assert not may_judge_any(curator)
    add_member(actor=SYSTEM, queue=queue, user=curator)
    assert may_judge_any(curator)
    review_by(curator, queue)
    remove_member(actor=SYSTEM, queue=queue, user=curator)
    assert may_judge_any(curator), "they may take their review back and write it again"


@pytest.mark.django_db
def test_what_is_asked_is_made_once_for_each_person_and_answered_anew() -> None:
    annie, other, story = person(Role.CURATOR), person(Role.CURATOR), add_story()
    entry = record(actor=SYSTEM, verb="x", target=story)
    stories, entries = to_judge_blind(annie, "pk"), entries_kept_from(annie)
    assert to_judge_blind(annie, "pk") is stories
    assert entries_kept_from(annie) is entries
    assert to_judge_blind(other, "pk") is not stories
    assert not Story.objects.filter(stories).exists()
    assert not Entry.objects.filter(entries, verb="x").exists()
    queue_of(annie, stories=[story])
    assert Story.objects.filter(stories).get() == story
    assert Entry.objects.filter(entries, verb="x").get() == entry
    assert not Story.objects.filter(to_judge_blind(other, "pk")).exists()
    assert not Entry.objects.filter(entries_kept_from(other), verb="x").exists()
