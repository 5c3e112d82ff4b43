"""Accounts and the seats that go with them: joining by invitation, another role, leaving."""

from django.db import transaction

from annotations.actions import seats
from annotations.actions.members import add_member
from annotations.models import Assignment, Membership, Queue
from annotations.models.assignment import AssignmentState
from curation.accounts import invitations, people
from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.models import User
from curation.audit.actions import record


def join(*, secret: str, username: str, display_name: str, password: str) -> User:
    """Make an invited person's account and let them into the queues of the invitation; see `invitations.accept`."""
    with transaction.atomic():
        user, invitation = invitations.accept(
            secret=secret, username=username, display_name=display_name, password=password
        )
        if user.is_reviewer:
            for queue in Queue.objects.filter(pk__in=invitation.queues).order_by("pk"):
                add_member(actor=SYSTEM, queue=queue, user=user)
    return user


def change_role(*, actor: Actor, user: User, role: str) -> None:
    """Give a person another role; who no longer reviews leaves every queue. See `accounts.people.set_role`."""
    with transaction.atomic():
        seats.one_at_a_time(user.pk)
        people.set_role(actor=actor, user=user, role=role)
        user.refresh_from_db()
        if not user.is_reviewer:
            _free(actor, user)
            Membership.objects.filter(user=user).delete()


def close(*, actor: Actor, user: User) -> int:
    """Close an account and free the seats that it holds; return how many. Reviews, drafts and queues stay theirs."""
    with transaction.atomic():
        seats.one_at_a_time(user.pk)
        people.close_account(actor=actor, user=user)
        return _free(actor, user)


def _free(actor: Actor, user: User) -> int:
    freed = seats.end(Assignment.objects.filter(reviewer=user), AssignmentState.EXPIRED)
    if freed:
        record(actor=actor, verb="user.seats_freed", target=user, count=freed)
    return freed
