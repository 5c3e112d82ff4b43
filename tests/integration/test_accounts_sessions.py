"""Session and person are read in one statement, and nobody stays signed in for that."""

from collections.abc import Callable

import pytest
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from curation.accounts.models import Role, User
from tests.builders import person
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
        assert client.get(reverse("preferences")).status_code == 200
    return client


def test_who_is_asking_takes_one_statement(known: Client) -> None:
    with at_most(1):
        known.get(reverse("preferences"))


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
