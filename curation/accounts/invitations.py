"""Invitations: a link, handed on by whatever way, by which one person makes their own account."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import NAME_TAKEN, Invitation, Role, User
from curation.accounts.permissions import check_can_keep_accounts
from curation.audit.actions import record
from curation.core.errors import InvalidInput, NotFound

LONGEST_DAYS = 30


def invite(
    *, actor: Actor, role: str, days: int = 7, note: str = "", queues: Sequence[int] = ()
) -> tuple[Invitation, str]:
    """Make an invitation for one person; return it and its secret, which is kept nowhere and cannot be shown again.

    It lasts `days` (1 to `LONGEST_DAYS`). Raises `NotAllowed` for anybody but an admin, `InvalidInput` for an unknown
    role or length.
    """
    check_can_keep_accounts(actor=actor)
    if role not in Role.values:
        raise InvalidInput(_("Choose one of the roles."))
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(_("An invitation lasts 1 to %(most)s days.") % {"most": LONGEST_DAYS})
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            secret_hash=hash_of(secret),
            role=role,
            note=note.strip()[:120],
            queues=list(queues),
            invited_by_id=actor.pk,
            expires_at=timezone.now() + timedelta(days=days),
        )
        record(actor=actor, verb="person.invited", target=invitation, role=role, days=days, note=invitation.note)
    return invitation, secret


def hash_of(secret: str) -> str:
    """Return what is kept of a secret. It is random and long, so a fast hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_invitations() -> QuerySet[Invitation]:
    """Return the invitations that can still be used, the longest first."""
    left = Invitation.objects.filter(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=Now())
    return left.select_related("invited_by").order_by("-expires_at", "pk")


def load_invitation(secret: str) -> Invitation:
    """Return the open invitation of this secret; `NotFound` if there is none, it was used, or its time is over."""
    found = open_invitations().filter(secret_hash=hash_of(secret)).first()
    if found is None:
        raise NotFound(_("This invitation was used, was taken back, or is too old. Ask whoever sent it for a new one."))
    return found


def accept(*, secret: str, username: str, display_name: str, password: str) -> tuple[User, Invitation]:
    """Make the account of an invited person, and use the invitation up.

    Raises `NotFound` as `load_invitation` does, `InvalidInput` for a name that is taken and for a weak password.
    """
    with transaction.atomic():
        load_invitation(secret)
        invitation = Invitation.objects.select_for_update().get(secret_hash=hash_of(secret))
        if invitation.used_at or invitation.withdrawn_at:
            load_invitation(secret)
        user = User(username=User.normalize_username(username.strip()), display_name=display_name.strip()[:80])
        user.take_role(invitation.role)
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean(exclude=["password"])
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages)) from error
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError as error:
            raise InvalidInput(NAME_TAKEN) from error
        invitation.used_at, invitation.used_by = timezone.now(), user
        invitation.save(update_fields=["used_at", "used_by"])
        record(actor=user, verb="invitation.accepted", target=user, role=user.role, invitation=invitation.pk)
    return user, invitation


def withdraw_invitation(*, actor: Actor, invitation: Invitation) -> None:
    """Take an open invitation back. Doing it again, or to a used one, changes nothing."""
    check_can_keep_accounts(actor=actor)
    with transaction.atomic():
        left = Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True, withdrawn_at__isnull=True)
        if left.update(withdrawn_at=Now()):
            record(actor=actor, verb="invitation.withdrawn", target=invitation, note=invitation.note)
