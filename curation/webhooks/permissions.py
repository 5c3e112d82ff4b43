"""Who may say where messages go."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import Role
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_keep_webhooks(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins keep the webhooks and their secrets. Ask one of them."))


can_keep_webhooks = asked(check_can_keep_webhooks)
