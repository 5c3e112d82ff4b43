"""Taking a committed review back, as long as nothing was revealed."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotations.actions import seats
from annotations.actions.deciding import DECIDED_STATES
from annotations.actions.entering import enter
from annotations.models import Assignment, Decision, Draft, Item, Review, Withdrawal
from annotations.models.assignment import AssignmentState
from annotations.models.decision import DECIDED, Outcome
from annotations.permissions import WHY_NOT, check_can_withdraw
from annotations.queries.history import as_data, load_review
from annotations.queries.status import ReviewStatus
from annotations.queries.today import forget
from annotations.rules import WITHDRAWN
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.stories.actions import advance, withdraw_rewrite
from curation.stories.stages import State

LONGEST_REASON = 300


def withdraw(*, reviewer: User, review: Review, reason: str = "") -> Assignment:
    """Take a commit back: it counts no longer, and the reviewer's assignment is open again with all of it in the draft.

    A decision that rested on it is superseded, and the story goes back into review. Raises `NotFound` for somebody
    else's review, `Conflict` with the reason when it cannot be taken back, `InvalidInput` for a reason over 300
    characters.
    """
    reason = reason.replace("\x00", "").strip()
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(_("Say why in up to %(most)s characters.") % {"most": LONGEST_REASON})
    with transaction.atomic():
        # A comparison that is being opened takes the same lock; a decision that is being made, the item's.
        seats.one_at_a_time(reviewer.pk)
        seats.lock_items(Item.objects.filter(assignments__reviews=review.pk).values_list("pk", flat=True))
        review = load_review(reviewer, review.pk)
        check_can_withdraw(actor=reviewer, review=review)
        try:
            with transaction.atomic():
                Withdrawal.objects.create(review=review, reason=reason)
        except IntegrityError as error:
            raise Conflict(WHY_NOT["withdrawn"]) from error
        _reopen_story(review)
        assignment = review.assignment
        lease = timedelta(minutes=assignment.item.queue.lease_minutes)
        mine = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.SUBMITTED)
        if not mine.update(state=AssignmentState.ACTIVE, ended_at=None, lease_until=Now() + lease):
            raise Conflict(WHY_NOT["withdrawn"])
        _fill_draft(review)
        record(actor=reviewer, verb="review.withdrawn", target=review, story=review.story_id, reason=reason)
        transaction.on_commit(lambda: forget(reviewer.pk))
    assignment.refresh_from_db()
    return assignment


def _reopen_story(review: Review) -> None:
    """Supersede the decision that rested on this review, if one does, and put the story back into review."""
    decision = Decision.objects.filter(
        DECIDED, story=review.story_id, superseded_by__isnull=True, review_ids__contains=[review.pk]
    ).first()
    if decision is None:
        return
    moved = advance(stories=[review.story_id], to=State.QUEUED, only_from=[*DECIDED_STATES, State.ADJUDICATION])
    # The stage is locked now. Whoever adjudicated, finalized or began to rewrite the story first has left a trace.
    if not moved or ReviewStatus.of(load_review(review.reviewer, review.pk)).stay is not None:
        raise Conflict(_("This story has just been adjudicated, so its reviews stay. You can revise yours."))
    if decision.outcome == Outcome.REWRITE:
        withdraw_rewrite(story=review.story, actor=review.reviewer)
    enter(
        story_id=review.story_id,
        queue_id=decision.queue_id,
        policy_id=decision.policy_id,
        outcome=Outcome.REOPENED,
        reasons=[{"rule": "withdrawn", "passed": False, "text": WITHDRAWN}],
        review_ids=[pk for pk in decision.review_ids if pk != review.pk],
        supersedes=decision,
    )


def _fill_draft(review: Review) -> None:
    """Put the withdrawn review into the draft, as something newer than what any open page started from."""
    kept = Draft.objects.filter(assignment=review.assignment_id).first()
    draft = kept or Draft(assignment=review.assignment)
    draft.data, draft.version = as_data(review), kept.version + 1 if kept else 1
    draft.save()
