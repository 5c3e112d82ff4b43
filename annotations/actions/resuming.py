"""Going on with a story whose lease ran out."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions import seats
from annotations.models import Assignment, Membership, Queue, Recusal
from annotations.models.assignment import AssignmentState
from annotations.models.review import ReviewKind
from annotations.queries.decisions import newest_decision
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict
from curation.stories.models import Stage
from curation.stories.stages import State

KEPT = gettext_lazy("What you marked is kept in your draft.")


class SeatTaken(Conflict):
    """The lease ran out, and somebody else reads the story now."""

    code = "seat_taken"
    title = gettext_lazy("Somebody else is reading this story now")


class DecidedMeanwhile(SeatTaken):
    """The story was decided in another queue, or went into a release."""

    code = "decided_meanwhile"
    title = gettext_lazy("This story is decided already")


class BlockedMeanwhile(SeatTaken):
    """A check found something in the story, and it left review."""

    code = "blocked_meanwhile"
    title = gettext_lazy("This story is out of review for now")


def resume(*, reviewer: User, assignment: Assignment) -> None:
    """Let a reviewer go on with a story of theirs, under a new lease if the old one ran out and the seat is free.

    Raises `SeatTaken` or `Conflict` with what to do otherwise; the draft is kept in every case.
    """
    if assignment.reviewer_id != reviewer.pk:
        raise Conflict(_("This story is assigned to somebody else. Go on to your own next story."))
    lease = timedelta(minutes=assignment.item.queue.lease_minutes)
    mine = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.ACTIVE)
    with transaction.atomic():
        seats.one_at_a_time(reviewer.pk)
        # An update that finds an assignment ended meanwhile keeps its row locked all the same.
        seats.lock_items([assignment.item_id])
        if mine.update(lease_until=Now() + lease):
            return
        take_seat_again(assignment, or_extra=False)
        mine.update(lease_until=Now() + lease)
        record(actor=reviewer, verb="assignment.resumed", target=assignment, queue=assignment.item.queue_id)


def take_pass_back(*, reviewer: User, assignment: Assignment) -> None:
    """Let a reviewer read a story that they passed on after all, if it still has a seat; the reason goes.

    Nobody holds three: of the stories they hold in the queue beside the oldest, those with nothing marked wait again.
    Raises `Conflict` with what to do when the seat is taken, the queue is not open or it was not passed on. Once
    taken back, doing it again changes nothing.
    """
    if assignment.reviewer_id != reviewer.pk:
        raise Conflict(_("This story is assigned to somebody else. Go on to your own next story."))
    queue = assignment.item.queue_id
    lease = timedelta(minutes=assignment.item.queue.lease_minutes)
    mine = Assignment.objects.filter(pk=assignment.pk, reviewer=reviewer)
    with transaction.atomic():
        seats.one_at_a_time(reviewer.pk)
        if mine.filter(state=AssignmentState.ACTIVE).exists():
            return
        if shut := seats.SHUT.get(Queue.objects.values_list("state", flat=True).get(pk=queue)):
            raise Conflict(shut)
        held = Assignment.objects.filter(reviewer=reviewer, item__queue=queue, state=AssignmentState.ACTIVE)
        ahead = dict(held.order_by("claimed_at", "id").values_list("pk", "item_id")[1:])
        seats.lock_items([assignment.item_id, *ahead.values()])
        seats.end(held.filter(pk__in=ahead.keys(), draft__isnull=True), AssignmentState.EXPIRED)
        take_seat_again(assignment, or_extra=False, after=AssignmentState.PASSED)
        mine.update(lease_until=Now() + lease, pass_reason="")  # no password  # nosec
        record(actor=reviewer, verb="assignment.pass_taken_back", target=assignment, queue=queue)


def take_seat_again(
    assignment: Assignment, *, or_extra: bool, after: AssignmentState = AssignmentState.EXPIRED
) -> ReviewKind:
    """Make what ended as `after` active again if its item has a seat, and say what kind of review it then is.

    Runs inside the caller's transaction. Raises `Conflict` with what to do otherwise, `SeatTaken` when nothing but the
    seat is missing; with `or_extra` that is an extra review instead.
    """
    (item,) = seats.lock_items([assignment.item_id])
    locked = Assignment.objects.get(pk=assignment.pk)
    if locked.state == AssignmentState.SUBMITTED:
        raise Conflict(_("You have submitted a review of this story already. Go on to the next one."))
    if locked.state != after:
        raise Conflict(
            _("Your turn at this story is over, and it needs no more reviews from you. %(kept)s") % {"kept": KEPT}
        )
    if not Membership.objects.filter(queue=item.queue_id, user=assignment.reviewer_id).exists():
        raise Conflict(
            _("Your time with this story ran out, and you are no longer in its queue. %(kept)s") % {"kept": KEPT}
        )
    if Recusal.objects.filter(story=assignment.story_id, user=assignment.reviewer_id).exists():
        raise Conflict(
            _("Your time with this story ran out, and you can no longer review it blind. %(kept)s") % {"kept": KEPT}
        )
    if not item.seats_left and or_extra:
        return ReviewKind.EXTRA
    if not item.seats_left and Stage.objects.filter(story=assignment.story_id, state=State.BLOCKED).exists():
        raise BlockedMeanwhile(
            _(
                "A check found something in this story while you were reading it. %(kept)s If a curator lets it "
                "through, you can go on with it. You can also keep what you marked as an extra review: it is stored "
                "with the story, and does not count in the decision."
            )
            % {"kept": KEPT}
        )
    if not item.seats_left and newest_decision(assignment.story_id):
        raise DecidedMeanwhile(
            _(
                "Other reviews have decided this story while you were reading it. %(kept)s You can keep what you "
                "marked as an extra review: it is stored with the story, and does not count in the decision."
            )
            % {"kept": KEPT}
        )
    if not item.seats_left:
        if after == AssignmentState.PASSED:
            raise Conflict(_("Another reader has this story by now, so it stays passed. Go on to your next one."))
        raise SeatTaken(
            _(
                "Your time with this story ran out and its place was given on. %(kept)s You can keep what you marked "
                "as an extra review: it is stored with the story, and does not count in the decision."
            )
            % {"kept": KEPT}
        )
    held = set(item.assignments.filter(state__in=["active", "submitted"]).values_list("seat", flat=True))
    locked.state, locked.ended_at = AssignmentState.ACTIVE, None
    locked.seat = min(set(range(1, item.seats + 1)) - held)
    locked.save(update_fields=["state", "ended_at", "seat"])
    seats.recount([item])
    return ReviewKind.COMMIT
