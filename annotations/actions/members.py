"""Who may review in a queue, and who may not review a story."""

from django.db import transaction
from django.utils.translation import gettext as _

from annotations.actions import seats
from annotations.models import Assignment, Membership, Queue, Recusal
from annotations.models.assignment import AssignmentState
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.stories.models import Story


def add_member(*, actor: Actor, queue: Queue, user: User) -> Membership:
    """Let a person review in a queue. Doing it again changes nothing. Raises `InvalidInput` for a researcher."""
    check_can_run_queues(actor=actor)
    if not user.is_reviewer or not user.is_active:
        raise InvalidInput(
            _("%(name)s cannot review: only active annotators, curators and admins do.") % {"name": user.shown_name}
        )
    with transaction.atomic():
        member, created = Membership.objects.get_or_create(queue=queue, user=user)
        if created:
            record(actor=actor, verb="queue.member_added", target=queue, user=user.pk)
    return member


def remove_member(*, actor: Actor, queue: Queue, user: User) -> None:
    """Take a person out of a queue and free the seat they hold. Their reviews and drafts stay."""
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        seats.one_at_a_time(user.pk)
        removed = Membership.objects.filter(queue=queue, user=user).delete()[0]
        if removed:
            seats.end(Assignment.objects.filter(reviewer=user, item__queue=queue), AssignmentState.EXPIRED)
            record(actor=actor, verb="queue.member_removed", target=queue, user=user.pk)


def recuse(*, user: User, story: Story) -> None:
    """Keep a person from reviewing or settling a story, for good; a seat they hold at it goes to somebody else.

    Doing it again changes nothing. What they have committed stays.
    """
    with transaction.atomic():
        if Recusal.objects.filter(user=user, story=story).exists():
            return
        seats.one_at_a_time(user.pk)
        created = Recusal.objects.get_or_create(user=user, story=story)[1]
        if created:
            seats.end(Assignment.objects.filter(reviewer=user, story=story), AssignmentState.CLOSED)
            record(actor=user, verb="story.recused", target=story)
