"""Committing a review."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions import seats, store
from annotations.actions.deciding import decide_on, pull_for_safety
from annotations.actions.resuming import KEPT, take_seat_again
from annotations.counting import Use, counts
from annotations.models import Assignment, Review
from annotations.models.review import Origin
from annotations.queries.assignments import themes_of
from annotations.queries.history import in_full, says
from annotations.schema import Submission, complete, raised_safety
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput
from curation.core.spans import verify
from curation.standards.spec import spec_for_reader, spec_of

NOT_KEPT = gettext_lazy("Your review of this story is in already, as you sent it first. This one was not kept.")
TAKEN_BACK = gettext_lazy("You took this review back after you had sent it. Submit it again if it is to count.")


def submit(
    *,
    reviewer: User,
    assignment: Assignment,
    submission: Submission,
    idempotency_key: UUID,
    or_extra: bool = False,
    origin: Origin = Origin.HERE,
) -> Review:
    """Store a review, end the assignment, and decide the story if this was the last review it waited for.

    A safety flag takes the story out of every queue and puts it before a curator, whatever kind of item it was read in.

    The same key with the same review again returns it; with another one, nothing is kept. A lease that ran out does not
    matter while the seat is free; when it is taken, `or_extra` keeps an extra review instead, which decides nothing.
    Raises `IncompleteReview` or `InvalidInput` for the review, `SeatTaken` or `Conflict` when it is over; the
    draft is kept in every case.
    """
    if assignment.reviewer_id != reviewer.pk:
        raise Conflict(_("This story is assigned to somebody else. Go on to your own next story."))
    spec, tagged = spec_of(assignment.rubric), themes_of(assignment)
    submission = complete(submission, spec_for_reader(assignment.rubric), tagged)
    check_quotes(submission, assignment.story.text)
    try:
        with transaction.atomic():
            danger = raised_safety(submission, spec)
            if danger:
                # Before its own item is locked: two who raise one in two queues would wait for each other.
                seats.lock_story(assignment.story_id)
            review = store.write(assignment, submission, spec, idempotency_key, origin=origin)
            if review is None:
                if earlier := _same_again(assignment, idempotency_key, submission):
                    return earlier
                kind = take_seat_again(assignment, or_extra=or_extra)
                review = store.write(assignment, submission, spec, idempotency_key, kind, origin=origin)
            if review is None:
                raise Conflict(
                    _("Your turn at this story has just ended. %(kept)s Go on to the next one.") % {"kept": KEPT}
                )
            if danger:
                pull_for_safety(assignment, spec, tagged, danger)
            elif counts(
                review_kind=review.kind,
                withdrawn=False,
                blind=review.blind,
                item_kind=assignment.item.kind,
                use=Use.DECISION,
            ):
                decide_on(assignment, spec, tagged)
    except IntegrityError as error:
        if "idempotency_key" not in str(error):
            raise
        if earlier := _same_again(assignment, idempotency_key, submission):
            return earlier
        raise Conflict(_("This submission was used for another story. Reload the page and submit again.")) from error
    return review


def check_quotes(submission: Submission, text: str) -> None:
    """Raise `InvalidInput` unless every quote is exactly what the story holds at its offsets."""
    for span in submission.spans:
        if not verify(text, span.start, span.end, span.quote):
            where = span.criterion or span.flag
            raise InvalidInput(
                _("A passage for %(name)s does not match the story. Mark it again, or copy it exactly as it stands.")
                % {"name": where}
            )


def _same_again(assignment: Assignment, key: UUID, submission: Submission) -> Review | None:
    """Return the review that this key brought, also one that was taken back; `Conflict` if it says something else."""
    earlier = in_full(Review.objects.filter(idempotency_key=key, assignment=assignment)).first()
    if earlier is not None and not says(earlier, submission):
        raise Conflict(TAKEN_BACK if hasattr(earlier, "withdrawal") else NOT_KEPT)
    return earlier
