"""Who may keep other people's accounts, make and end tokens, and open the back office."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.accounts.models import Role, Token, User
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_keep_accounts(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins keep the accounts. Ask one of them."))


def check_can_open_back_office(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless Django's admin lets this person in, which are the admins."""
    if not isinstance(actor, System) and not actor.is_staff:
        raise NotAllowed(_("The back office is for admins. Ask one of them for what you need from it."))


def check_can_make_token(*, actor: Actor, user: User) -> None:
    """Raise `NotAllowed` unless `actor` may make a token that acts as `user`: that person alone."""
    if not isinstance(actor, System) and actor.pk != user.pk:
        raise NotAllowed(_("A token acts as its person, so only they can make one."))


def check_can_revoke_token(*, actor: Actor, token: Token) -> None:
    """Raise `NotAllowed` unless the token is the actor's own, or they are an admin."""
    if not isinstance(actor, System) and not Token.objects.revocable_by(actor).filter(pk=token.pk).exists():
        raise NotAllowed(_("Only their person, or an admin, revokes a token."))


can_keep_accounts = asked(check_can_keep_accounts)
can_open_back_office = asked(check_can_open_back_office)
can_make_token = asked(check_can_make_token)
can_revoke_token = asked(check_can_revoke_token)
