"""Who may keep other people's accounts."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import Role
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_keep_accounts(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins keep the accounts. Ask one of them."))


can_keep_accounts = asked(check_can_keep_accounts)
