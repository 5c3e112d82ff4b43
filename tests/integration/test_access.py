"""Who gets a gated dataset: terms, asking, letting in, revoking; and how often versions are downloaded."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from curation.access.actions import (
    ask_for_access,
    decline_access,
    give_up,
    grant_access,
    revoke_access,
    write_terms,
)
from curation.access.actions.counting import count_download
from curation.access.models import AccessTerms, DailyDownloads, Grant, GrantState
from curation.access.queries.downloads import downloads_by_day, downloads_lately
from curation.access.queries.grants import awaiting_decision
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.accounts.people import set_role
from curation.core.errors import AccessNeeded, Conflict, InvalidInput, NotAllowed
from curation.core.parts import FilePart
from curation.releases.actions import limit_person, set_visibility
from curation.releases.models import Dataset, Release
from curation.releases.queries.find import load_dataset, load_release
from tests.builders import accepted_stories, add_story, built_release, dataset, person
from tests.integration.test_hub import token_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def gated() -> Dataset:
    return dataset("samples", visibility="gated")


def terms_for(of: Dataset, text: str = "Do no harm.", **how: Any) -> AccessTerms:
    return write_terms(actor=person(Role.CURATOR), dataset=of, text=text, **{"by_request": False, "anew": True, **how})


def sees(user: User, of: Dataset) -> bool:
    return Dataset.objects.visible_to(user).filter(pk=of.pk).exists()


def asked(user: User, of: Dataset, terms: AccessTerms, purpose: str = "To train a small model.") -> Grant:
    return ask_for_access(actor=user, dataset=of, terms=terms.number, purpose=purpose)


def test_whoever_accepts_the_terms_has_access_at_once_and_it_is_kept_which_terms(gated: Dataset) -> None:
    researcher, annie = person(Role.RESEARCHER), person()
    with pytest.raises(AccessNeeded):
        load_dataset(researcher, gated.org, gated.name)
    with pytest.raises(Conflict, match="none yet"):
        ask_for_access(actor=annie, dataset=gated, terms=1)
    terms = terms_for(gated)
    for user in (researcher, annie):
        grant = asked(user, gated, terms)
        assert (grant.state, grant.terms, grant.decided_by) == (GrantState.GRANTED, terms, None)
        assert grant.decided_at is not None
        assert sees(user, gated)
        assert asked(user, gated, terms) == grant, "once"
    assert not sees(person(Role.RESEARCHER), gated)


def test_a_curator_lets_people_in_one_by_one_and_revokes_it_at_once(gated: Dataset) -> None:
    ann, bob, curator = person(), person(Role.RESEARCHER), person(Role.CURATOR)
    terms = terms_for(gated, by_request=True)
    with pytest.raises(InvalidInput, match="what you want to do"):
        asked(ann, gated, terms, purpose=" ")
    hers, his = asked(ann, gated, terms), asked(bob, gated, terms)
    assert (hers.state, sees(ann, gated)) == (GrantState.WAITING, False)
    for nobody in (ann, bob, person()):
        with pytest.raises(NotAllowed):
            grant_access(actor=nobody, grant=hers)
    grant_access(actor=curator, grant=hers)
    with pytest.raises(InvalidInput, match="Say why"):
        decline_access(actor=curator, grant=his, reason="")
    decline_access(actor=curator, grant=his, reason="Too vague.")
    assert (sees(ann, gated), sees(bob, gated)) == (True, False)
    with pytest.raises(Conflict):
        grant_access(actor=curator, grant=his)
    assert asked(bob, gated, terms, "To measure refusals.").state == GrantState.WAITING
    revoke_access(actor=curator, grant=hers, reason="Passed it on.")
    assert not sees(ann, gated)
    assert Grant.objects.get(pk=hers.pk).reason == "Passed it on."


def test_what_waits_is_told_to_those_curators_who_may_decide_it(gated: Dataset) -> None:
    annie, limited = person(), person(Role.CURATOR)
    grant = asked(annie, gated, terms_for(gated, by_request=True))
    limit_person(actor=SYSTEM, user=limited, orgs=["elsewhere"], datasets=[])
    set_role(actor=SYSTEM, user=annie, role=Role.CURATOR)
    annie.refresh_from_db()
    assert list(awaiting_decision(person(Role.CURATOR))) == [grant]
    for other in (limited, annie, person(Role.RESEARCHER)):
        assert list(awaiting_decision(other)) == []


def test_who_was_shown_the_door_does_not_come_back_by_accepting_the_terms(gated: Dataset) -> None:
    terms, ann = terms_for(gated), person()
    revoke_access(actor=person(Role.CURATOR), grant=asked(ann, gated, terms), reason="Passed it on.")
    newer = terms_for(gated, "Do no harm, and keep it.")
    with pytest.raises(NotAllowed, match="revoked"):
        asked(ann, gated, newer)
    by_request = terms_for(gated, "Do no harm, and keep it.", by_request=True)
    assert asked(ann, gated, by_request).state == GrantState.WAITING


@pytest.mark.parametrize("ended", ["given up", "declined", "outdated"])
def test_nor_by_asking_first_and_accepting_other_terms_then(gated: Dataset, ended: str) -> None:
    ann, curator = person(), person(Role.CURATOR)
    terms = terms_for(gated, by_request=True)
    grant_access(actor=curator, grant=(first := asked(ann, gated, terms)))
    revoke_access(actor=curator, grant=first, reason="Passed it on.")
    again = asked(ann, gated, terms)
    if ended == "given up":
        give_up(actor=ann, dataset=gated)
    elif ended == "declined":
        decline_access(actor=curator, grant=again, reason="Too vague.")
    newer = terms_for(gated, "Do no harm, and keep it.", anew=ended == "outdated")
    with pytest.raises(NotAllowed, match="revoked"):
        asked(ann, gated, newer)
    by_request = terms_for(gated, "Do no harm at all.", by_request=True)
    grant_access(actor=curator, grant=asked(ann, gated, by_request))
    give_up(actor=ann, dataset=gated)
    assert asked(ann, gated, terms_for(gated, "Do no harm.")).state == GrantState.GRANTED, "a curator let them in again"


def test_new_terms_are_accepted_anew_unless_they_only_correct(gated: Dataset) -> None:
    first, ann, waiting = terms_for(gated, by_request=True), person(), person()
    grant_access(actor=(curator := person(Role.CURATOR)), grant=asked(ann, gated, first))
    asked(waiting, gated, first)
    assert terms_for(gated, by_request=True) == first, "the same again"
    corrected = terms_for(gated, "Do no harm!", by_request=True, anew=False)
    assert sees(ann, gated)
    with pytest.raises(Conflict, match="have changed"):
        asked(person(), gated, first)
    changed = terms_for(gated, "Do some good.", by_request=True)
    assert [first.number, corrected.number, changed.number] == [1, 2, 3]
    assert not sees(ann, gated)
    # Who was let in before needs no curator for that; who waited asks anew.
    again = asked(ann, gated, changed, purpose="")
    assert (again.state, again.decided_by, again.terms) == (GrantState.GRANTED, curator, changed)
    assert asked(waiting, gated, changed).state == GrantState.WAITING
    assert [one.state for one in Grant.objects.filter(person=ann).order_by("id")] == ["outdated", "granted"]


def test_who_gives_it_up_has_it_no_more(gated: Dataset) -> None:
    terms, ann = terms_for(gated), person()
    asked(ann, gated, terms)
    give_up(actor=ann, dataset=gated)
    assert not sees(ann, gated)
    with pytest.raises(Conflict):
        give_up(actor=ann, dataset=gated)


def test_limits_and_roles_hold_for_gated_datasets_too(gated: Dataset) -> None:
    terms, admin = terms_for(gated), person(Role.ADMIN)
    inside, outside = person(Role.CURATOR), person(Role.CURATOR)
    limit_person(actor=admin, user=outside, orgs=["elsewhere"], datasets=[])
    assert (sees(inside, gated), sees(outside, gated), sees(admin, gated)) == (True, False, True)
    with pytest.raises(NotAllowed, match="already"):
        asked(inside, gated, terms)
    assert asked(outside, gated, terms).state == GrantState.GRANTED
    with pytest.raises(NotAllowed):
        write_terms(actor=outside, dataset=gated, text="Mine.", by_request=False, anew=True)
    set_visibility(actor=inside, dataset=gated, visibility="private")
    assert not sees(outside, gated), "a grant opens nothing that is not gated"


def test_the_database_keeps_what_was_agreed_to(gated: Dataset) -> None:
    asked(person(), gated, terms_for(gated))
    for sql in (
        "UPDATE access_grant SET terms_id = terms_id + 1",
        "DELETE FROM access_grant",
        "INSERT INTO access_grant (dataset_id, person_id, terms_id, purpose, state, asked_at, reason) "
        "SELECT dataset_id, person_id, terms_id, '', 'waiting', asked_at, '' FROM access_grant",
        "UPDATE access_grant SET state = 'revoked', reason = ''",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def page(client: Client, of: Dataset, name: str = "dataset_access", **sent: Any) -> Any:
    address = reverse(name, args=[of.org, of.name])
    return client.post(address, sent) if sent else client.get(address)


def test_a_person_accepts_on_the_page_and_a_curator_is_asked_on_theirs(gated: Dataset) -> None:
    stranger, ann, curator = Client(), Client(), Client()
    add_story()
    who = person(username="Ann")
    ann.force_login(who)
    curator.force_login(person(Role.CURATOR))
    assert "Nobody can get access yet" in page(ann, gated).content.decode()
    sent = {"text": "Do no harm.", "by_request": "on", "anew": "on"}
    assert page(curator, gated, "dataset_terms", **{**sent, "text": ""}).status_code == 422
    assert page(curator, gated, "dataset_terms", **sent).status_code == 302
    # From the page of the dataset everybody is led to where they ask, strangers too, who see the terms.
    for client in (stranger, ann):
        assert page(client, gated, "dataset")["Location"] == reverse("dataset_access", args=[gated.org, gated.name])
        assert "Do no harm." in page(client, gated).content.decode()
        assert gated.name in client.get(reverse("dataset_list")).content.decode()
    assert page(stranger, gated, number=1, accept="on", purpose="Mine.")["Location"].startswith("/accounts/login/")
    assert page(ann, gated, number=1, purpose="To learn.").status_code == 422, "not accepted"
    assert page(ann, gated, number=1, accept="on", purpose="To learn.").status_code == 302
    home_page = curator.get(reverse("home")).content.decode()
    assert "Ann asks for exempla/samples" in home_page
    grant = Grant.objects.get()
    decide = reverse("access_decide", args=[gated.org, gated.name, grant.pk])
    assert curator.post(decide, {"move": "decline"}).status_code == 422
    assert curator.post(decide, {"move": "grant"}).status_code == 302
    assert "Has access" in ann.get(reverse("home")).content.decode()
    assert page(ann, gated, "dataset").status_code == 200
    assert curator.post(decide, {"move": "revoke", "reason": "It was passed on."}).status_code == 302
    assert page(ann, gated, "dataset").status_code == 302
    assert "It was passed on." in ann.get(reverse("home")).content.decode()


@pytest.fixture
def release(gated: Dataset) -> Release:
    accepted_stories(2, person(), person())
    return built_release(gated)


def test_the_clients_of_the_hub_are_told_that_it_is_gated(client: Client, release: Release) -> None:
    info, file = "/hub/api/datasets/exempla/samples", "/hub/datasets/exempla/samples/resolve/main/README.md"
    terms, ann = terms_for(release.dataset), person()
    bearer = token_for(ann)
    for address in (info, file, f"{info}/refs", f"{info}/tree/main", f"{info}/auth-check"):
        stranger, told = client.get(address), client.get(address, headers=bearer)
        assert (stranger.status_code, stranger["X-Error-Code"]) == (401, "GatedRepo")
        assert (told.status_code, told["X-Error-Code"]) == (403, "GatedRepo")
        assert told.json()["code"] == "access_needed"
        assert "/datasets/exempla/samples/access/" in told.json()["error"]
    with pytest.raises(AccessNeeded):
        load_release(ann, "exempla", "samples", release.version)
    asked(ann, release.dataset, terms)
    assert client.get(file, headers=bearer).status_code == 200
    assert client.get(info, headers=bearer).json()["gated"] == "auto"
    terms_for(release.dataset, by_request=True, anew=False)
    assert client.get(info, headers=bearer).json()["gated"] == "manual"
    revoke_access(actor=person(Role.CURATOR), grant=Grant.objects.get(), reason="Passed on.")
    assert client.get(file, headers=bearer)["X-Error-Code"] == "GatedRepo"


def test_a_client_counts_once_a_day_for_each_version_and_heads_and_cards_never(release: Release) -> None:
    set_visibility(actor=person(Role.CURATOR), dataset=release.dataset, visibility="public")
    shard = release.files.filter(path__startswith="stories/").first()
    rows, card = (f"/hub/datasets/exempla/samples/resolve/main/{path}" for path in (shard.path, "README.md"))  # type: ignore[union-attr]
    # What counted before is remembered until midnight.
    one, other = (Client(HTTP_USER_AGENT=secrets.token_hex()) for _ in range(2))
    one.head(rows)
    one.get(card)
    assert downloads_by_day(release) == []
    one.get(rows)
    one.get(rows, headers={"Range": "bytes=0-3"})
    one.get(reverse("release_zip", args=["exempla", "samples", release.version]))
    other.get(rows)
    assert downloads_by_day(release) == [(datetime.now(UTC).date().isoformat(), 2)]
    assert downloads_lately(release.dataset) == 2
    shown = one.get(reverse("release", args=["exempla", "samples", release.version])).content.decode()
    assert "2 downloads" in shown
    assert "2 downloads in 30 days" in one.get(reverse("dataset", args=["exempla", "samples"])).content.decode()


def test_a_count_that_fails_fails_no_download(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curation.access.actions.counting.COUNT", "INSERT INTO nothing VALUES (%s, %s, %s)")
    request = RequestFactory().get("/", HTTP_USER_AGENT=secrets.token_hex())
    count_download(request, release)
    assert not DailyDownloads.objects.exists()


def test_a_web_server_is_handed_the_file_and_the_parts_of_a_zip(release: Release) -> None:
    """By the two names that Django's handler looks for; what a server reads in their place is the same."""
    set_visibility(actor=person(Role.CURATOR), dataset=release.dataset, visibility="public")
    version = f"/datasets/exempla/samples/{release.version}"
    for address in (f"{version}/zip/", f"{version}/files/manifest.json"):
        answer: Any = Client().get(address)
        handed, size = answer.file_to_stream, answer.block_size
        assert any(isinstance(part, FilePart) for part in handed.parts)
        os.fstat(handed.fileno())
        read = b"".join(iter(lambda: handed.read(size), b""))  # noqa: B023
        assert read == b"".join(answer.streaming_content)
        handed.close()


def test_a_proxy_is_asked_to_send_a_file(client: Client, release: Release, settings: Any) -> None:
    set_visibility(actor=person(Role.CURATOR), dataset=release.dataset, visibility="public")
    file = release.files.get(path="README.md")
    address = "/hub/datasets/exempla/samples/resolve/main/README.md"
    settings.FILES_SENT_BY_PROXY = "X-Accel-Redirect"
    told = client.get(address, headers={"Range": "bytes=0-3"})
    key = f"blobs/{file.blob_id[:2]}/{file.blob_id}"
    assert (told.status_code, told["X-Accel-Redirect"], told.content) == (200, f"/exempla-files/{key}", b"")
    assert (told["ETag"], told["X-Repo-Commit"]) == (f'"{file.blob.git_sha1}"', release.manifest_sha256[:40])
    assert "X-Accel-Redirect" not in client.head(address).headers, "it is answered here, with the length"
    settings.FILES_SENT_BY_PROXY = "X-Sendfile"
    assert Path(client.get(address)["X-Sendfile"]).read_bytes().startswith(b"---")
