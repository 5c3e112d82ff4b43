"""Signing in and out, and what happens to those who guess."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.models import SignInAttempt
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
    assert "imani" not in SignInAttempt.objects.get().key
    client.post(reverse("login"), GOOD)
    assert not SignInAttempt.objects.exists()


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


def test_readyz_names_what_it_checked(client: Client) -> None:
    assert client.get(reverse("readyz")).json() == {"status": "ok", "database": "ok", "redis": "ok"}
