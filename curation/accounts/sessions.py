"""Sessions as Django keeps them in the database, read together with the person whose they are, in one statement.

Nothing of either is kept between requests, so that whoever is signed out or deactivated is out with the next one. What
a process remembers is only whose a session was when it was last looked up: that says which person to ask for with it,
and proves nothing.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
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

from curation.accounts.browsers import browser_of
from curation.accounts.models import BrowserSession, User
from curation.core.prepared import Prepared

REMEMBERED = 10_000
# Each sign-in adds one session and takes up to so many away whose time is over, so that they do not pile up.
FORGOTTEN_AT_ONCE = 100
# When it was begun stands in the session too, where it outlives a new key.
BEGAN = "began"
# That a browser was used is noted so exactly, so that most requests write nothing.
NOTED_EVERY = timedelta(hours=1)


def _with_session(person: int, key: str, now: datetime) -> QuerySet[User]:
    kept = Session.objects.filter(session_key=key, expire_date__gt=now).values("session_data")
    noted = BrowserSession.objects.filter(session=key, user=person).values("seen_at")
    return User.objects.filter(pk=person).annotate(session_data=Subquery(kept), seen_at=Subquery(noted))


WITH_SESSION = Prepared(_with_session, person=int, key=str, now=datetime)
_whose: OrderedDict[str, int] = OrderedDict()


class SessionStore(DatabaseSessions):
    """A session, and in `person` who was read with it, if somebody was. Whether it is theirs, `person_of` says.

    It ends when it has lasted as long as `SESSION_DAYS` says, however often it was used. `agent` is how the browser
    that asks names itself.
    """

    person: User | None = None
    agent: str = ""

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
        """Keep it, note in which browser its person is signed in, and remember whose it is."""
        # A session that is made has a key before it holds anything.
        person = None if must_create else self.get(auth.SESSION_KEY)
        if person:
            self.setdefault(BEGAN, timezone.now().isoformat())
        super().save(must_create)
        if person:
            self._note_browser(int(person))
        _remember(self.session_key, person)

    def _note_browser(self, person: int) -> None:
        row = BrowserSession(
            session_id=self.session_key or "",
            user_id=person,
            browser=browser_of(self.agent),
            began_at=self._began(),
            seen_at=timezone.now(),
        )
        BrowserSession.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["session"], update_fields=["user", "browser", "seen_at"]
        )

    def get_expiry_age(self, **asked: Any) -> int:
        """Return for how many seconds it goes on: until its time is over since it was begun."""
        age: int = super().get_expiry_age(**asked)
        if BEGAN not in self:
            return age
        over = self._began() + timedelta(seconds=self.get_session_cookie_age())
        return max(0, min(age, int((over - timezone.now()).total_seconds())))

    def get_expiry_date(self, **_asked: Any) -> datetime:
        """Return when it ends."""
        return timezone.now() + timedelta(seconds=self.get_expiry_age())

    def _began(self) -> datetime:
        return datetime.fromisoformat(self[BEGAN])


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
        _note_use(request, person)
        return person
    found: User | AnonymousUser = auth.get_user(request)
    return found


def _note_use(request: HttpRequest, person: User) -> None:
    """Note that a browser was used, at most once an hour; one that is not known yet is from now on."""
    seen: datetime | None = getattr(person, "seen_at", None)
    due = timezone.now() - NOTED_EVERY
    if seen is None:
        # Kept at the end of the request, and noted with that.
        request.session.modified = True
    elif seen < due:
        BrowserSession.objects.filter(session=request.session.session_key).update(seen_at=timezone.now())


def browsers_of(user: User) -> QuerySet[BrowserSession]:
    """Return where a person is signed in, the browser that was used last first."""
    rows: QuerySet[BrowserSession] = BrowserSession.objects.filter(user=user, session__expire_date__gt=timezone.now())
    return rows.select_related("session").order_by("-seen_at", "-pk")
