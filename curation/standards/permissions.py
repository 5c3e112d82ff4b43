"""Who may change the standards."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_edit_standards(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is a curator or an admin."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators and admins can change the standards. Ask one of them."))


can_edit_standards = asked(check_can_edit_standards)
