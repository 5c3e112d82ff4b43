"""Everything that people may do with a queue, in any order: seats, blindness and decisions stay what they should be."""

from collections.abc import Mapping
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

from annotations.actions import (
    add_items,
    add_member,
    adjudicate,
    claim,
    expire,
    pass_on,
    recuse,
    remove_member,
    revise,
    submit,
    undo_adjudication,
    withdraw,
)
from annotations.models import Assignment, Decision, Item, Membership, Queue, Recusal, Review
from annotations.permissions import can_revise, can_withdraw
from annotations.queries.history import load_review
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import Conflict, NotAllowed
from curation.stories.models import Stage
from tests.builders import add_story, answers, check, person, queue_of

LIVE = Q(assignments__state__in=["active", "submitted"])
STATE_OF = {
    "accept": "accepted",
    "reject": "rejected",
    "rewrite": "rewrite",
    "adjudicate": "adjudication",
    "reopened": "queued",
}
PEOPLE, SEATS, HELD_AT_MOST = 4, 2, 2
someone = st.integers(0, PEOPLE - 1)
# What the policy accepts and what it rejects; and with one of either, the last asks for a curator.
said = st.sampled_from([answers(4), answers(1), answers(4, out_of_scope=True)])


class Claims(RuleBasedStateMachine):
    """A queue of a few stories, a few people, a curator, and everything they may do with it."""

    people: list[User]
    curator: User
    queue: Queue

    @initialize(stories=st.integers(1, 3))
    def start(self, stories: int) -> None:
        self.people = [person() for _ in range(PEOPLE)]
        self.curator = person(Role.CURATOR)
        self.queue = queue_of(*self.people, stories=[add_story() for _ in range(stories)], overlap=SEATS)

    def assignments(self, **where: Any) -> list[Assignment]:
        """The assignments of the queue, oldest first."""
        found = Assignment.objects.filter(item__queue=self.queue, **where)
        return list(found.select_related("item", "reviewer", "rubric", "story").order_by("id"))

    def drawn(self, data: st.DataObject, **where: Any) -> Assignment | None:
        """Draw one of the assignments, if there is any."""
        found = self.assignments(**where)
        return found[data.draw(st.integers(0, len(found) - 1))] if found else None

    def is_member(self, reviewer: User) -> bool:
        return Membership.objects.filter(queue=self.queue, user=reviewer).exists()

    # Reading.

    @rule(who=someone, ahead=st.booleans())
    def claims(self, who: int, ahead: bool) -> None:
        reviewer = self.people[who]
        held = self.assignments(reviewer=reviewer, state="active")
        reading = min(held, key=lambda one: (one.claimed_at, one.pk), default=None) if ahead else None
        got = claim(reviewer=reviewer, queue=self.queue, ahead_of=reading.pk if reading else 0)
        rest = [one for one in held if reading is None or one.pk != reading.pk]
        if rest:
            assert got in rest, "what they hold comes first"
        elif got is None:
            assert not self.could_be_theirs(reviewer).exists()
        else:
            assert got.state == "active"
            assert got not in held
            assert not Recusal.objects.filter(user=reviewer, story=got.story_id).exists()
        assert len(self.assignments(reviewer=reviewer, state="active")) <= max(len(held), HELD_AT_MOST)

    def could_be_theirs(self, reviewer: User) -> Any:
        had = Assignment.objects.filter(reviewer=reviewer).exclude(state="expired").values("story")
        closed = Recusal.objects.filter(user=reviewer).values("story")
        return Item.objects.filter(queue=self.queue, seats_left__gt=0).exclude(story__in=had).exclude(story__in=closed)

    @rule(who=someone, sheet=said)
    def reads_one_through(self, who: int, sheet: dict[str, Any]) -> None:
        if (assignment := claim(reviewer=self.people[who], queue=self.queue)) is not None:
            assert self.submitted(assignment, sheet).kind == "commit"

    def submitted(self, assignment: Assignment, sheet: dict[str, Any], **fields: Any) -> Review:
        submission = parse_submission(sheet, assignment.rubric)
        key = uuid4()
        return submit(
            reviewer=assignment.reviewer, assignment=assignment, submission=submission, idempotency_key=key, **fields
        )

    @rule(data=st.data(), sheet=said, or_extra=st.booleans())
    def submits(self, data: st.DataObject, sheet: dict[str, Any], or_extra: bool) -> None:
        assignment = self.drawn(data)
        if assignment is None:
            return
        late = (
            assignment.state == "expired"
            and not Recusal.objects.filter(user=assignment.reviewer, story=assignment.story_id).exists()
        )
        full = not assignment.item.seats_left
        if assignment.state == "active" or (late and not full):
            expected = "commit"
        else:
            expected = "extra" if late and or_extra else ""
        try:
            review = self.submitted(assignment, sheet, or_extra=or_extra)
        except Conflict:
            assert not expected
        else:
            assert review.kind == expected

    @rule(data=st.data())
    def passes(self, data: st.DataObject) -> None:
        if (assignment := self.drawn(data)) is None:
            return
        try:
            pass_on(reviewer=assignment.reviewer, assignment=assignment, reason="Not today")
        except Conflict:
            assert assignment.state in {"submitted", "closed"}

    @rule(data=st.data())
    def runs_out(self, data: st.DataObject) -> None:
        if (assignment := self.drawn(data, state="active")) is None:
            return
        Assignment.objects.filter(pk=assignment.pk).update(lease_until=Now() - timedelta(minutes=1))
        expire()
        assert not self.assignments(state="active", lease_until__lt=Now())

    @rule(who=someone, data=st.data())
    def is_recused(self, who: int, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(list(Item.objects.filter(queue=self.queue).order_by("id"))))
        recuse(user=self.people[who], story=item.story)
        assert not self.assignments(story=item.story, reviewer=self.people[who], state="active")

    @rule(who=someone)
    def leaves_and_comes_back(self, who: int) -> None:
        remove_member(actor=SYSTEM, queue=self.queue, user=self.people[who])
        assert not self.assignments(reviewer=self.people[who], state="active")
        with pytest.raises(NotAllowed):
            claim(reviewer=self.people[who], queue=self.queue)
        add_member(actor=SYSTEM, queue=self.queue, user=self.people[who])

    @rule(priority=st.integers(-5, 5))
    def a_story_comes_in(self, priority: int) -> None:
        story = add_story()
        check([story])
        assert add_items(actor=SYSTEM, queue=self.queue, stories=[story], priorities={story.pk: priority}) == 1

    # Second thoughts, which only a commit can have that counts.

    def reviews(self) -> list[Review]:
        found = Review.objects.filter(assignment__item__queue=self.queue).exclude(kind="revision").order_by("id")
        return [load_review(review.reviewer, review.pk) for review in found.select_related("reviewer")]

    @precondition(lambda self: Review.objects.exists())
    @rule(data=st.data())
    def withdraws(self, data: st.DataObject) -> None:
        review = data.draw(st.sampled_from(self.reviews()))
        before = self.current_decision(review.story_id)
        seen = Recusal.objects.filter(user=review.reviewer, story=review.story_id).exists()
        by_curator = before is not None and (before.decided_by_id is not None or before.undo)
        live = review.kind == "commit" and not hasattr(review, "withdrawal")
        assert bool(can_withdraw(actor=review.reviewer, review=review)) == (live and not seen and not by_curator)
        try:
            assignment = withdraw(reviewer=review.reviewer, review=review, reason="Too quick")
        except Conflict:
            assert not live or seen or by_curator
        else:
            assert assignment.state == "active"
            assert assignment.draft.version
            after = self.current_decision(review.story_id)
            assert before is None or after is None, "no decision outlives what it rests on"

    @precondition(lambda self: Review.objects.exists())
    @rule(data=st.data(), sheet=said, asks=st.booleans())
    def revises(self, data: st.DataObject, sheet: dict[str, Any], asks: bool) -> None:
        review = data.draw(st.sampled_from(self.reviews()))
        before, may = self.current_decision(review.story_id), bool(can_revise(actor=review.reviewer, review=review))
        submission = parse_submission(sheet, review.rubric)
        words: Mapping[str, Any] = {"submission": submission, "reason": "Read again", "idempotency_key": uuid4()}
        try:
            revision = revise(reviewer=review.reviewer, review=review, ask_curator=asks, **words)
        except Conflict:
            assert not may
            return
        assert (may, revision.kind, revision.revises_id) == (True, "revision", review.pk)
        after = self.current_decision(review.story_id)
        if before is None or not asks or before.decided_by_id is not None:
            assert after == before
        else:
            assert after is not None
            assert after.outcome == "adjudicate"
            assert (after.values, after.review_ids) == (before.values, before.review_ids), "a revision counts nowhere"

    def current_decision(self, story: int) -> Decision | None:
        """The decision that stands on a story."""
        return Decision.objects.filter(story=story, superseded_by__isnull=True).exclude(outcome="reopened").first()

    # Adjudication.

    @precondition(lambda self: Stage.objects.filter(state="adjudication").exists())
    @rule(data=st.data(), outcome=st.sampled_from(["accept", "reject", "rewrite"]))
    def a_curator_adjudicates(self, data: st.DataObject, outcome: str) -> None:
        waiting = list(Stage.objects.filter(state="adjudication").select_related("story").order_by("story"))
        story = data.draw(st.sampled_from(waiting)).story
        before = self.current_decision(story.pk)
        decision = adjudicate(actor=self.curator, story=story, outcome=outcome, note="Read by me")
        assert (decision.supersedes, decision.outcome) == (before, outcome)

    @precondition(lambda self: Decision.objects.filter(decided_by=self.curator, undo=False).exists())
    @rule()
    def a_curator_undoes_the_latest(self) -> None:
        latest = Decision.objects.filter(decided_by=self.curator, undo=False).latest("id")
        over = Decision.objects.filter(supersedes=latest).exists()
        try:
            undone = undo_adjudication(actor=self.curator, decision=latest)
        except Conflict:
            assert over
        else:
            assert not over
            assert latest.supersedes is not None
            assert undone.outcome == latest.supersedes.outcome

    # What holds whatever was done.

    @invariant()
    def seats_add_up(self) -> None:
        items = Item.objects.annotate(live=Count("assignments", filter=LIVE))
        assert not items.exclude(seats_left=F("seats") - F("live")).exists()
        assert not items.filter(live__gt=SEATS).exists()

    @invariant()
    def nobody_has_a_story_twice(self) -> None:
        twice = Assignment.objects.values("story", "reviewer").annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.exists()

    @invariant()
    def full_stories_are_decided_and_no_others(self) -> None:
        done = Count("assignments", filter=Q(assignments__state="submitted"))
        full = set(Item.objects.annotate(done=done).filter(done=SEATS).values_list("story", flat=True))
        current = Decision.objects.filter(superseded_by__isnull=True)
        decided = current.exclude(outcome="reopened")
        assert full == set(decided.values_list("story", flat=True))
        assert full == set(Stage.objects.exclude(state="queued").values_list("story", flat=True))
        assert current.count() == current.values("story").distinct().count(), "one decision stands"
        for decision in current.select_related("story__stage"):
            assert decision.story.stage.state == STATE_OF[decision.outcome]

    @invariant()
    def a_decision_rests_on_the_commits_that_stand(self) -> None:
        for decision in Decision.objects.filter(superseded_by__isnull=True).exclude(outcome="reopened"):
            current = Review.objects.filter(story=decision.story_id, kind="commit", withdrawal__isnull=True)
            assert sorted(decision.review_ids) == sorted(current.values_list("pk", flat=True))


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
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
