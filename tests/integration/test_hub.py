"""What is answered under /hub, by the headers and codes that the Hub's clients go by, and to whom."""

import hashlib
import secrets
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from annotations.models import Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, Scope, User
from curation.accounts.tokens import create_token, revoke_token, tokens_of
from curation.audit.models import Entry
from curation.releases.actions import build, describe_dataset, start_release, withdraw_version
from curation.releases.models import Release, ReleaseFile
from curation.releases.models.release import ReleaseState
from tests.builders import accepted_stories, built_release, dataset, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def release() -> Release:
    accepted_stories(2, person(), person())
    return built_release(dataset("samples"))


@pytest.fixture
def private() -> Release:
    accepted_stories(2, person(), person())
    return built_release(dataset("samples", visibility="private"))


SAMPLES = "/hub/api/datasets/exempla/samples"
FILES = "/hub/datasets/exempla/samples/resolve"


def token_for(user: User, scopes: list[str] | None = None) -> dict[str, str]:
    secret = create_token(actor=user, user=user, name="notebook", scopes=scopes or [Scope.READ])[1]
    return {"Authorization": f"Bearer {secret}"}


def shard_of(release: Release) -> ReleaseFile:
    file = release.files.select_related("blob").filter(path__startswith="stories/").first()
    assert file is not None
    return file


