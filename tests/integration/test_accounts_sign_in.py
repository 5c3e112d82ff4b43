"""Signing in and out, and what happens to those who guess."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

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
    door = client.get(address).headers["Location"]
    for _ in range(3):
        assert client.post(door, BAD).status_code == 200
    refused = client.post(door, GOOD)
    assert (refused.status_code, refused["Retry-After"]) == (429, str(settings.SIGN_IN_WINDOW_SECONDS))


def test_signing_in_leads_to_the_back_office_and_nobody_else_turns_in_circles(client: Client) -> None:
    User.objects.create_superuser(username="imani", password=GOOD["password"])
    door = client.get("/admin/audit/entry/", follow=True).redirect_chain[-1][0]
    assert client.post(door, GOOD, follow=True).redirect_chain[-1][0] == "/admin/audit/entry/"
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
