"""Session and person are read in one statement, and nobody stays signed in for that: each sees where they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.accounts.browsers import browser_of
from curation.accounts.models import BrowserSession, Role, User
from curation.accounts.sessions import browsers_of
from tests.builders import person, signed_in
from tests.integration.test_annotations_statements import at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def annie() -> User:
    return person(Role.RESEARCHER)


@pytest.fixture
def known(client: Client, annie: User) -> Client:
    """A browser whose session this process has met before."""
    client.force_login(annie)
    for _ in range(2):
        assert client.get(reverse("password_change")).status_code == 200
    return client


def test_who_is_asking_takes_one_statement(known: Client) -> None:
    with at_most(1):
        known.get(reverse("password_change"))


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: Session.objects.all().delete(),
        lambda user: Session.objects.update(expire_date="2020-01-01T00:00Z"),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(sessions_ended=1),
        lambda user: User.objects.filter(pk=user.pk).update(password="changed"),
    ],
    ids=["signed out", "expired", "closed", "ended everywhere", "new password"],
)
def test_who_is_out_is_out_with_the_next_request(known: Client, annie: User, leave: Callable[[User], None]) -> None:
    leave(annie)
    assert known.get(reverse("preferences")).headers["Location"].startswith(reverse("login"))


def test_what_changes_about_a_person_holds_with_the_next_request(known: Client, annie: User) -> None:
    User.objects.filter(pk=annie.pk).update(display_name="Annie the Second")
    assert "Annie the Second" in known.get(reverse("preferences")).content.decode()


def test_a_session_that_changed_hands_belongs_to_whom_it_names(known: Client, annie: User) -> None:
    ben = person()
    session = known.session
    session[auth.SESSION_KEY], session[auth.HASH_SESSION_KEY] = str(ben.pk), ben.get_session_auth_hash()
    session.save()
    shown = known.get(reverse("preferences"))
    assert shown.context["user"] == ben


def test_a_session_without_its_proof_is_nobodys(known: Client) -> None:
    session = known.session
    del session[auth.HASH_SESSION_KEY]
    session.save()
    assert known.get(reverse("preferences")).status_code == 302


def test_whoever_ends_other_sessions_is_signed_in_here_and_nowhere_else(known: Client, annie: User) -> None:
    elsewhere, bens, ben = Client(), Client(), person()
    elsewhere.force_login(annie)
    bens.force_login(ben)
    assert known.post(reverse("sign_out_elsewhere"), follow=True).status_code == 200
    preferences = reverse("preferences")
    assert known.get(preferences).status_code == 200
    assert bens.get(preferences).status_code == 200
    assert elsewhere.get(preferences).headers["Location"].startswith(reverse("login"))
    # It takes nothing from the next one.
    elsewhere.force_login(User.objects.get(pk=annie.pk))
    assert elsewhere.get(preferences).status_code == 200


def test_a_sign_in_forgets_sessions_whose_time_is_over(known: Client, annie: User) -> None:
    over = Client()
    over.force_login(annie)
    Session.objects.filter(pk=over.session.session_key).update(expire_date="2020-01-01T00:00Z")
    annie.set_password("a long word for the door")
    annie.save()
    Client().post(reverse("login"), {"username": annie.username, "password": "a long word for the door"})
    assert set(Session.objects.values_list("pk", flat=True)) >= {known.session.session_key}
    assert not Session.objects.filter(expire_date__lt="2021-01-01T00:00Z").exists()
    assert Session.objects.count() == 2


WORD = "a long word for the door"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0 Safari/537.36 Edg/137.0"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0 Mobile Safari/537.36"


@pytest.fixture
def devices(annie: User) -> tuple[Client, Client]:
    """A laptop and a phone in which she has signed in on the page for it."""
    annie.set_password(WORD)
    annie.save()
    found = Client(headers={"user-agent": FIREFOX}), Client(headers={"user-agent": SAFARI})
    for device in found:
        assert device.post(reverse("login"), {"username": annie.username, "password": WORD}).status_code == 302
    return found


def listed(browser: Client) -> dict[str, bool]:
    """What the page shows: each browser, and whether it is the one that looks."""
    shown = browser.get(reverse("preferences")).context
    return {one.browser: one.session_id == shown["here"] for one in shown["browsers"]}


def moved(rows: Any, **by: timedelta) -> None:
    """Let rows have been written so much earlier."""
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(**{name: getattr(row, name) - ago for name, ago in by.items()})


def test_a_person_sees_where_they_are_signed_in_and_where_nobody_else_is(devices: tuple[Client, Client]) -> None:
    laptop, phone = devices
    bens = Client(headers={"user-agent": EDGE})
    bens.force_login(person())
    assert listed(laptop) == {"Firefox, Linux": True, "Safari, iPhone": False}
    assert listed(phone) == {"Firefox, Linux": False, "Safari, iPhone": True}
    phone.post(reverse("logout"))
    assert listed(laptop) == {"Firefox, Linux": True}
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert laptop.get(reverse("preferences")).status_code == 302
    assert not BrowserSession.objects.filter(session__expire_date__gt=timezone.now()).exists()


def test_a_session_whose_time_is_over_is_not_listed(annie: User) -> None:
    over, going = signed_in(annie), signed_in(annie)
    Session.objects.filter(pk=over.session_id).update(expire_date=timezone.now() - timedelta(minutes=1))
    assert list(browsers_of(annie)) == [going]


def test_one_session_can_be_ended_without_the_others(devices: tuple[Client, Client], annie: User) -> None:
    laptop, phone = devices
    there = BrowserSession.objects.get(browser="Safari, iPhone")
    page = laptop.post(reverse("sign_out_there", args=[there.pk]), follow=True)
    assert "You are signed out there: Safari, iPhone." in page.content.decode()
    assert phone.get(reverse("preferences")).headers["Location"].startswith(reverse("login"))
    assert listed(laptop) == {"Firefox, Linux": True}
    assert laptop.post(reverse("sign_out_there", args=[there.pk])).status_code == 404


def test_nobody_ends_a_session_of_somebody_else(devices: tuple[Client, Client]) -> None:
    stranger = Client()
    stranger.force_login(person(Role.ADMIN))
    for there in BrowserSession.objects.exclude(user__role=Role.ADMIN):
        assert stranger.post(reverse("sign_out_there", args=[there.pk])).status_code == 404
    for device in devices:
        assert device.get(reverse("preferences")).status_code == 200


def test_a_session_ends_so_long_after_it_began_however_often_it_is_used(
    devices: tuple[Client, Client], annie: User, settings: Any
) -> None:
    laptop, _phone = devices
    session = laptop.session
    over = Session.objects.get(pk=session.session_key).expire_date
    assert timedelta(days=settings.SESSION_DAYS) - (over - timezone.now()) < timedelta(minutes=1)
    session["began"] = (timezone.now() - timedelta(days=settings.SESSION_DAYS, hours=-2)).isoformat()
    session.save()
    # What changes a session, and gives it another key, does not make it any younger.
    answer = laptop.post(reverse("sign_out_elsewhere"))
    assert 6_000 < answer.cookies["sessionid"]["max-age"] <= 7_200
    left = Session.objects.get(pk=laptop.session.session_key).expire_date - timezone.now()
    assert timedelta(hours=1) < left <= timedelta(hours=2)
    session = laptop.session
    session["began"] = (timezone.now() - timedelta(days=settings.SESSION_DAYS)).isoformat()
    session.save()
    assert laptop.get(reverse("preferences")).headers["Location"].startswith(reverse("login"))


def test_a_new_key_keeps_the_place_in_the_list(devices: tuple[Client, Client]) -> None:
    laptop, phone = devices
    before = laptop.session.session_key
    moved(BrowserSession.objects.all(), began_at=timedelta(days=1), seen_at=timedelta(days=1))
    laptop.post(reverse("sign_out_elsewhere"))
    assert laptop.session.session_key != before
    assert listed(laptop)["Firefox, Linux"] is True
    assert phone.get(reverse("preferences")).status_code == 302


def test_that_a_browser_was_used_is_noted_once_an_hour(known: Client) -> None:
    seen = BrowserSession.objects.get().seen_at
    with at_most(1):
        known.get(reverse("preferences_part"))
    assert BrowserSession.objects.get().seen_at == seen
    moved(BrowserSession.objects.all(), seen_at=timedelta(hours=2))
    known.get(reverse("preferences"))
    assert BrowserSession.objects.get().seen_at > seen


def test_a_session_from_before_there_was_a_list_is_in_it_when_it_is_used(known: Client) -> None:
    BrowserSession.objects.all().delete()
    session = known.session
    del session["began"]
    Session.objects.filter(pk=session.session_key).update(session_data=session.encode(dict(session.items())))
    known.get(reverse("preferences"), headers={"user-agent": CHROME})
    assert listed(known) == {"Chrome, Android": True}


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        (FIREFOX, "Firefox, Linux"),
        (SAFARI, "Safari, iPhone"),
        (EDGE, "Edge, Windows"),
        (CHROME, "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari, macOS"),
        ("curl/8.14", ""),
        ("", ""),
        ("x" * 1_000 + FIREFOX, ""),
    ],
)
def test_a_browser_is_called_by_its_name_and_system(agent: str, named: str) -> None:
    assert browser_of(agent) == named
