"""Handing out stories: claim, pass on, and the end of a lease."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.actions import seats
from annotations.actions.practising import check_practised
from annotations.models import Assignment, Queue
from annotations.models.assignment import AssignmentState
from annotations.queries.assignments import load_assignment
from curation.accounts.models import User
from curation.audit.actions import entry, record, recording
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.core.prepared import prepared_cursor

# One statement, so that a claim is on record as soon as it is made.
CLAIM = recording(
    """
WITH given AS MATERIALIZED (
  SELECT outcome, assignment FROM annotations_claim(%(actor)s, %(queue)s, %(ahead_of)s)
), entry AS (ENTRY)
SELECT outcome, assignment FROM given
""",
    "SELECT assignment, jsonb_build_object('queue', %(queue)s) FROM given WHERE outcome = 'claimed'",
)
LONGEST_REASON = 300
EXPIRED_AT_ONCE = 500


def claim(*, reviewer: User, queue: Queue, ahead_of: int = 0) -> Assignment | None:
    """Give this reviewer a story: the first they hold, or else the next that can be theirs; None if none is left.

    `ahead_of` is the key of the assignment they are reading: then it is the story after that one, under a lease of its
    own. They hold two at most, and get them in the order in which they claimed them.
    Nobody gets a story twice under one rubric, one they are recused from, or a seat beyond an item's number. The lease
    runs from now. Raises `NotAllowed` for somebody who is not a member or (`NotPractised`) has yet to
    practise where the queue requires it, `Conflict` for a queue that is not open.
    """
    check_practised(reviewer, queue)
    told = entry(actor_id=reviewer.pk, verb="assignment.claimed", model=Assignment)
    with prepared_cursor() as cursor:
        cursor.execute(CLAIM, {"queue": queue.pk, "ahead_of": ahead_of, **told})
        outcome, pk = cursor.fetchone()
    if outcome == "not_member":
        raise NotAllowed(_("You are not a reviewer in this queue. A curator can add you."))
    if outcome in seats.SHUT:
        raise Conflict(seats.SHUT[outcome])
    return None if outcome == "none" else load_assignment(reviewer, pk)


def pass_on(*, reviewer: User, assignment: Assignment, reason: str) -> None:
    """Give a story back, with a reason of 1 to 300 characters. It comes back to this reviewer only if they take the
    pass back (`take_pass_back`).

    Raises `Conflict` when the assignment is over already, except that passing twice is fine.
    """
    reason = reason.replace("\x00", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(_("Say in a few words why you pass (up to %(most)s characters).") % {"most": LONGEST_REASON})
    mine = Assignment.objects.filter(pk=assignment.pk, reviewer=reviewer)
    with transaction.atomic():
        passed = seats.end(mine, AssignmentState.PASSED, reason=reason)
        if not passed:
            passed = mine.filter(state=AssignmentState.EXPIRED).update(
                state=AssignmentState.PASSED, ended_at=Now(), pass_reason=reason
            )
        if passed:
            record(actor=reviewer, verb="assignment.passed", target=assignment, reason=reason)
        elif not mine.filter(state=AssignmentState.PASSED).exists():
            raise Conflict(_("Your turn at this story is over, so there is nothing to pass on."))


def expire() -> int:
    """Free the seats of claims whose lease ran out, up to 500 at a time; return how many. Drafts stay."""
    over = Assignment.objects.filter(state=AssignmentState.ACTIVE, lease_until__lt=Now())
    with transaction.atomic():
        due = list(over.values_list("pk", flat=True)[:EXPIRED_AT_ONCE])
        again = Assignment.objects.filter(pk__in=due, lease_until__lt=Now())
        return seats.end(again, AssignmentState.EXPIRED) if due else 0
