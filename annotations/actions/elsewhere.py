"""Reviews that were written elsewhere, as on an Argilla server, and come in for a given person and story.

They come in through what the pages call, with their origin. A person counts once, wherever they review: an
assignment of theirs at the story, here or elsewhere, is the only one.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions import seats, store
from annotations.actions.deciding import pull_for_safety
from annotations.actions.practising import check_practised
from annotations.actions.revising import revise
from annotations.actions.submitting import check_quotes, submit
from annotations.actions.withdrawing import withdraw
from annotations.models import Assignment, Item, Membership, Recusal, Review
from annotations.models.assignment import AssignmentState
from annotations.models.queue import QueueState
from annotations.models.review import Origin, ReviewKind
from annotations.permissions import can_withdraw
from annotations.queries.assignments import load_assignment
from annotations.queries.history import in_full, load_review, says
from annotations.schema import Submission, complete, raised_safety
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict
from curation.standards.spec import spec_for_reader, spec_of
from curation.stories.models import Stage
from curation.stories.stages import State

# Why a review does not come in, by the state of the assignment that is in its way.
IN_THE_WAY = {
    AssignmentState.ACTIVE: gettext_lazy("They are reading this story here. It comes in once that has ended."),
    AssignmentState.SUBMITTED: gettext_lazy("They have reviewed this story here, and a person counts once."),
    AssignmentState.PASSED: gettext_lazy("They passed on this story here. If they take that back, it comes in."),
    AssignmentState.CLOSED: gettext_lazy("Their turn at this story is over, and a person has one."),
    AssignmentState.EXPIRED: gettext_lazy("They hold this story in another queue."),
}


# Why a review does not come in, by the state of its queue.
SHUT = {
    QueueState.PAUSED: gettext_lazy("The queue is paused. It comes in once the queue goes on."),
    QueueState.CLOSED: gettext_lazy("The queue is closed. It comes in if the queue is opened again."),
}


class QueueShut(Conflict):
    """A review from elsewhere is for a queue that takes none now."""

    code = "queue_shut"
    title = gettext_lazy("This queue takes no reviews now")


class HasTheStory(Conflict):
    """A review from elsewhere is of a story that its writer has, or had, here."""

    code = "has_the_story"
    title = gettext_lazy("A person counts once")


def review_from_elsewhere(
    *, reviewer: User, item: Item, submission: Submission, origin: Origin, blind: bool, idempotency_key: UUID
) -> Review:
    """Keep a review of an item's story that its writer gave elsewhere, and decide the story if it waited for this one.

    It takes a seat, whoever would have been next. Where none is left, or the writer has learned of the story what a
    blind review must not rest on, it is kept as an extra review; so is one that is not `blind`, which was written in
    sight of a score: its writer is recused from the story before. The same key with the same review again returns it.
    Raises `QueueShut` while the queue is paused or closed, `HasTheStory` where the writer has an assignment at the
    story already, `NotPractised` or `Conflict` where they may not review in the queue, `IncompleteReview` or
    `InvalidInput` for the review.
    """
    with transaction.atomic():
        # In the order of every claim: the person, then the items.
        seats.one_at_a_time(reviewer.pk)
        seats.lock_story(item.story_id)
        item = Item.objects.select_related("queue", "story").get(pk=item.pk)
        found = in_full(Review.objects.filter(idempotency_key=idempotency_key, assignment__item=item)).first()
        if found is None:
            if Stage.objects.filter(story=item.story_id, state=State.PURGED).exists():
                raise Conflict(_("This story was purged: nothing more is said of it."))
            if shut := SHUT.get(QueueState(item.queue.state)):
                raise QueueShut(shut)
            _check_may_review(reviewer, item)
            assignment = _assignment(reviewer, item, origin=origin, blind=blind)
            if assignment.state == AssignmentState.ACTIVE:
                return submit(
                    reviewer=reviewer,
                    assignment=assignment,
                    submission=submission,
                    idempotency_key=idempotency_key,
                    origin=origin,
                )
            return _extra(assignment, submission, origin=origin, blind=blind, key=idempotency_key)
    spec, tagged = spec_for_reader(item.queue.rubric), load_assignment(reviewer, found.assignment_id)
    if not says(found, complete(submission, spec, getattr(tagged, "tagged_themes", ()))):
        raise Conflict(_("Another review came in under this key already."))
    return found


def change_from_elsewhere(
    *, reviewer: User, review: Review, submission: Submission, reason: str, blind: bool, idempotency_key: UUID
) -> Review:
    """Keep what the writer of a review from elsewhere says now, as a record of its own, and return it.

    While the review could be taken back here, it is, and written again, as is one that was taken back before; after
    that it is revised. One that is not `blind`, whose writer is recused from the story before, never takes the place of
    a review that stands: it revises it, or is an extra one where that was taken back. Raises what `withdraw`, `submit`
    and `revise` raise.
    """
    with transaction.atomic():
        seats.one_at_a_time(reviewer.pk)
        review = load_review(reviewer, review.pk)
        if not hasattr(review, "withdrawal"):
            if not blind or not can_withdraw(actor=reviewer, review=review):
                return revise(
                    reviewer=reviewer,
                    review=review,
                    submission=submission,
                    reason=reason,
                    idempotency_key=idempotency_key,
                )
            withdraw(reviewer=reviewer, review=review, reason=reason)
        origin = Origin(review.origin)
        assignment = load_assignment(reviewer, review.assignment_id)
        if blind and not _is_recused(reviewer, assignment.item):
            return submit(
                reviewer=reviewer,
                assignment=assignment,
                submission=submission,
                idempotency_key=idempotency_key,
                or_extra=True,
                origin=origin,
            )
        seats.end(Assignment.objects.filter(pk=assignment.pk), AssignmentState.EXPIRED)
        return _extra(assignment, submission, origin=origin, blind=blind, key=idempotency_key)


def _check_may_review(reviewer: User, item: Item) -> None:
    if not reviewer.is_active or not reviewer.is_reviewer:
        raise Conflict(_("%(name)s does not review: their account is closed or has another role.") % _named(reviewer))
    if not Membership.objects.filter(queue=item.queue_id, user=reviewer).exists():
        raise Conflict(_("%(name)s is not in the queue. A curator can add them.") % _named(reviewer))
    check_practised(reviewer, item.queue)


def _assignment(reviewer: User, item: Item, *, origin: Origin, blind: bool) -> Assignment:
    """Return the writer's assignment at a locked item: active with a seat, or over, for an extra review."""
    assignment = Assignment.objects.filter(
        story=item.story_id, reviewer=reviewer, rubric=item.queue.rubric_id, is_repeat=False
    ).first()
    blind = blind and not _is_recused(reviewer, item)
    here = assignment is not None and assignment.item_id == item.pk
    if assignment is not None and not (here and _is_free(assignment, blind=blind)):
        raise HasTheStory(IN_THE_WAY[AssignmentState(assignment.state)])
    if assignment is not None and assignment.state == AssignmentState.ACTIVE:
        if blind:
            return load_assignment(reviewer, assignment.pk)
        seats.end(Assignment.objects.filter(pk=assignment.pk), AssignmentState.EXPIRED)
    seated = blind and item.seats_left > 0
    held = set(item.assignments.filter(state__in=["active", "submitted"]).values_list("seat", flat=True))
    fields = {
        "seat": min(set(range(1, item.seats + 1)) - held) if seated else 1,
        "state": AssignmentState.ACTIVE if seated else AssignmentState.EXPIRED,
        "ended_at": None if seated else Now(),
        "lease_until": Now() + timedelta(minutes=item.queue.lease_minutes),
    }
    if assignment is None:
        assignment = Assignment.objects.create(
            item=item, story_id=item.story_id, reviewer=reviewer, rubric_id=item.queue.rubric_id, **fields
        )
    elif seated:
        Assignment.objects.filter(pk=assignment.pk).update(**fields)
    if seated:
        seats.recount([item])
        record(actor=reviewer, verb="assignment.claimed", target=assignment, queue=item.queue_id, origin=origin.value)
    return load_assignment(reviewer, assignment.pk)


