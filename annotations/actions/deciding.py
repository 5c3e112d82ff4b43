"""Deciding a story by the policy, once its reviews are in."""

from django.db import transaction

from annotations import rules
from annotations.actions import seats
from annotations.models import Assignment, Decision, Item
from annotations.models.assignment import AssignmentState
from annotations.models.decision import DECIDED, Outcome
from annotations.models.queue import ItemKind
from annotations.queries.assignments import themes_of
from annotations.queries.decisions import evidence
from annotations.rules import Reason
from annotations.schema import RubricShape, shape_of
from curation.accounts.models import User
from curation.stories.actions import advance, request_rewrite
from curation.stories.models import Story
from curation.stories.stages import State

STATE_AFTER = {
    Outcome.ACCEPT: State.ACCEPTED,
    Outcome.REJECT: State.REJECTED,
    Outcome.REWRITE: State.REWRITE,
    Outcome.ADJUDICATE: State.ADJUDICATION,
}
DECIDED_STATES = [State.ACCEPTED, State.REJECTED, State.REWRITE]

# The reviewer's own words stand in the revision.
ASKED: Reason = {"rule": "asked", "passed": False, "text": rules.ASKED}


def decide(*, story_id: int) -> Decision | None:
    """Decide a story by its queue's policy if all its reviews are in; None while they are not.

    A story that is decided already keeps its decision, and the newest is returned. One that a withdrawal has reopened
    is decided anew, and its new decision supersedes the reopening.
    """
    latest = Decision.objects.filter(DECIDED, story=story_id, superseded_by__isnull=True).first()
    if latest is not None:
        return latest
    submitted = Assignment.objects.filter(
        story=story_id, state=AssignmentState.SUBMITTED, item__kind=ItemKind.NORMAL, is_repeat=False
    )
    with transaction.atomic():
        for turn in submitted.select_related("item__queue__policy", "rubric").order_by("id"):
            seats.lock_items([turn.item_id])
            decision = decide_on(turn, shape_of(turn.rubric), themes_of(turn), safety=False)
            if decision is not None:
                return decision
    return None


def decide_on(turn: Assignment, shape: RubricShape, tagged: frozenset[str], *, safety: bool) -> Decision | None:
    """Decide the story of a submitted turn if its item is complete, or at once if a safety flag was raised.

    Runs inside the caller's transaction, which holds the item's lock.
    """
    found = evidence(turn.story_id, turn.rubric_id)
    if found.decided or not (found.complete or safety):
        return None
    queue = turn.item.queue
    verdict = rules.decide(
        commits=found.commits, criteria=shape.criteria, flags=shape.flags, tagged=tagged, policy=queue.policy.rules
    )
    outcome, reasons = Outcome(verdict.outcome), verdict.reasons
    if found.asked and outcome != Outcome.ADJUDICATE:
        outcome, reasons = Outcome.ADJUDICATE, [ASKED, *reasons]
    # Compare-and-set: of two queues that finish a story together, one decides it.
    if not advance(stories=[turn.story_id], to=STATE_AFTER[outcome]):
        return None
    decision = Decision.objects.create(
        story_id=turn.story_id,
        queue=queue,
        policy=queue.policy,
        outcome=outcome,
        reasons=reasons,
        values=verdict.values,
        review_ids=found.review_ids,
        supersedes_id=found.reopened,
    )
    if safety:
        take_out(turn.story_id)
    elif found.elsewhere:
        offer_no_more(turn.story_id)
    if outcome == Outcome.REWRITE:
        ask_for_rewrite(decision, actor=None)
    return decision


def offer_no_more(story_id: int) -> None:
    """Offer a decided story to no more reviewers of other queues; who is reading it may finish.

    An item that somebody is claiming or finishing this moment is passed over: waiting for it could deadlock.
    """
    others = Item.objects.filter(story=story_id, kind=ItemKind.NORMAL, seats_left__gt=0)
    seats.shrink(list(others.select_for_update(skip_locked=True, no_key=True)))


def take_out(story_id: int) -> None:
    """Take a story out of all queues: end what people are reading, and offer it to nobody else."""
    items = seats.lock_story(story_id)
    active = Assignment.objects.filter(story=story_id, state=AssignmentState.ACTIVE)
    seats.end(active, AssignmentState.CLOSED)
    seats.shrink(items)


def ask_for_rewrite(decision: Decision, *, actor: User | None) -> None:
    """Ask for a rewrite, saying what fell short."""
    short = " ".join(reason["text"] for reason in decision.reasons if not reason["passed"])
    request_rewrite(story=Story(pk=decision.story_id), reason=decision.note or short, actor=actor)
