"""Who may say which Argilla servers are spoken to."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import Role
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_keep_servers(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin, who may have this server speak to other hosts."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins say which Argilla servers are spoken to, and keep their keys. Ask one of them."))


can_keep_servers = asked(check_can_keep_servers)
