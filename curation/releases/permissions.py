"""Who may make datasets and create releases."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_release(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may make datasets and create releases."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators make releases. Ask one if you need a new version."))


can_release = asked(check_can_release)
