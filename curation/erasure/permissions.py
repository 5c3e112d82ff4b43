"""Who may destroy what cannot be brought back."""

from django.conf import settings
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.accounts.models import Role
from curation.core.errors import InvalidInput, NotAllowed
from curation.core.permissions import asked
from curation.erasure.models import Purge


def check_can_purge(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins purge stories. Ask one of them."))


def check_can_decide_purge(*, actor: Actor, purge: Purge) -> None:
    """Raise `NotAllowed` unless this is a second admin: a person, and not who asked."""
    check_can_purge(actor=actor)
    if isinstance(actor, System):
        raise NotAllowed(_("A person has to approve this, on its page."))
    if actor.pk == purge.asked_by_id:
        raise NotAllowed(_("You asked for it: another admin has to look at it."))


def check_can_erase(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin."""
    if not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins erase people. Ask one of them."))


def needs_second_person(*, actor: Actor) -> bool:
    """Return whether a purge has to be approved by somebody else; `InvalidInput` where no first person is known."""
    if not settings.SECOND_PERSON_FOR_PURGES:
        return False
    if isinstance(actor, System):
        text = _("A second person has to approve this, so it has to be known who asks: name them with --as.")
        raise InvalidInput(text)
    return True


can_purge = asked(check_can_purge)
can_decide_purge = asked(check_can_decide_purge)
can_erase = asked(check_can_erase)