def _is_free(assignment: Assignment, *, blind: bool) -> bool:
    """Whether nothing has been marked here in an assignment that may still become a review.

    One that ended when its holder was recused may become an extra one.
    """
    if assignment.state == AssignmentState.EXPIRED:
        return True
    if assignment.state == AssignmentState.CLOSED and (blind or assignment.reviews.exists()):
        return False
    return assignment.state in (AssignmentState.ACTIVE, AssignmentState.CLOSED) and not hasattr(assignment, "draft")


def _is_recused(reviewer: User, item: Item) -> bool:
    return Recusal.objects.filter(story=item.story_id, user=reviewer).exists()


def _extra(assignment: Assignment, submission: Submission, *, origin: Origin, blind: bool, key: UUID) -> Review:
    spec, tagged = spec_of(assignment.rubric), frozenset(getattr(assignment, "tagged_themes", ()))
    submission = complete(submission, spec_for_reader(assignment.rubric), tagged)
    check_quotes(submission, assignment.story.text)
    review = store.write(assignment, submission, spec, key, ReviewKind.EXTRA, origin=origin, blind=blind)
    if review is None:
        raise HasTheStory(IN_THE_WAY[AssignmentState.CLOSED])
    if danger := raised_safety(submission, spec):
        pull_for_safety(assignment, spec, tagged, danger)
    return review


def _named(person: User) -> dict[str, str]:
    return {"name": person.shown_name}
