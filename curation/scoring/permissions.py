"""Who may set judges up, have them score, and start failed scoring again."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_retry(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is a curator or an admin."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators and admins can start failed scoring again. Ask one of them."))


def check_can_run_judges(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is a curator or an admin: judges cost money, and their scores are not for all."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators and admins set judges up and have them score. Ask one of them."))


can_retry = asked(check_can_retry)
can_run_judges = asked(check_can_run_judges)
