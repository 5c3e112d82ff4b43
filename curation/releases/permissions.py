"""Who may make datasets and cut releases. The reason becomes the page's answer."""

from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import NotAllowed


def check_can_cut(actor: User | None) -> None:
    """Raise `NotAllowed` unless this person may make datasets and cut releases. `None` is the system itself."""
    if actor is not None and not actor.is_curator:
        raise NotAllowed(_("Curators make releases. Ask one if you need a new version."))


def can_cut(actor: User | None) -> bool:
    """Whether this person may make datasets and cut releases."""
    try:
        check_can_cut(actor)
    except NotAllowed:
        return False
    return True
