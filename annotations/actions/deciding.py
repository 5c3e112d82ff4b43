"""Deciding a story by the policy, once its reviews are in."""

from collections.abc import Sequence

from django.db import transaction

from annotations import rules
from annotations.actions import seats
from annotations.actions.entering import enter
from annotations.models import Assignment, Decision, Item
from annotations.models.assignment import AssignmentState
from annotations.models.decision import Outcome
from annotations.models.queue import ItemKind
from annotations.queries.assignments import themes_of
from annotations.queries.decisions import evidence, is_held, newest_decision
from annotations.rules import Reason
from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.models import User
from curation.standards.spec import RubricSpec, spec_of
from curation.stories.actions import advance, request_rewrite, withdraw_rewrite
from curation.stories.models import Stage, Story
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
    if latest := newest_decision(story_id):
        return latest
    submitted = Assignment.objects.filter(
        story=story_id, state=AssignmentState.SUBMITTED, item__kind=ItemKind.NORMAL, is_repeat=False
    )
    with transaction.atomic():
        for assignment in submitted.select_related("item__queue__policy", "rubric").order_by("id"):
            seats.lock_items([assignment.item_id])
            decision = decide_on(assignment, spec_of(assignment.rubric), themes_of(assignment))
            if decision is not None:
                return decision
    return None


def decide_on(assignment: Assignment, spec: RubricSpec, tagged: frozenset[str]) -> Decision | None:
    """Decide the story of a submitted assignment if its item is complete.

    Runs inside the caller's transaction, which holds the item's lock.
    """
    found = evidence(assignment.story_id, assignment.rubric_id)
    if found.decided or not found.complete:
        return None
    queue = assignment.item.queue
    verdict = rules.decide(
        commits=found.commits, criteria=spec.criteria, flags=spec.flags, tagged=tagged, policy=queue.policy.rules
    )
    outcome, reasons = Outcome(verdict.outcome), verdict.reasons
    if found.asked and outcome != Outcome.ADJUDICATE:
        outcome, reasons = Outcome.ADJUDICATE, [ASKED, *reasons]
    # Compare-and-set: of two queues that finish a story together, one decides it.
    if not advance(stories=[assignment.story_id], to=STATE_AFTER[outcome]):
        return None
    decision = enter(
        story_id=assignment.story_id,
        queue=queue,
        policy=queue.policy,
        outcome=outcome,
        reasons=reasons,
        values=verdict.values,
        themes=sorted(verdict.themes),
        review_ids=found.review_ids,
        supersedes_id=found.reopened,
    )
    if found.elsewhere:
        close_elsewhere(assignment.story_id)
    if outcome == Outcome.REWRITE:
        ask_for_rewrite(decision, actor=SYSTEM)
    return decision


def pull_for_safety(assignment: Assignment, spec: RubricSpec, tagged: frozenset[str], names: Sequence[str]) -> None:
    """Take a story out of all queues and put it before a curator, because a review raised safety flags of these names.

    A story that is not decided yet goes to adjudication on the reviews that count; one that the policy decided goes
    there again. A decision that a curator made, or that something rests on, stays, and the review asks for a look.
    Runs inside the caller's transaction, which holds the locks of all the story's items.
    """
    take_out(assignment.story_id)
    reason = rules.safety_reason(names)
    Stage.objects.select_for_update().get(story=assignment.story_id)
    latest = newest_decision(assignment.story_id)
    if latest is not None:
        if not is_held(latest):
            ask_again(latest, reason, actor=assignment.reviewer)
        return
    found, queue = evidence(assignment.story_id, assignment.rubric_id), assignment.item.queue
    # A curator is already looking at a story that waits for one.
    if not advance(stories=[assignment.story_id], to=State.ADJUDICATION):
        return
    themes = rules.themes_of(found.commits, tagged, queue.policy.rules)
    enter(
        story_id=assignment.story_id,
        queue=queue,
        policy=queue.policy,
        outcome=Outcome.ADJUDICATE,
        reasons=[reason],
        values=rules.values_of(found.commits, spec.criteria, themes),
        themes=sorted(themes),
        review_ids=found.review_ids,
        supersedes_id=found.reopened,
    )


def ask_again(decision: Decision, reason: Reason, *, actor: User) -> None:
    """Put a decided story before a curator: the same reviews and values, with one more reason."""
    if decision.outcome == Outcome.ADJUDICATE:
        return
    advance(stories=[decision.story_id], to=State.ADJUDICATION, only_from=DECIDED_STATES)
    if decision.outcome == Outcome.REWRITE:
        withdraw_rewrite(story=Story(pk=decision.story_id), actor=actor)
    enter(
        story_id=decision.story_id,
        queue_id=decision.queue_id,
        policy_id=decision.policy_id,
        outcome=Outcome.ADJUDICATE,
        reasons=[reason, *decision.reasons],
        values=decision.values,
        themes=decision.themes,
        review_ids=decision.review_ids,
        supersedes=decision,
    )


def close_elsewhere(story_id: int) -> None:
    """End the reading of a decided story in other queues, and offer it to nobody else there.

    Whoever is reading it could learn how others rated it; what they have marked can be kept as an extra review. An item
    that somebody is claiming or finishing this moment is passed over: waiting for it could deadlock.
    """
    others = Item.objects.filter(story=story_id, kind=ItemKind.NORMAL)
    seats.close(list(others.select_for_update(skip_locked=True, no_key=True)))


def take_out(story_id: int) -> None:
    """Take a story out of all queues: end what people are reading, and offer it to nobody else."""
    seats.close(seats.lock_story(story_id), AssignmentState.CLOSED)


def ask_for_rewrite(decision: Decision, *, actor: Actor) -> None:
    """Ask for a rewrite, saying what fell short."""
    short = " ".join(reason["text"] for reason in decision.reasons if not reason["passed"])
    request_rewrite(story=Story(pk=decision.story_id), reason=decision.note or short, actor=actor)