def git_name(content: bytes) -> str:
    """What `git hash-object` says."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def sent(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def refusal(answer: Any) -> tuple[int, str, str]:
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["error"] == answer.json()["detail"]
    return answer.status_code, answer.json()["code"], answer.headers.get("X-Error-Code", "")


def test_a_file_says_its_commit_its_length_and_what_clients_keep_it_under(client: Client, release: Release) -> None:
    commit = release.manifest_sha256[:40]
    shard = shard_of(release)
    rows, card = client.get(f"{FILES}/v0.1.0/{shard.path}"), client.get(f"{FILES}/{commit}/README.md")
    for answer in (rows, card):
        content = sent(answer)
        assert (answer.status_code, int(answer["Content-Length"])) == (200, len(content))
        assert answer["X-Repo-Commit"] == commit
        assert not [name for name in answer.headers if "xet" in name.lower()]
        kept = hashlib.sha256(content).hexdigest() if answer is rows else git_name(content)
        assert answer["ETag"] == f'"{kept}"'
    head = client.head(f"{FILES}/main//{shard.path}")
    assert [head[name] for name in ("ETag", "Content-Length", "X-Repo-Commit")] == [
        rows[name] for name in ("ETag", "Content-Length", "X-Repo-Commit")
    ]
    assert head.headers.get("Location") is None
    again = client.get(f"{FILES}/main/{shard.path}", headers={"If-None-Match": rows["ETag"]})
    assert (again.status_code, again["X-Repo-Commit"]) == (304, commit)


def test_a_part_of_a_file_is_sent(client: Client, release: Release) -> None:
    shard = shard_of(release)
    address, size = f"{FILES}/main/{shard.path}", shard.blob.size
    part = client.get(address, headers={"Range": "bytes=-4"})
    assert (part.status_code, sent(part), part["Content-Range"]) == (
        206,
        b"PAR1",
        f"bytes {size - 4}-{size - 1}/{size}",
    )
    tag = f'"{shard.blob_id}"'
    assert client.get(address, headers={"Range": "bytes=0-3", "If-Range": tag}).status_code == 206
    card = client.get(f"{FILES}/main/README.md", headers={"Range": "bytes=0-3", "If-Range": tag})
    assert card.status_code == 200, "another file's tag"
    assert client.get(address, headers={"Range": f"bytes={size}-"}).status_code == 416


def test_files_and_folders_are_listed_with_the_names_that_git_gives_them(client: Client, release: Release) -> None:
    shard = shard_of(release)
    told = client.get(f"{SAMPLES}/tree/main").json()
    assert [entry["path"] for entry in told] == sorted({file.path.split("/")[0] for file in release.files.all()})
    [card] = [entry for entry in told if entry["path"] == "README.md"]
    content = sent(client.get(f"{FILES}/main/README.md"))
    assert card == {
        "type": "file", "path": "README.md", "size": len(content),
        "oid": git_name(content),
    }  # fmt: skip
    below = {entry["path"]: entry for entry in client.get(f"{SAMPLES}/tree/main?recursive=True").json()}
    assert {path for path, entry in below.items() if entry["type"] == "file"} == {
        file.path for file in release.files.all()
    }
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{shard.blob_id}\nsize {shard.blob.size}\n".encode()
    )
    assert below[shard.path]["oid"] == git_name(pointer)
    assert below[shard.path]["lfs"] == {"oid": shard.blob_id, "size": shard.blob.size, "pointerSize": len(pointer)}
    assert "xet" not in str(below)
    inside = client.get(f"{SAMPLES}/tree/main/stories").json()
    assert [entry["path"] for entry in inside] == [path for path in below if path.startswith("stories/")]
    asked = client.post(f"{SAMPLES}/paths-info/main", {"paths": ["stories", shard.path, "gone"], "expand": "True"})
    assert [(entry["path"], entry["type"]) for entry in asked.json()] == [
        ("stories", "directory"), (shard.path, "file"),
    ]  # fmt: skip
    assert {entry["lastCommit"]["id"] for entry in asked.json()} == {release.manifest_sha256[:40]}
    for lost in ("gone", "README.md", shard.path + "/deeper"):
        assert refusal(client.get(f"{SAMPLES}/tree/main/{lost}")) == (404, "not_found", "EntryNotFound")


def test_a_withdrawn_version_stays_under_its_tag_with_a_warning_and_main_passes_it_over(
    client: Client, release: Release
) -> None:
    second = built_release(release.dataset, "v0.1.1")
    assert client.get(f"{SAMPLES}").json()["sha"] == second.manifest_sha256[:40]
    withdraw_version(actor=SYSTEM, release=second, reason="The splits were mixed up.")
    assert client.get(f"{SAMPLES}").json()["sha"] == release.manifest_sha256[:40]
    old, withdrawn = (client.head(f"{FILES}/{tag}/README.md") for tag in ("main", "v0.1.1"))
    assert withdrawn["X-Repo-Commit"] == second.manifest_sha256[:40]
    assert withdrawn["X-HF-Warning"].startswith("withdrawn; exempla/samples v0.1.1")
    assert "X-HF-Warning" not in old.headers
    withdraw_version(actor=SYSTEM, release=release, reason="This too.")
    refs = client.get(f"{SAMPLES}/refs").json()
    assert (refs["branches"], [tag["name"] for tag in refs["tags"]]) == ([], ["v0.1.1", "v0.1.0"])
    assert refusal(client.get(SAMPLES)) == (404, "not_found", "RevisionNotFound")


def test_a_new_version_of_the_card_is_told_of_the_dataset_and_changes_no_commit(
    client: Client, release: Release
) -> None:
    before = client.get(SAMPLES).json(), sent(client.get(f"{FILES}/main/README.md"))
    describe_dataset(actor=SYSTEM, dataset=release.dataset, description="Told anew.", doi="10.5555/xyz")
    after = client.get(SAMPLES).json(), sent(client.get(f"{FILES}/main/README.md"))
    assert after == ({**before[0], "description": "Told anew."}, before[1])


def test_what_is_not_there_is_told_by_the_codes_that_clients_read(client: Client, release: Release) -> None:
    commit = release.manifest_sha256[:40]
    lost = client.head(f"{FILES}/main/samples.py")
    assert (lost.status_code, lost["X-Error-Code"], lost["X-Repo-Commit"]) == (404, "EntryNotFound", commit)
    for revision in ("v9.9.9", "0" * 40, commit[:12], "latest", "refs/convert/parquet"):
        asked = client.get(f"{SAMPLES}/revision/{revision.replace('/', '%2F')}")
        assert refusal(asked) == (404, "not_found", "RevisionNotFound")
        assert client.get(f"{FILES}/{revision}/README.md")["X-Error-Code"] == "RevisionNotFound"
    researcher = token_for(person(Role.RESEARCHER))
    for address in ("/hub/api/datasets/exempla/other", "/hub/api/datasets/squad", "/hub/api/models/gpt2"):
        assert refusal(client.get(address)) == (401, "not_signed_in", "RepoNotFound")
        assert refusal(client.get(address, headers=researcher)) == (404, "not_found", "RepoNotFound")


def test_a_private_dataset_is_served_to_a_token_of_those_inside_alone(client: Client, private: Release) -> None:
    address = f"{FILES}/v0.1.0/{shard_of(private).path}"
    researcher, annotator, closed = person(Role.RESEARCHER), person(), person(Role.RESEARCHER)
    assert client.get(address, headers=token_for(researcher)).status_code == 200
    assert refusal(client.get(address)) == (401, "not_signed_in", "RepoNotFound")
    assert refusal(client.get(address, headers=token_for(annotator))) == (404, "not_found", "RepoNotFound")
    curator = person(Role.CURATOR)
    assert refusal(client.get(address, headers=token_for(curator, [Scope.RELEASE])))[:2] == (403, "scope_missing")
    gone = token_for(closed)
    revoke_token(actor=closed, token=tokens_of(closed).get())
    for bad in (gone, {"Authorization": "Bearer hf_x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer é"}):
        answer = client.get(address, headers=bad)
        assert refusal(answer)[:2] == (401, "token_refused")
        assert answer["X-Error-Message"] == "Invalid credentials in Authorization header"


def test_a_stranger_may_ask_so_often_a_minute_from_one_address_and_whoever_has_a_token_more(
    client: Client, release: Release, settings: Any
) -> None:
    settings.STRANGERS_REQUESTS_A_MINUTE = 2
    place, readme = f"198.51.100.{secrets.randbelow(250)}", f"{FILES}/main/README.md"
    # Five, as a new minute may begin among them.
    answers = [client.head(readme, REMOTE_ADDR=place) for _call in range(5)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(0 < int(answer["Retry-After"]) <= 60 for answer in refused)
    researcher = token_for(person(Role.RESEARCHER))
    assert {client.head(readme, headers=researcher, REMOTE_ADDR=place).status_code for _call in range(5)} == {200}


def test_what_is_told_of_a_dataset_is_asked_for_again_each_time(client: Client, release: Release) -> None:
    for headers in ({}, token_for(person(Role.RESEARCHER))):
        for address in (SAMPLES, f"{SAMPLES}/refs", f"{SAMPLES}/tree/main"):
            assert client.get(address, headers=headers)["Cache-Control"] == "private, no-cache"


def test_nobody_is_served_a_version_before_it_is_built(client: Client, release: Release, settings: Any) -> None:
    """Not curators either, who see it on its page."""
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = True
    asked_by = person(Role.CURATOR)
    waiting = build(
        release=start_release(actor=asked_by, dataset=release.dataset, version="v0.1.1", notes="For a test.")
    )
    assert waiting.state == ReleaseState.AWAITING
    curator = token_for(asked_by)
    for revision in ("v0.1.1", waiting.manifest_sha256[:40]):
        asked = client.get(f"{SAMPLES}/revision/{revision}", headers=curator)
        assert refusal(asked) == (404, "not_found", "RevisionNotFound")
    assert [tag["name"] for tag in client.get(f"{SAMPLES}/refs", headers=curator).json()["tags"]] == ["v0.1.0"]
    assert client.get(SAMPLES, headers=curator).json()["sha"] == release.manifest_sha256[:40]


def fetch(client: Client, release: Release, **headers: str) -> HttpResponse:
    answer: Any = client.get(f"{FILES}/main/{shard_of(release).path}", headers=headers)
    assert answer.status_code == 200
    return answer


def test_who_fetches_rows_is_noted_once_and_reviews_none_of_them_blind(client: Client, release: Release) -> None:
    annie = person()
    bearer = token_for(annie)
    client.head(f"{FILES}/main/{shard_of(release).path}", headers=bearer)
    client.get(f"{FILES}/main/CHANGELOG.md", headers=bearer)
    assert not Recusal.objects.filter(user=annie).exists()
    for _again in range(2):
        fetch(client, release, **bearer)
    assert Entry.objects.filter(verb="release.downloaded", actor=annie).count() == 1
    assert Recusal.objects.filter(user=annie).count() == release.items.count()


def test_it_is_noted_when_a_token_was_last_used(client: Client, release: Release) -> None:
    annie = person()
    bearer = token_for(annie)
    assert tokens_of(annie).get().last_used_at is None
    client.get(SAMPLES, headers=bearer)
    assert tokens_of(annie).get().last_used_at is not None


def test_a_stranger_leaves_no_trace_and_another_site_cannot_make_one_in_somebodys_name(
    client: Client, release: Release
) -> None:
    fetch(client, release)
    client.force_login(person())
    fetch(client, release, **{"Sec-Fetch-Site": "cross-site"})
    assert not Entry.objects.filter(verb="release.downloaded").exists()
    fetch(client, release)
    assert Entry.objects.filter(verb="release.downloaded").count() == 1


def test_a_file_takes_as_many_statements_however_many_versions_and_files_there_are(
    client: Client, release: Release, django_assert_num_queries: Any
) -> None:
    bearer, path = token_for(person(Role.RESEARCHER)), shard_of(release).path
    fetch(client, release, **bearer)
    built_release(release.dataset, "v0.1.1")
    # The token, the dataset, the version, the file, and that the download is noted.
    with django_assert_num_queries(5):
        client.get(f"{FILES}/v0.1.0/{path}", headers=bearer)
    with django_assert_num_queries(3):
        client.get(f"{SAMPLES}/tree/v0.1.0")
