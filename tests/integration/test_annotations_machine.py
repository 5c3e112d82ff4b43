"""Claims, passes, expiries and submits in any order: at most K live seats, and nobody twice."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from annotations.actions import add_items, add_member, claim, expire, pass_on, recuse, remove_member, submit
from annotations.models import Assignment, Decision, Item, Membership, Queue, Recusal
from annotations.queries import load_assignment
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.core.errors import Conflict, NotAllowed
from curation.stories.actions import advance
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import add_story, answers, person, queue_of

LIVE = Q(assignments__state__in=["active", "submitted"])
PEOPLE, SEATS = 4, 2
someone = st.integers(0, PEOPLE - 1)


class Claims(RuleBasedStateMachine):
    """A queue of a few stories, a few people, and everything they may do with it."""

    people: list[User]
    queue: Queue
    turns: list[Assignment]

    @initialize(stories=st.integers(1, 3))
    def start(self, stories: int) -> None:
        self.people = [person() for _ in range(PEOPLE)]
        self.turns = []
        self.queue = queue_of(*self.people, stories=[add_story() for _ in range(stories)], overlap=SEATS)

    @rule(who=someone)
    def claims(self, who: int) -> None:
        reviewer = self.people[who]
        if not Membership.objects.filter(queue=self.queue, user=reviewer).exists():
            with pytest.raises(NotAllowed):
                claim(reviewer=reviewer, queue=self.queue)
            return
        turn = claim(reviewer=reviewer, queue=self.queue)
        if turn is None:
            assert not self.could_be_theirs(reviewer).exists()
        else:
            self.turns.append(turn)
            assert turn.state == "active"

    def could_be_theirs(self, reviewer: User) -> Any:
        had = Assignment.objects.filter(reviewer=reviewer).exclude(state="expired").values("story")
        closed = Recusal.objects.filter(user=reviewer).values("story")
        return Item.objects.filter(queue=self.queue, seats_left__gt=0).exclude(story__in=had).exclude(story__in=closed)

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def submits(self, data: st.DataObject) -> None:
        turn = data.draw(st.sampled_from(self.turns))
        mine = load_assignment(turn.reviewer, turn.pk)
        held = mine.state == "active"
        submission = parse_submission(answers(data.draw(st.integers(1, 5))), mine.rubric)
        try:
            submit(reviewer=turn.reviewer, assignment=mine, submission=submission, idempotency_key=uuid4())
        except Conflict:
            assert not held

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def passes(self, data: st.DataObject) -> None:
        turn = data.draw(st.sampled_from(self.turns))
        try:
            pass_on(reviewer=turn.reviewer, assignment=turn, reason="Not today")
        except Conflict:
            assert Assignment.objects.get(pk=turn.pk).state in {"submitted", "closed"}

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def runs_out(self, data: st.DataObject) -> None:
        turn = data.draw(st.sampled_from(self.turns))
        Assignment.objects.filter(pk=turn.pk).update(lease_until=Now() - timedelta(minutes=1))
        expire()
        assert not Assignment.objects.filter(state="active", lease_until__lt=Now()).exists()

    @rule(who=someone, data=st.data())
    def is_recused(self, who: int, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(list(Item.objects.filter(queue=self.queue).order_by("id"))))
        recuse(user=self.people[who], story=item.story)
        assert not Assignment.objects.filter(story=item.story, reviewer=self.people[who], state="active").exists()

    @rule(who=someone)
    def leaves_and_comes_back(self, who: int) -> None:
        remove_member(actor=SYSTEM, queue=self.queue, user=self.people[who])
        add_member(actor=SYSTEM, queue=self.queue, user=self.people[who])

    @rule(priority=st.integers(-5, 5))
    def a_story_comes_in(self, priority: int) -> None:
        story: Story = add_story()
        advance(stories=[story.pk], to=State.CHECKED)
        assert add_items(actor=SYSTEM, queue=self.queue, stories=[story], priorities={story.pk: priority}) == 1

    @invariant()
    def seats_add_up(self) -> None:
        items = Item.objects.annotate(live=Count("assignments", filter=LIVE))
        assert not items.exclude(seats_left=F("seats") - F("live")).exists()
        assert not items.filter(live__gt=SEATS).exists()

    @invariant()
    def nobody_has_a_story_twice(self) -> None:
        twice = Assignment.objects.values("story", "reviewer").annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.exists()
        reading = Assignment.objects.filter(state="active").values("reviewer").annotate(n=Count("pk")).filter(n__gt=1)
        assert not reading.exists()

    @invariant()
    def full_stories_are_decided_and_no_others(self) -> None:
        done = Count("assignments", filter=Q(assignments__state="submitted"))
        full = set(Item.objects.annotate(done=done).filter(done=SEATS).values_list("story", flat=True))
        assert full == set(Decision.objects.values_list("story", flat=True))
        assert full == set(Stage.objects.exclude(state="queued").values_list("story", flat=True))


@pytest.mark.django_db
def test_claims_hold_in_any_order() -> None:
    class InTransaction(Claims):
        def __init__(self) -> None:
            self.block = transaction.atomic()
            self.block.__enter__()
            super().__init__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    run_state_machine_as_test(
        InTransaction,
        settings=settings(
            max_examples=10, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
