"""Signing in and out, and what happens to those who guess."""

from contextlib import ExitStack
from threading import BoundedSemaphore
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from curation.accounts import checking
from curation.accounts.actors import SYSTEM
from curation.accounts.attempts import address, counted
from curation.accounts.checking import few_at_once
from curation.accounts.invitations import invite
from curation.accounts.models import Role, SignInAttempt, User
from curation.audit.models import Entry
from tests.builders import person

pytestmark = pytest.mark.django_db
GOOD = {"username": "imani", "password": "a-long-password"}
BAD = {**GOOD, "password": "something-else"}


def test_every_page_but_the_door_asks_to_sign_in(client: Client) -> None:
    assert client.get("/").headers["Location"].startswith(reverse("login"))
    assert client.get(reverse("healthz")).status_code == 200


def test_signing_in_leads_to_where_one_wanted_to_go(client: Client) -> None:
    person(username="imani")
    answer = client.post(reverse("login"), {**GOOD, "next": "/standards/"})
    assert answer.headers["Location"] == "/standards/"


def test_nobody_is_sent_to_another_site(client: Client) -> None:
    person(username="imani")
    answer = client.post(reverse("login"), {**GOOD, "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"


def test_too_many_failures_refuse_even_the_right_password(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.SIGN_IN_ATTEMPTS = 3
    person(username="imani")
    for _ in range(3):
        assert client.post(reverse("login"), BAD).status_code == 200
    answer = client.post(reverse("login"), GOOD)
    assert answer.status_code == 429
    assert b"Too many tries" in answer.content


def test_another_address_is_not_refused(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.SIGN_IN_ATTEMPTS = 1
    person(username="imani")
    client.post(reverse("login"), BAD)
    assert client.post(reverse("login"), GOOD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_getting_in_forgets_the_failures_and_names_are_never_stored(client: Client) -> None:
    person(username="imani")
    client.post(reverse("login"), BAD)
    assert not SignInAttempt.objects.filter(key__contains="imani").exists()
    client.post(reverse("login"), GOOD)
    assert SignInAttempt.objects.count() == 1, "the address's own"


def test_a_changed_password_ends_other_sessions(client: Client) -> None:
    user = person(username="imani")
    elsewhere = Client()
    elsewhere.force_login(user)
    client.force_login(user)
    new = {"old_password": "a-long-password", "new_password1": "river-lantern-42", "new_password2": "river-lantern-42"}
    answer = client.post(reverse("password_change"), new, follow=True)
    assert b"Your password is changed" in answer.content
    assert elsewhere.get("/").status_code == 302


def test_signing_out_needs_a_post(client: Client) -> None:
    client.force_login(person())
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).headers["Location"] == reverse("login")


@pytest.mark.parametrize("address", ["/admin/login/", "/admin/login/?next=/admin/audit/entry/"])
def test_the_back_office_has_no_door_of_its_own(client: Client, address: str, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS = 3
    person(Role.ADMIN, username="imani")
    for _ in range(4):
        sent = client.post(address, BAD)
        assert sent.headers["Location"].startswith(reverse("login"))
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(reverse("login"))
    sign_in = client.get(address).headers["Location"]
    for _ in range(3):
        assert client.post(sign_in, BAD).status_code == 200
    refused = client.post(sign_in, GOOD)
    assert (refused.status_code, refused["Retry-After"]) == (429, str(settings.SIGN_IN_WINDOW_SECONDS))


def test_signing_in_leads_to_the_back_office_and_nobody_else_turns_in_circles(client: Client) -> None:
    User.objects.create_superuser(username="imani", password=GOOD["password"])
    sign_in = client.get("/admin/audit/entry/", follow=True).redirect_chain[-1][0]
    assert client.post(sign_in, GOOD, follow=True).redirect_chain[-1][0] == "/admin/audit/entry/"
    client.force_login(person(Role.CURATOR))
    page = client.get("/admin/", follow=True)
    assert (page.status_code, len(page.redirect_chain)) == (403, 1)
    outside = "/admin/login/?next=https://elsewhere.example/"
    assert client.get(outside).status_code == 403
    client.force_login(User.objects.create_superuser("leads", password="a-long-password", is_staff=True))
    assert client.get(outside)["Location"] == "/admin/"


def test_an_address_that_tries_many_names_is_refused_with_all_of_them(client: Client, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS, settings.SIGN_IN_ATTEMPTS_OF_ADDRESS = 3, 5
    person(username="imani")
    for number in range(5):
        assert client.post(reverse("login"), {**BAD, "username": f"guess-{number}"}).status_code == 200
    assert client.post(reverse("login"), GOOD).status_code == 429
    assert client.post(reverse("login"), GOOD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_getting_in_does_not_forget_what_the_address_tried_with_other_names(client: Client, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS_OF_ADDRESS = 3
    person(username="imani")
    for number in range(2):
        client.post(reverse("login"), {**BAD, "username": f"guess-{number}"})
    assert client.post(reverse("login"), GOOD).status_code == 302
    client.logout()
    client.post(reverse("login"), {**BAD, "username": "guess-3"})
    assert client.post(reverse("login"), GOOD).status_code == 429


def test_wrong_old_passwords_count_like_failed_sign_ins(client: Client, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS = 3
    client.force_login(person(username="imani"))
    new = {"new_password1": "another-long-one-7", "new_password2": "another-long-one-7"}
    for _ in range(3):
        assert client.post(reverse("password_change"), {**new, "old_password": "wrong"}).status_code == 200
    answer = client.post(reverse("password_change"), {**new, "old_password": GOOD["password"]})
    assert answer.status_code == 429
    assert b"Too many tries" in answer.content


def test_every_change_of_a_password_is_in_the_log(client: Client) -> None:
    admin, imani = User.objects.create_superuser(username="root"), person(username="imani")
    client.force_login(imani)
    new = {"new_password1": "another-long-one-7", "new_password2": "another-long-one-7"}
    assert client.post(reverse("password_change"), {**new, "old_password": GOOD["password"]}).status_code == 302
    client.force_login(admin)
    form = {"password1": "a-third-long-one-8", "password2": "a-third-long-one-8", "usable_password": "true"}
    address = reverse("admin:auth_user_password_change", args=[imani.pk])
    assert client.post(address, {**form, "password2": "not the same"}).status_code == 200
    assert client.post(address, form).status_code == 302
    entries = Entry.objects.filter(verb="user.password_changed").order_by("id")
    assert list(entries.values_list("actor", "target_id")) == [(imani.pk, str(imani.pk)), (admin.pk, str(imani.pk))]


def test_of_many_tries_at_once_no_more_are_looked_at_than_may_fail(settings: Any, rf: RequestFactory) -> None:
    settings.SIGN_IN_ATTEMPTS = 2
    request = rf.post(reverse("login"))
    with ExitStack() as under_way:
        may = [under_way.enter_context(counted(request, name)) for name in ("imani", "Imani ", "imani", "other")]
        assert may == [True, True, False, True]
    assert not SignInAttempt.objects.exists(), "all who were looked at got in"


@pytest.mark.parametrize(
    ("said", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:51234", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("", ""),
        ("unix:", "unix:"),
        ("[", "["),
    ],
)
def test_a_visitor_is_counted_by_what_they_cannot_choose(
    said: str, counted_as: str, settings: Any, rf: RequestFactory
) -> None:
    assert address(rf.get("/", REMOTE_ADDR=said)) == counted_as
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    if said:
        assert address(rf.get("/", headers={"X-Forwarded-For": f"198.51.100.1, {said}"})) == counted_as


def test_the_rest_of_the_site_does_not_wait_for_those_who_sign_in(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of a stranger, of who changes their password, and of who was invited: refused where many wait."""
    imani = person(username="imani")
    _invitation, secret = invite(actor=SYSTEM, role="annotator")
    hashed = Mock()
    monkeypatch.setattr(MD5PasswordHasher, "encode", hashed)
    monkeypatch.setattr(checking, "_here", BoundedSemaphore(1))
    signed_in = Client()
    signed_in.force_login(imani)
    new = {"new_password1": "another-long-one-7", "new_password2": "another-long-one-7"}
    joining = {"username": "rosa", "display_name": "Rosa", "password": "river-lantern-42", "again": "river-lantern-42"}
    with few_at_once():
        for browser, place, sent in (
            (client, reverse("login"), GOOD),
            (signed_in, reverse("password_change"), {**new, "old_password": GOOD["password"]}),
            (client, reverse("invitation", args=[secret]), joining),
        ):
            answer = browser.post(place, sent)
            assert (place, answer.status_code, answer.headers.get("Retry-After")) == (place, 503, "5")
            assert b"Many people sign in right now" in answer.content
    assert not hashed.called
    assert not SignInAttempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_waits_to_sign_in_holds_no_connection_to_the_database() -> None:
    assert not User.objects.exists()
    assert connection.connection is not None
    with few_at_once():
        assert connection.connection is None
