"""Who may keep providers, prices and budgets."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import Role
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_keep_providers(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins keep the providers of models and their keys. Ask one of them."))


def check_can_open_budgets(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is a curator or an admin."""
    if not (actor.is_active and actor.is_curator):
        raise NotAllowed(_("Curators decide what a run may cost. Ask one of them."))


can_keep_providers = asked(check_can_keep_providers)
can_open_budgets = asked(check_can_open_budgets)
