"""A second record beside a review that stays: what its reviewer says now, and why."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions import seats
from annotations.actions.deciding import ASKED, ask_again, pull_for_safety
from annotations.actions.store import span_row
from annotations.actions.submitting import check_quotes
from annotations.models import Rating, Review, ReviewFlag, Span
from annotations.models.review import ReviewKind
from annotations.permissions import check_can_revise
from annotations.queries.assignments import themes_of
from annotations.queries.decisions import is_held, newest_decision
from annotations.queries.history import in_full, load_review, says
from annotations.schema import Submission, complete, raised_safety
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.standards.spec import RubricSpec, spec_for_reader, spec_of
from curation.stories.models import Stage
from curation.stories.stages import State

LONGEST_REASON = 1000
NOT_KEPT = gettext_lazy("A revision from this page is kept already. Reload the page to write another one.")
NO_REASON = gettext_lazy("Say in a sentence why you see it differently now.")


class ReasonMissing(InvalidInput):
    """A revision says why it was written."""

    code = "reason_missing"
    title = gettext_lazy("Not quite finished")


def revise(
    *,
    reviewer: User,
    review: Review,
    submission: Submission,
    reason: str,
    ask_curator: bool = False,
    idempotency_key: UUID,
) -> Review:
    """Keep what a reviewer says now beside the commit that they revise; the commit alone counts.

    With `ask_curator`, or when a safety flag is new in it, a curator is asked to look at the story again: a decision by
    the policy goes to adjudication, and one that is still to come will. One that a curator made, or that is in use,
    stays, and the request is listed with it. The same key with the same words again returns the same revision. Raises
    `NotFound` for somebody else's review, `Conflict` with the reason when it cannot be revised, `ReasonMissing` or
    `InvalidInput` for what was sent.
    """
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise ReasonMissing(NO_REASON)
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(_("Say why in up to %(most)s characters.") % {"most": LONGEST_REASON})
    spec, tagged = spec_of(review.rubric), themes_of(review.assignment)
    submission = complete(submission, spec_for_reader(review.rubric), tagged)
    check_quotes(submission, review.story.text)
    try:
        with transaction.atomic():
            # Whoever takes the review back, decides the story or takes it out of its queues takes the same locks.
            seats.one_at_a_time(reviewer.pk)
            seats.lock_story(review.story_id)
            review = load_review(reviewer, review.pk)
            if earlier := in_full(Review.objects.filter(idempotency_key=idempotency_key, revises=review)).first():
                if earlier.reason != reason or not says(earlier, submission):
                    raise Conflict(NOT_KEPT)
                return earlier
            check_can_revise(actor=reviewer, review=review)
            if Stage.objects.filter(story=review.story_id, state=State.PURGED).exists():
                raise Conflict(_("This story was purged: nothing more is said of it."))
            danger = _new_danger(review, submission, spec)
            asks = ask_curator or bool(danger)
            revision = _write(review, submission, spec, reason=reason, asks=asks, key=idempotency_key)
            record(actor=reviewer, verb="review.revised", target=revision, story=review.story_id, asks_curator=asks)
            if asks:
                _ask(review, spec, danger)
    except IntegrityError as error:
        if "idempotency_key" not in str(error):
            raise
        raise Conflict(_("This submission was used for another story. Reload the page and submit again.")) from error
    return revision


def _new_danger(review: Review, submission: Submission, spec: RubricSpec) -> list[str]:
    """Return the names of the safety flags that the review it revises did not raise."""
    before = {raised.flag.name for raised in review.flags.all()}
    return [name for name in raised_safety(submission, spec) if name not in before]


def _write(review: Review, submission: Submission, spec: RubricSpec, *, reason: str, asks: bool, key: UUID) -> Review:
    criteria = {criterion.key: criterion.id for criterion in spec.criteria}
    flags = {flag.key: flag.id for flag in spec.flags}
    revision = Review.objects.create(
        assignment=review.assignment,
        story=review.story,
        reviewer=review.reviewer,
        rubric=review.rubric,
        kind=ReviewKind.REVISION,
        revises=review,
        reason=reason,
        asks_curator=asks,
        out_of_scope=submission.out_of_scope,
        themes=list(submission.themes),
        comment=submission.comment,
        active_seconds=submission.active_seconds,
        origin=review.origin,
        blind=review.blind,
        idempotency_key=key,
    )
    values = (submission.ratings or {}).items()
    Rating.objects.bulk_create(Rating(review=revision, criterion_id=criteria[k], value=value) for k, value in values)
    ReviewFlag.objects.bulk_create(ReviewFlag(review=revision, flag_id=flags[flag]) for flag in submission.flags)
    rows = [span_row(review.story.text, span, criteria, flags) for span in submission.spans]
    Span.objects.bulk_create(
        Span(review=revision, criterion_id=row.pop("criterion"), flag_id=row.pop("flag"), **row) for row in rows
    )
    return revision


def _ask(review: Review, spec: RubricSpec, danger: Sequence[str]) -> None:
    """Put the story before a curator, if its decision is the policy's and nothing uses it yet."""
    if danger:
        pull_for_safety(review.assignment, spec, themes_of(review.assignment), danger)
        return
    # Locked, so that whoever adjudicated, finalized or began to rewrite the story first has left a trace.
    Stage.objects.select_for_update().get(story=review.story_id)
    decision = newest_decision(review.story_id)
    if decision is not None and review.pk in decision.review_ids and not is_held(decision):
        ask_again(decision, ASKED, actor=review.reviewer)
