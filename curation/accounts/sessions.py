"""Sessions as Django keeps them in the database, read together with the person whose they are, in one statement.

Nothing of either is kept between requests, so that whoever is signed out or deactivated is out with the next one. What
a process remembers is only whose a session was when it was last looked up: that says which person to ask for with it,
and proves nothing.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from curation.accounts.models import User
from curation.core.prepared import Prepared

REMEMBERED = 10_000
# Each sign-in adds one session and takes up to so many away whose time is over, so that they do not pile up.
FORGOTTEN_AT_ONCE = 100


def _with_session(person: int, key: str, now: datetime) -> QuerySet[User]:
    kept = Session.objects.filter(session_key=key, expire_date__gt=now).values("session_data")
    return User.objects.filter(pk=person).annotate(session_data=Subquery(kept))


WITH_SESSION = Prepared(_with_session, person=int, key=str, now=datetime)
_whose: OrderedDict[str, int] = OrderedDict()


class SessionStore(DatabaseSessions):
    """A session, and in `person` who was read with it, if somebody was. Whether it is theirs, `person_of` says."""

    person: User | None = None

    def load(self) -> dict[str, Any]:
        """Return what the session holds, nothing if there is none."""
        likely = _whose.get(self.session_key or "")
        found = WITH_SESSION.first(person=likely, key=self.session_key, now=timezone.now()) if likely else None
        kept: str | None = getattr(found, "session_data", None)
        if kept is not None:
            self.person = found
            return dict(self.decode(kept))
        data: dict[str, Any] = super().load()
        _remember(self.session_key, data.get(auth.SESSION_KEY))
        return data

    def save(self, must_create: bool = False) -> None:
        """Keep it, and remember whose it is."""
        super().save(must_create)
        _remember(self.session_key, self.get(auth.SESSION_KEY))


def _remember(key: str | None, person: str | None) -> None:
    if key and person and person.isdigit():
        _whose[key] = int(person)
        while len(_whose) > REMEMBERED:
            _whose.popitem(last=False)


def forget_expired() -> None:
    """Remove some of the sessions whose time is over."""
    over = Session.objects.filter(expire_date__lt=timezone.now()).order_by("expire_date")
    Session.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])).delete()


def person_of(request: HttpRequest) -> User | AnonymousUser:
    """Return who is signed in: whom the session was read with, where all that Django asks holds; else Django says."""
    session = request.session
    said = session.get(auth.SESSION_KEY)
    person: User | None = getattr(session, "person", None)
    if (
        person is not None
        and said == str(person.pk)
        and person.is_active
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(auth.HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    ):
        return person
    found: User | AnonymousUser = auth.get_user(request)
    return found
