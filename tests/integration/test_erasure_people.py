"""People who ask to be forgotten: what goes, what stays, and that nothing brings them back."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import Draft, Membership, Review
from curation.access.actions import ask_for_access, write_terms
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, Token, User
from curation.accounts.people import reopen_account
from curation.accounts.tokens import create_token
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.erasure.actions import erase_person
from curation.releases.actions import build, start_release
from curation.releases.models import Dataset, Pseudonym
from tests.api import Caller
from tests.builders import accepted_stories, answers, built_release, dataset, person, reported, sent_outcome
from tests.integration.test_erasure_purging import tables_with

pytestmark = pytest.mark.django_db
NAME = "ottoline"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def anna() -> User:
    user = person(username=f"{NAME}-m")
    user.email, user.display_name, user.first_name = f"{NAME}@example.org", f"{NAME} M.", NAME
    user.save()
    return user


def erased(user: User, *, with_comments: bool = False, actor: Any = SYSTEM) -> None:
    erase_person(actor=actor, user=user, with_comments=with_comments, confirmed_name=user.username)


def test_nothing_says_who_an_erased_person_was_and_their_ratings_stay(anna: User) -> None:
    stories = accepted_stories(2, anna, person(), data=answers(comment="I liked the tug."))
    release = built_release(dataset())
    name = Pseudonym.objects.get(user=anna).name
    client = Client()
    client.force_login(anna)
    create_token(actor=anna, user=anna, name=f"{NAME}'s notebook", scopes=["read"])
    key, other = anna.pk, person()
    # By their own hand, and by somebody who trained beside them.
    outcomes = [sent_outcome(release, anna, who=f"{NAME} and others"), sent_outcome(release, other, who=f"{NAME} M. ")]
    group = sent_outcome(release, other, who="The reading group")
    erased(anna)
    for outcome in (*outcomes, group):
        outcome.refresh_from_db()
    assert [one.who for one in (*outcomes, group)] == ["[erased]", "[erased]", "The reading group"]
    assert tables_with(NAME) == set()
    anna.refresh_from_db()
    assert not anna.is_active
    assert anna.username.startswith("erased-")
    assert not anna.has_usable_password()
    assert not Token.objects.filter(user=key).exists()
    assert not [one for one in Session.objects.all() if one.get_decoded().get("_auth_user_id") == str(key)]
    assert not Membership.objects.filter(user=key).exists()
    assert not Draft.objects.filter(assignment__reviewer=key).exists()
    pseudonym = Pseudonym.objects.get(user=key)
    assert (bytes(pseudonym.secret), pseudonym.name) == (b"", name)
    assert client.get("/").status_code == 302
    kept = Review.objects.live_commits().filter(reviewer=key)
    assert {review.comment for review in kept} == {"I liked the tug."}
    assert set(kept.values_list("story", flat=True)) == {story.pk for story in stories}
    later = build(release=start_release(actor=SYSTEM, dataset=release.dataset, version="v0.1.1", notes="Again."))
    assert Pseudonym.objects.get(user=key).name == name
    assert later.state == "built"
    assert Entry.objects.get(verb="user.erased").target_id == str(key)


def test_what_they_wrote_goes_too_where_it_is_asked_for(anna: User) -> None:
    other = person()
    accepted_stories(1, anna, other, data=answers(comment="I liked the tug."))
    erased(anna, with_comments=True)
    told = dict(Review.objects.values_list("reviewer", "comment"))
    assert told == {anna.pk: "", other.pk: "I liked the tug."}


def test_what_they_wrote_to_curators_goes_with_their_comments(anna: User) -> None:
    accepted_stories(1)
    release, gated = built_release(dataset()), dataset(visibility="private")
    gated = built_release(gated).dataset
    Dataset.objects.filter(pk=gated.pk).update(visibility="gated")
    gated.refresh_from_db()
    curator = person(Role.CURATOR)
    terms = write_terms(actor=curator, dataset=gated, text="Do no harm.", by_request=True, anew=True)
    asked = ask_for_access(actor=anna, dataset=gated, terms=terms.number, purpose="My own study of tugs.")
    report = reported(release, anna, text="I know this harbour.")
    outcome = sent_outcome(release, anna, notes="I trained it at home.")
    erased(anna, with_comments=True)
    for row in (asked, report, outcome):
        row.refresh_from_db()
    assert (asked.purpose, report.text, outcome.notes) == ("", "[purged]", "")


def test_nothing_brings_an_erased_person_back(anna: User) -> None:
    admin = person(Role.ADMIN)
    erased(anna, actor=admin)
    anna.refresh_from_db()
    with pytest.raises(Conflict, match="was erased"):
        reopen_account(actor=admin, user=anna)
    for change in ("is_active = TRUE", "username = 'back'", "email = 'a@example.org'", "password = 'x'"):
        with pytest.raises(Error, match="was erased"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_user SET {change} WHERE id = %s", [anna.pk])  # noqa: S608
    with pytest.raises(Conflict, match="erased already"):
        erased(anna)
    client = Client()
    client.force_login(admin)
    page = client.get(reverse("person", args=[anna.pk])).content.decode()
    assert "was erased" in page
    assert "Open the account again" not in page


def test_only_an_admin_erases_and_only_whose_name_they_write(anna: User) -> None:
    admin = person(Role.ADMIN)
    with pytest.raises(NotAllowed):
        erased(anna, actor=person(Role.CURATOR))
    with pytest.raises(InvalidInput):
        erase_person(actor=admin, user=anna, with_comments=False, confirmed_name="somebody")
    with pytest.raises(Conflict):
        erased(admin, actor=admin)
    anna.refresh_from_db()
    assert anna.is_active
    assert anna.display_name


def test_the_page_says_what_goes_and_erases(anna: User) -> None:
    client = Client()
    client.force_login(person(Role.ADMIN))
    address = reverse("person_erase", args=[anna.pk])
    assert "nobody can trace a published name" in client.get(address).content.decode()
    assert client.post(address, {"comments": "keep", "name": "other"}).status_code == 422
    assert client.post(address, {"comments": "destroy", "name": anna.username}).status_code == 302
    assert client.get(address).status_code == 409
    anna.refresh_from_db()
    assert not anna.is_active


def test_the_api_and_the_command_erase(anna: User) -> None:
    caller = Caller(person(Role.ADMIN))
    wrong = caller("POST", f"people/{anna.pk}/erase", {"username": "other", "with_comments": False})
    assert wrong.status_code == 422
    right = caller("POST", f"people/{anna.pk}/erase", {"username": anna.username, "with_comments": False})
    assert right.status_code == 204
    person(username="berta")
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_person", "berta")
    out = StringIO()
    call_command("erase_person", "berta", "--yes", stdout=out)
    assert "is erased" in out.getvalue()
    with pytest.raises(CommandError, match="nobody with the name"):
        call_command("erase_person", "berta", "--yes")
