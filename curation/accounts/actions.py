"""What people change about themselves."""

from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from curation.accounts.models import BrowserSession, User
from curation.accounts.preferences import Preferences, parse_preferences, read_preferences
from curation.audit.actions import record
from curation.core.errors import NotFound


@transaction.atomic
def save_preferences(*, user: User, changes: Mapping[str, Any], reset_keys: bool = False) -> Preferences:
    """Lay `changes` (see `parse_preferences`) over what this person has set, and keep it.

    `reset_keys` brings the default keys back first. Raises InvalidInput and changes nothing when a value does not fit.
    """
    row = User.objects.select_for_update().only("preferences").get(pk=user.pk)
    before = read_preferences(row.preferences)
    base = Preferences(**{**before.__dict__, "keys": Preferences().keys}) if reset_keys else before
    after = parse_preferences(changes, base)
    if after != before:
        User.objects.filter(pk=user.pk).update(preferences=after.to_store())
        changed = sorted(name for name, value in vars(after).items() if value != getattr(before, name))
        record(actor=user, verb="user.preferences_saved", target=user, changed=changed)
    user.preferences = after.to_store()
    user.__dict__.pop("settings", None)
    return after


@transaction.atomic
def end_other_sessions(*, user: User) -> None:
    """End every session of this person. The caller's goes on if it is given `user`'s new proof, which is read here."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])
    record(actor=user, verb="user.sessions_ended", target=user)


@transaction.atomic
def end_session(*, user: User, pk: int) -> str:
    """Sign this person out of one browser, which is out with its next request; return what the browser is called.

    Raises `NotFound` where it is none of theirs, or over already.
    """
    found = BrowserSession.objects.filter(pk=pk, user=user).select_for_update().first()
    if found is None:
        raise NotFound(_("You are not signed in there."))
    Session.objects.filter(pk=found.session_id).delete()
    record(actor=user, verb="user.session_ended", target=user, browser=found.browser)
    return found.browser
