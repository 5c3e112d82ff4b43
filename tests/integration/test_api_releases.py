"""Datasets and releases over the API: what pages show, made by the same actions, for the same people."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotations.models import Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.accounts.people import close_account
from curation.api.urls import v1
from curation.audit.models import Entry
from curation.releases.actions import build_due, limit_person, looking, start_release
from curation.releases.card import row_in
from curation.releases.models import Dataset, Release
from curation.releases.story_ids import public_id
from tests.api import Caller, problem
from tests.builders import accepted_stories, built_release, dataset, failed, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path
    return tmp_path


@pytest.fixture
def release(home: Path) -> Release:
    accepted_stories(2, person(), person())
    return built_release(dataset("samples", visibility="private"))


SAMPLES = "datasets/exempla/samples"
V1 = f"{SAMPLES}/releases/v0.1.0"


def test_a_version_is_asked_for_once_and_followed_until_it_is_there(home: Path) -> None:
    accepted_stories(2, person(), person())
    curator = Caller(person(Role.CURATOR))
    made = curator("POST", "datasets", {"org": "exempla", "name": "samples", "visibility": "private"})
    assert made.status_code == 201, made.content
    assert made["Location"] == f"/api/v1/{SAMPLES}"
    assert made.json()["license"] == "CC-BY-4.0"
    outlook = curator.get(f"{SAMPLES}/outlook")
    assert (outlook["version"], outlook["previous"], outlook["added"]) == ("v0.1.0", None, 2)
    assert (outlook["blockers"], outlook["weakest"]) == ([], None)
    asked = [
        curator("POST", f"{SAMPLES}/releases", {"version": "v0.1.0", "formats": ["text"]}, Idempotency_Key="one")
        for _again in range(2)
    ]
    assert [answer.status_code for answer in asked] == [202, 202]
    assert asked[0].json() == asked[1].json()
    assert asked[0]["Location"] == f"/api/v1/{V1}"
    assert Release.objects.count() == 1
    waiting = curator.get(V1)
    assert (waiting["state"], waiting["rows_total"], waiting["figures"]) == ("pending", 2, None)
    assert waiting["formats"] == ["text"]
    refused = curator("POST", f"{SAMPLES}/releases", {"version": "v0.2.0"})
    assert problem(refused) == (409, "conflict")
    assert curator.get(f"{SAMPLES}/outlook")["blockers"] == [refused.json()["detail"]]
    assert curator("DELETE", V1).status_code == 204
    assert problem(curator("GET", V1)) == (404, "not_found")


def test_a_version_that_a_worker_finds_to_understate_the_change_is_taken_back_and_its_name_is_free(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "AT_ONCE", 0)
    curator, address = Caller(person(Role.CURATOR)), f"{SAMPLES}/releases/v0.1.1"
    accepted_stories(1)
    asked = {"version": "v0.1.1", "notes": "A title."}
    assert curator("POST", f"{SAMPLES}/releases", asked).status_code == 202
    build_due()
    found = curator.get(address)
    assert (found["state"], found["figures"]) == ("failed", None)
    assert "use v0.2.0 or later" in found["error"]
    assert curator("DELETE", address).status_code == 204
    assert curator("POST", f"{SAMPLES}/releases", asked).status_code == 202


def test_a_built_version_says_what_is_in_it(release: Release) -> None:
    researcher = Caller(person(Role.RESEARCHER))
    found = researcher("GET", V1)
    said = found.json()
    assert (said["state"], said["rows_done"], said["created_by"]) == ("built", 2, None)
    assert said["figures"]["counts"]["stories"] == 2
    assert said["figures"]["change"]["added"] == 2
    assert sum(said["rows"]["stories"].values()) == 2
    assert said["figures"]["counts"]["ratings"].keys() <= said["figures"]["agreement"].keys()
    assert researcher("GET", V1, If_None_Match=found["ETag"]).status_code == 304
    [listed] = researcher.get(f"{SAMPLES}/releases")["results"]
    assert listed == {
        name: value for name, value in said.items() if name not in {"figures", "rows", "selection", "left_out"}
    }
    assert [one["newest"] for one in researcher.get("datasets?org=exempla")["results"]] == ["v0.1.0"]
    assert researcher.get("datasets?org=other")["results"] == []


def test_an_unfinished_version_is_the_curators_alone(home: Path) -> None:
    accepted_stories(2, person(), person())
    start_release(actor=SYSTEM, dataset=dataset("samples"), version="v0.1.0")
    failed(Release, "The disk was full.")
    researcher, curator = Caller(person(Role.RESEARCHER)), Caller(person(Role.CURATOR))
    assert researcher.get(f"{SAMPLES}/releases")["results"] == []
    assert problem(researcher("GET", V1)) == (404, "not_found")
    assert curator.get(V1)["error"] == "The disk was full."
    again = curator.post(f"{V1}/retry")
    assert (again["state"], again["error"]) == ("pending", "")


def test_files_come_as_from_the_page_and_who_fetches_rows_is_noted(release: Release) -> None:
    curator = person(Role.CURATOR)
    caller = Caller(curator)
    files = {one["path"]: one for one in caller.get(f"{V1}/files")["results"]}
    assert files.keys() == set(release.files.values_list("path", flat=True))
    readme = caller("GET", f"{V1}/files/README.md", Accept="application/octet-stream").getvalue()
    assert hashlib.sha256(readme).hexdigest() == files["README.md"]["sha256"]
    # The card shows a row, with the means of its story.
    noted = Recusal.objects.get()
    assert (noted.user_id, public_id(noted.story.normal_sha256)) == (curator.pk, row_in(readme.decode()))
    shard = next(path for path in files if path.startswith("stories/"))
    whole = caller("GET", f"{V1}/files/{shard}").getvalue()
    assert hashlib.sha256(whole).hexdigest() == files[shard]["sha256"]
    part = caller("GET", f"{V1}/files/{shard}", Range="bytes=4-9")
    assert (part.status_code, part.getvalue()) == (206, whole[4:10])
    assert caller("GET", f"{V1}/files/{shard}", Range=f"bytes={len(whole)}-").status_code == 416
    assert set(Recusal.objects.values_list("user", "story")) == {
        (curator.pk, story) for story in release.items.values_list("story", flat=True)
    }
    assert Entry.objects.filter(verb="release.downloaded", actor=curator).count() == 1
    assert problem(caller("GET", f"{V1}/files/..%2Fmanifest.json")) == (404, "not_found")


def test_no_other_site_leads_a_browser_to_rows(release: Release) -> None:
    client = Client(headers={"Sec-Fetch-Site": "cross-site"})
    client.force_login(person(Role.CURATOR))
    for path in ("zip", "files/README.md"):
        assert problem(client.get(f"/api/v1/{V1}/{path}")) == (403, "not_allowed")
    assert not Recusal.objects.exists()


def test_a_zip_recuses_too(release: Release) -> None:
    curator = person(Role.CURATOR)
    sent = Caller(curator)("GET", f"{V1}/zip")
    assert sent.getvalue().startswith(b"PK")
    assert Recusal.objects.filter(user=curator).count() == 2


def test_whoever_may_not_open_a_dataset_is_told_nothing_of_it(release: Release) -> None:
    annotator, closed = Caller(person()), Caller(person(Role.CURATOR))
    for path in (SAMPLES, f"{SAMPLES}/outlook", f"{SAMPLES}/releases", V1, f"{V1}/files", f"{V1}/zip"):
        assert problem(annotator("GET", path)) == (404, "not_found")
    assert annotator.get("datasets")["results"] == []
    close_account(actor=SYSTEM, user=closed.user)
    assert problem(closed("GET", f"{V1}/files/README.md")) == (401, "token_refused")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"org": "a b", "name": "x"}, (422, "invalid_input")),
        ({"org": "exempla", "name": "SAMPLES"}, (409, "conflict")),
        ({"org": "exempla", "name": "y", "license": "WTFPL"}, (422, "invalid_input")),
        ({"org": "exempla"}, (422, "invalid_input")),
    ],
)
def test_a_dataset_that_cannot_be_is_refused(sent: dict[str, str], said: tuple[int, str]) -> None:
    dataset("samples")
    assert problem(Caller(person(Role.CURATOR))("POST", "datasets", sent)) == said
    assert Dataset.objects.count() == 1


def test_a_dataset_says_from_its_next_version_on_what_it_is(home: Path) -> None:
    kept, curator = dataset("samples", title="Samples"), Caller(person(Role.CURATOR))
    read = curator("GET", SAMPLES)
    changed = curator("PATCH", SAMPLES, {"description": " Kind machines. "}, If_Match=read["ETag"])
    assert changed.json() == read.json() | {"description": "Kind machines."}
    late = curator("PATCH", SAMPLES, {"title": "Other"}, If_Match=read["ETag"])
    assert (problem(late), late.json()["current"]) == ((412, "changed_meanwhile"), changed.json())
    for no_etag in (changed["ETag"].strip('"'), "", "any", f"W/{changed['ETag']}"):
        assert problem(curator("PATCH", SAMPLES, {"title": "Other"}, If_Match=no_etag)) == (412, "changed_meanwhile")
    assert curator("PATCH", SAMPLES, {"title": ""}, If_Match=changed["ETag"]).json()["title"] == str(kept)
    assert problem(curator("PATCH", SAMPLES, {"license": "MIT"})) == (422, "invalid_input")
    assert problem(Caller(person(Role.RESEARCHER), "read")("PATCH", SAMPLES, {})) == (403, "scope_missing")


def test_lists_cost_the_same_however_long(home: Path, django_assert_num_queries: Any) -> None:
    accepted_stories(2, person(), person())
    curator = Caller(person(Role.CURATOR))
    for number in range(3):
        built_release(dataset(f"d{number}"))
    curator.get("datasets")
    with django_assert_num_queries(3):
        curator.get("datasets")
    with django_assert_num_queries(3):
        curator.get("datasets/exempla/d0/releases")
    with django_assert_num_queries(3):
        curator.get("datasets/exempla/d0/releases/v0.1.0/files")


def test_a_curator_who_is_limited_finds_only_their_datasets(release: Release) -> None:
    theirs, curator = dataset("theirs", visibility="private"), Caller(person(Role.CURATOR))
    limit_person(actor=SYSTEM, user=curator.user, orgs=[], datasets=[theirs])
    assert [one["name"] for one in curator.get("datasets")["results"]] == ["theirs"]
    for path in (SAMPLES, V1, f"{V1}/files/README.md"):
        assert problem(curator("GET", path)) == (404, "not_found")
    assert problem(curator("POST", f"{SAMPLES}/releases", {"version": "v0.2.0"})) == (404, "not_found")
    assert problem(curator("POST", "datasets", {"org": "exempla", "name": "more"})) == (403, "not_allowed")
    open_to_all = dataset("open")
    assert curator.get("datasets/exempla/open")["newest"] is None
    wanted = {"version": "v0.1.0", "notes": "It is not theirs."}
    assert problem(curator("POST", f"datasets/{open_to_all}/releases", wanted)) == (403, "not_allowed")
    assert problem(curator("GET", f"datasets/{open_to_all}/outlook")) == (403, "not_allowed")


def test_whoever_was_not_let_in_to_a_gated_dataset_is_told_so_at_every_address_of_its_versions(
    release: Release,
) -> None:
    """The bytes come from the views of pages, which lead people to where they ask."""
    Dataset.objects.update(visibility="gated")
    told = {}
    for user in (person(), person(Role.RESEARCHER)):
        caller, client = Caller(user), Client()
        client.force_login(user)
        for pattern in map(str, (one.pattern for one in v1)):
            if "<str:version>" in pattern:
                address = re.sub(r"<\w+:(\w+)>", r"{\1}", pattern).format(
                    org="exempla", name="samples", version="v0.1.0", path="README.md", split="train", row=0
                )
                answers = caller("GET", address), client.get(f"/api/v1/{address}")
                told[address] = {(one.status_code, one.json()["code"]) for one in answers if one.status_code != 405}
    assert len(told) > 10
    refused = {(403, "access_needed"), (403, "not_allowed"), (404, "not_found")}
    assert {address: said for address, said in told.items() if not said <= refused} == {}
    for place in ("files", "files/README.md", "zip", "rows"):
        assert told[f"{V1}/{place}"] == {(403, "access_needed")}
