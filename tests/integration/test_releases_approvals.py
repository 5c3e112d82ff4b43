"""Public releases that a second person approves."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.releases.actions import (
    abandon,
    approve,
    build,
    decline,
    limit_person,
    set_visibility,
    start_release,
    take_back,
)
from curation.releases.actions.approving import LONGEST_REASON, checked_reason
from curation.releases.models import Approval, Dataset, Release
from curation.releases.models.release import ReleaseState
from curation.releases.queries.approvals import publication_of, waiting_for
from curation.releases.queries.candidates import plan, unreleased
from curation.releases.verify import verify
from tests import builders
from tests.api import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = True


@pytest.fixture
def curator() -> User:
    return builders.person(Role.CURATOR)


@pytest.fixture
def other() -> User:
    return builders.person(Role.CURATOR)


def waits(curator: User, version: str = "v0.1.0", of: Dataset | None = None) -> Release:
    """Have a curator make a version of a public dataset, and build it."""
    if of is None:
        builders.accepted_stories(1)
    return build(release=start_release(actor=curator, dataset=of or builders.dataset(), version=version, notes="New."))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(release: Release, name: str = "release") -> str:
    return reverse(name, args=[release.dataset.org, release.dataset.name, release.version])


def move(client: Client, approval: Approval, **sent: str) -> int:
    at = [approval.dataset.org, approval.dataset.name, approval.pk]
    return client.post(reverse("approval", args=at), sent).status_code


def test_a_version_is_open_to_nobody_but_curators_until_a_second_person_has_approved_it(
    curator: User, other: User
) -> None:
    release = waits(curator)
    approval = release.approvals.get()
    assert (release.state, release.built_at, approval.asked_by) == (ReleaseState.AWAITING, None, curator)
    researcher = signed_in(builders.person(Role.RESEARCHER))
    for name in ("release", "release_zip"):
        assert researcher.get(address(release, name)).status_code == 404
        assert signed_in(other).get(address(release, name)).status_code == 200, "they look at its rows first"
    assert verify(release).ok
    own, another = signed_in(curator), signed_in(other)
    assert "another curator or admin has to look at it" in own.get(address(release)).content.decode()
    # The two answers, and taking it back, as each of them is offered.
    for client, offered in ((own, [False, False, True]), (another, [True, True, True])):
        page = client.get(address(release)).content.decode()
        assert [f'value="{name}"' in page for name in ("approve", "decline", "take_back")] == offered
    # Nor by the same person from another session.
    for client in (own, signed_in(curator)):
        assert move(client, approval, move="approve") == 403
        assert move(client, approval, move="decline", reason="No.") == 403
    assert f"{release} awaits your approval" in another.get(reverse("home")).content.decode()
    assert list(waiting_for(curator)) == []
    assert move(another, approval, move="whatever") == 422
    assert move(another, approval, move="approve") == 302
    release.refresh_from_db()
    assert (release.state, release.built_at is None) == (ReleaseState.BUILT, False)
    assert researcher.get(address(release)).status_code == 200
    assert "Approved by" not in researcher.get(address(release)).content.decode(), "curators alone are told who"
    assert "Approved by" in own.get(address(release)).content.decode()
    assert move(another, approval, move="approve") == 409, "once"
    assert list(waiting_for(other)) == []


@pytest.mark.parametrize("by", ["declined", "taken back"])
def test_a_version_that_is_not_approved_keeps_its_name_and_makes_way_for_another(
    by: str, curator: User, other: User
) -> None:
    release = waits(curator)
    approval = release.approvals.get()
    with pytest.raises(Conflict, match="awaits approval"):
        plan(release.dataset).check(release.number, "")
    if by == "declined":
        with pytest.raises(InvalidInput, match="Say why"):
            decline(actor=other, approval=approval, reason=" ")
        decline(actor=other, approval=approval, reason="A title is misspelt.")
    else:
        take_back(actor=curator, approval=approval, reason="A title is misspelt.")
    release.refresh_from_db()
    assert (release.state, release.error) == (ReleaseState.ABANDONED, "A title is misspelt.")
    assert "A title is misspelt." in signed_in(curator).get(address(release)).content.decode()
    assert signed_in(builders.person()).get(address(release)).status_code == 404
    assert signed_in(curator).get(address(release, "release_zip")).status_code == 404
    assert unreleased(curator).count() == 1
    with pytest.raises(Conflict, match="abandoned"):
        build(release=release)
    with pytest.raises(InvalidInput, match=r"v0\.1\.0 was abandoned.*v0\.1\.1 or later"):
        start_release(actor=curator, dataset=release.dataset, version="v0.1.0")
    assert waits(curator, "v0.1.1", release.dataset).state == ReleaseState.AWAITING


def test_who_may_approve(curator: User) -> None:
    approval = waits(curator).approvals.get()
    limited, admin = builders.person(Role.CURATOR), builders.person(Role.ADMIN)
    limit_person(actor=SYSTEM, user=limited, orgs=["elsewhere"], datasets=[])
    for actor in (SYSTEM, limited, curator, builders.person(Role.RESEARCHER), builders.person()):
        with pytest.raises(NotAllowed):
            approve(actor=actor, approval=approval)
        if actor != SYSTEM:
            assert list(waiting_for(actor)) == []
    approve(actor=admin, approval=approval)


def test_a_private_version_and_an_installation_without_the_setting_need_nobody(curator: User, settings: Any) -> None:
    builders.accepted_stories(1)
    private = builders.dataset(visibility="private")
    assert build(release=start_release(actor=SYSTEM, dataset=private, version="v0.1.0")).state == ReleaseState.BUILT
    with pytest.raises(InvalidInput, match="--as"):
        start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = False
    assert waits(curator, of=builders.dataset()).state == ReleaseState.BUILT


def test_a_private_dataset_is_public_once_a_second_person_has_approved_that(curator: User, other: User) -> None:
    builders.accepted_stories(1)
    dataset = builders.dataset(visibility="private")
    release = build(release=start_release(actor=curator, dataset=dataset, version="v0.1.0"))
    annie = signed_in(builders.person())
    page = reverse("dataset", args=[dataset.org, dataset.name])
    sent = reverse("dataset_visibility", args=[dataset.org, dataset.name])
    told = "Another curator or admin has to approve that it becomes public."
    assert told in signed_in(curator).get(page).content.decode()
    assert signed_in(curator).post(sent, {"visibility": "public"})["Location"] == page
    approval = dataset.approvals.get()
    assert "Approve" in signed_in(other).get(page).content.decode()
    with pytest.raises(NotAllowed):
        approve(actor=curator, approval=approval)
    assert annie.get(address(release)).status_code == 404
    approve(actor=other, approval=approval)
    assert annie.get(address(release)).status_code == 200
    assert told not in signed_in(other).get(page).content.decode(), "it is public"
    signed_in(curator).post(sent, {"visibility": "private"})
    assert annie.get(address(release)).status_code == 404, "taking back needs nobody else"


def test_after_a_request_that_was_taken_back_the_page_says_why_the_one_before_was_declined(
    curator: User, other: User
) -> None:
    made = builders.dataset(visibility="private")
    first = builders.asked_to_publish(made, curator)
    assert publication_of(made) == first
    decline(actor=other, approval=first, reason="Its title is misspelt.")
    take_back(actor=curator, approval=builders.asked_to_publish(made, curator), reason="Too early.")
    assert publication_of(made) == first
    page = signed_in(curator).get(reverse("dataset", args=[made.org, made.name])).content.decode()
    assert "declined it: Its title is misspelt." in page
    assert "Too early." not in page


def test_a_dataset_that_got_such_stories_meanwhile_is_not_approved_either(curator: User, other: User) -> None:
    builders.accepted_stories(1)
    made = builders.dataset(visibility="private")
    build(release=start_release(actor=curator, dataset=made, version="v0.1.0"))
    set_visibility(actor=curator, dataset=made, visibility="public")
    builders.accepted_stories(1, license="CC-BY-NC-4.0")
    build(release=start_release(actor=curator, dataset=made, version="v0.2.0"))
    with pytest.raises(Conflict, match=r"v0\.2\.0 has stories that others may not get"):
        approve(actor=other, approval=made.approvals.get())
    made.refresh_from_db()
    assert made.visibility == "private"


def test_a_dataset_does_not_become_public_with_stories_that_may_not_be(curator: User, settings: Any) -> None:
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = False
    builders.accepted_stories(1, license="CC-BY-NC-4.0")
    dataset = builders.dataset(visibility="private", license="CC-BY-4.0")
    build(release=start_release(actor=curator, dataset=dataset, version="v0.1.0"))
    with pytest.raises(Conflict, match=r"v0\.1\.0 has stories that others may not get.*CC-BY-NC-4\.0"):
        set_visibility(actor=curator, dataset=dataset, visibility="public")
    odd = builders.dataset(visibility="private", license="Ours")
    with pytest.raises(Conflict, match="not a licence for a dataset that others get"):
        set_visibility(actor=curator, dataset=odd, visibility="public")
    with pytest.raises(InvalidInput):
        set_visibility(actor=curator, dataset=odd, visibility="open")


def test_the_database_lets_nobody_approve_their_own_request_nor_build_without_one(curator: User, other: User) -> None:
    release = waits(curator)
    mine = Approval.objects.filter(release=release)
    now = {"decided_at": "2026-01-01T00:00Z"}
    refused: list[dict[str, Any]] = [
        {"state": "approved", "decided_by": curator, **now},
        {"state": "approved", "decided_by": None, **now},
        {"state": "declined", "decided_by": other, **now},
        {"state": "declined", "decided_by": curator, "reason": "No.", **now},
        {"asked_by": other},
    ]
    for changes in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(**changes)
    about = {"what": "release", "dataset": release.dataset, "release": release, "asked_by": curator}
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(**about, state="approved", decided_by=other, **now)
    built = Release.objects.filter(pk=release.pk)
    for more in ({"state": "built"}, {"notes": "Other ones."}, {"state": "failed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            built.update(**more)
    with pytest.raises(IntegrityError), transaction.atomic():
        built.delete()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO releases_releasefile (release_id, path, blob_id) SELECT %s, 'x', min(sha256) "
                       "FROM releases_blob", [release.pk])  # fmt: skip
    approve(actor=other, approval=mine.get())
    with pytest.raises(IntegrityError), transaction.atomic():
        mine.update(reason="Never mind.")


def test_a_failed_version_is_given_up_for_good(curator: User) -> None:
    builders.accepted_stories(1)
    frozen = builders.frozen_release(builders.dataset(visibility="private"))
    with pytest.raises(Conflict, match="has not failed"):
        abandon(actor=curator, release=frozen, reason="No.")
    builders.failed(Release, "No space.")
    client = signed_in(curator)
    assert "Abandon it" in client.get(address(frozen)).content.decode()
    assert client.post(address(frozen, "release_abandon"), {"reason": ""}).status_code == 422
    assert checked_reason(" " + "x" * LONGEST_REASON) == "x" * LONGEST_REASON
    assert client.post(address(frozen, "release_abandon"), {"reason": "x" * (LONGEST_REASON + 1)}).status_code == 422
    assert client.post(address(frozen, "release_abandon"), {"reason": "Of no use."}).status_code == 302
    assert "Of no use." in client.get(address(frozen)).content.decode()
    assert 'value="v0.1.1"' in client.get(reverse("release_new", args=str(frozen.dataset).split("/"))).content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=frozen.pk).update(state="pending")


def test_the_command_names_who_asks_and_says_what_it_waits_for(curator: User) -> None:
    builders.accepted_stories(1)
    dataset, told = builders.dataset(), StringIO()
    with pytest.raises(CommandError, match="--as"):
        call_command("build_release", str(dataset), "v0.1.0")
    with pytest.raises(CommandError, match="Nobody signs in as nobody-here"):
        call_command("build_release", str(dataset), "v0.1.0", person="nobody-here")
    limited = builders.person(Role.CURATOR)
    limit_person(actor=SYSTEM, user=limited, orgs=["elsewhere"], datasets=[])
    with pytest.raises(CommandError, match="You work with other datasets"):
        call_command("build_release", str(dataset), "v0.1.0", person=limited.username)
    call_command("build_release", str(dataset), "v0.1.0", person=curator.username, json=True, stdout=told)
    assert json.loads(told.getvalue())["state"] == "awaiting"
    assert dataset.releases.get().approvals.get().asked_by == curator


def test_programs_ask_and_approve_by_the_same_rules(curator: User, other: User) -> None:
    at = f"datasets/{builders.dataset(visibility='private')}"
    asker, second = Caller(curator), Caller(other)
    waits = asker("PUT", f"{at}/visibility", {"visibility": "public"})
    assert (waits.status_code, waits.json()["state"], asker.get(at)["visibility"]) == (202, "waiting", "private")
    here = f"{at}/approvals/{waits.json()['id']}"
    assert problem(asker("POST", here, {"move": "approve"})) == (403, "not_allowed")
    assert problem(second("POST", here, {"move": "decline"}))[0] == 422
    decided = second.post(here, {"move": "approve"})
    assert (decided["state"], decided["asked_by"], decided["decided_by"]) == (
        "approved",
        curator.username,
        other.username,
    )
    assert asker.get(at)["visibility"] == "public"
    assert problem(second("POST", here, {"move": "approve"})) == (409, "conflict")
    assert asker("PUT", f"{at}/visibility", {"visibility": "private"}).status_code == 204
