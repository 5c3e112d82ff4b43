"""What admins change about other people's accounts. The room above frees the seats that go with it."""

from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import Invitation, Role, User
from curation.accounts.permissions import check_can_keep_accounts
from curation.accounts.tokens import revoke_tokens_of
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput, NotFound


def named_person(name: str) -> User:
    """Return the person who signs in by this name, for a command that acts for them; `NotFound` unless they may."""
    try:
        user = User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        user = None
    if user is None or not user.is_active:
        raise NotFound(_("Nobody signs in as %(name)s.") % {"name": name[:150]})
    return user


def set_role(*, actor: Actor, user: User, role: str) -> None:
    """Give a person another role. The same again changes nothing.

    Raises `NotAllowed` for anybody but an admin, `InvalidInput` for an unknown role, `Conflict` for the last admin.
    """
    check_can_keep_accounts(actor=actor)
    if role not in Role.values:
        raise InvalidInput(_("Choose one of the roles."))
    with transaction.atomic():
        row = _locked(user)
        if row.role == role:
            return
        _keep_an_admin(actor, row)
        was = row.role
        row.take_role(role)
        row.save(update_fields=["role", "is_staff", "is_superuser"])
        _take_invitations_back(row)
        record(actor=actor, verb="user.role_changed", target=row, was=was, role=role)


def close_account(*, actor: Actor, user: User) -> None:
    """Close an account: it cannot sign in, and every session and token of it ends at once, for good.

    Doing it again changes nothing.
    """
    check_can_keep_accounts(actor=actor)
    with transaction.atomic():
        row = _locked(user)
        if not row.is_active:
            return
        _keep_an_admin(actor, row)
        User.objects.filter(pk=row.pk).update(is_active=False, sessions_ended=F("sessions_ended") + 1)
        _take_invitations_back(row)
        revoke_tokens_of(actor=actor, user=row)
        record(actor=actor, verb="user.closed", target=row)


def reopen_account(*, actor: Actor, user: User) -> None:
    """Let a person sign in again, with the password they had. Doing it again changes nothing.

    `Conflict` for one who was erased.
    """
    check_can_keep_accounts(actor=actor)
    if hasattr(user, "erasure"):
        raise Conflict(_("This person was erased. Invite them anew, if they come back."))
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            record(actor=actor, verb="user.reopened", target=user)


def _locked(user: User) -> User:
    # With all admins, in one order, so that of two who demote each other one stays. Their keys stay free, for reviews
    # that are being sent: one that waited for them would hold an item that is locked next.
    rows = User.objects.filter(Q(role=Role.ADMIN) | Q(pk=user.pk)).order_by("pk").select_for_update(no_key=True)
    return next(row for row in rows if row.pk == user.pk)


def _keep_an_admin(actor: Actor, user: User) -> None:
    if actor.pk == user.pk:
        raise Conflict(_("You cannot take your own rights away. Another admin can."))
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk)
    if user.role == Role.ADMIN and not others.exists():
        raise Conflict(_("This is the last admin. Make somebody else an admin first."))


def _take_invitations_back(user: User) -> None:
    left = Invitation.objects.filter(invited_by=user, used_at__isnull=True, withdrawn_at__isnull=True)
    left.update(withdrawn_at=Now())


def add_absent(*, actor: Actor, name: str, prefix: str) -> User:
    """Add somebody who wrote elsewhere, by the `name` that they have there: an account that nobody can sign in to.

    Its user name is `prefix` and a number. The room above asks whether `actor` may; call it in a transaction.
    """
    shown = " ".join(name.replace("\0", "").split())[:80]
    user = User.objects.create_user(username=f"{prefix}-{uuid4().hex[:12]}", is_active=False, display_name=shown)
    record(actor=actor, verb="user.added_absent", target=user)
    return user
