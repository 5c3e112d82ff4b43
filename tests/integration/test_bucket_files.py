"""Imports and releases with their files in a bucket of a real S3 server."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Unavailable
from curation.core.storage import StorageUnavailable, orphans, storage
from curation.core.storage.configured import Configured
from curation.erasure.actions import ask_purge, purge
from curation.releases import blobs
from curation.releases.actions import discard_abandoned, start_release
from curation.releases.actions.building import build
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from curation.stories import actions as stories
from curation.stories import reasons
from curation.stories.actions.importing import claim, run_import
from curation.stories.files import key_of
from curation.stories.models import ImportRun, Story
from curation.stories.models.imports import ImportState
from curation.stories.tasks import import_stories
from tests import builders
from tests.buckets import BARE, KEYS, Server, free_port

pytestmark = pytest.mark.django_db
ROWS = "".join(json.dumps({"text": f"The tug waited for pilot {n}."}) + "\n" for n in range(3)).encode()
DOWN = "The storage for files does not answer"


@pytest.fixture(autouse=True)
def bucket(s3: Server, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configured:
    for name, value in {**KEYS, **BARE}.items():
        monkeypatch.setenv(name, value)
    cache.clear()
    settings.HOME, settings.STORAGE = tmp_path / "home", s3.bucket()
    return settings.STORAGE


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(builders.person(Role.CURATOR))
    return client


def started(file: Path) -> ImportRun:
    return stories.start_import(actor=SYSTEM, source=builders.source(), path=file)


def down(configured: Configured) -> Configured:
    """The same bucket, at an address where nobody answers."""
    return replace(configured, endpoint=f"http://127.0.0.1:{free_port()}")


def stored_under(s3: Server) -> set[str]:
    """The keys of all objects in the bucket of this test."""
    kept: Configured = settings.STORAGE
    listed = s3.client().list_objects_v2(Bucket=kept.bucket, Prefix=kept.prefix)
    return {one["Key"].removeprefix(kept.prefix).lstrip("/") for one in listed.get("Contents", [])}


def of_release(release: Release, name: str = "release", **parts: str) -> str:
    dataset = release.dataset
    return reverse(name, args=[dataset.org, dataset.name, release.version, *parts.values()])


def other_host(settings: Any, tmp_path: Path, name: str) -> None:
    """Go on as another machine: with a state directory of its own and nothing in it."""
    settings.HOME = tmp_path / name


def upload(client: Client) -> Any:
    return client.post(reverse("import_new"), {"file": SimpleUploadedFile("pilots.jsonl", ROWS)})


def test_an_upload_of_one_host_is_looked_at_on_a_second_and_imported_on_a_third(
    curator: Client, settings: Any, tmp_path: Path
) -> None:
    there = upload(curator)["Location"]
    other_host(settings, tmp_path, "second")
    form = curator.get(there).context["form"]
    data = {name: form[name].initial or "" for name in form.fields if name != "source"}
    assert curator.post(there, {**data, "new_source": "pilots"}).status_code == 302
    other_host(settings, tmp_path, "third")
    import_stories()
    run = ImportRun.objects.get()
    assert (run.state, run.created) == (ImportState.DONE, 3)
    assert b"".join(storage().read(key_of(sha256(ROWS).hexdigest()))) == ROWS
    assert not (settings.HOME / "files").exists()


def test_an_import_whose_file_cannot_be_fetched_waits_and_goes_on(
    settings: Any, bucket: Configured, tmp_path: Path
) -> None:
    file = tmp_path / "pilots.jsonl"
    file.write_bytes(ROWS)
    run = started(file)
    other_host(settings, tmp_path, "worker")
    settings.STORAGE = down(bucket)
    import_stories()
    run.refresh_from_db()
    assert (run.state, run.error) == (ImportState.PENDING, reasons.OUT_OF_REACH)
    settings.STORAGE = bucket
    ImportRun.objects.update(next_at=timezone.now())
    import_stories()
    run.refresh_from_db()
    assert (run.state, run.created) == (ImportState.DONE, 3)


def test_an_import_whose_kept_file_was_changed_says_so(s3: Server, bucket: Configured, tmp_path: Path) -> None:
    file = tmp_path / "pilots.jsonl"
    file.write_bytes(ROWS)
    run = started(file)
    (tmp_path / "home" / "copies" / run.file_sha256).unlink()
    key = f"{bucket.prefix}/{key_of(run.file_sha256)}"
    s3.client().put_object(Bucket=bucket.bucket, Key=key, Body=ROWS[:-9])
    mine = claim()
    assert mine is not None
    run = run_import(run=mine)
    assert (run.state, "Import it again" in run.error) == (ImportState.FAILED, True)
    assert Story.objects.count() == 0


def test_an_upload_with_the_storage_down_says_so_on_the_form(
    curator: Client, settings: Any, bucket: Configured, tmp_path: Path
) -> None:
    settings.STORAGE = down(bucket)
    answer = upload(curator)
    assert answer.status_code == 422
    assert DOWN in answer.content.decode()
    file = tmp_path / "pilots.jsonl"
    file.write_bytes(ROWS)
    with pytest.raises(CommandError, match=DOWN):
        call_command("import_stories", str(file), stdout=io.StringIO(), stderr=io.StringIO())


def released() -> Release:
    builders.accepted_stories(2)
    return builders.built_release(builders.dataset())


def test_a_file_is_fetched_from_the_bucket_and_its_tag_still_counts_here(
    curator: Client, settings: Any, tmp_path: Path
) -> None:
    release = released()
    other_host(settings, tmp_path, "web")
    file = release.files.select_related("blob").filter(path__startswith="stories/").earliest("path")
    url, tag = of_release(release, "release_file", path=file.path), f'"{file.blob_id}"'
    sent = curator.get(url)
    assert (sent.status_code, sent["Cache-Control"], sent["ETag"]) == (302, "private, no-store", tag)
    with urlopen(sent["Location"]) as answer:  # noqa: S310
        content = answer.read()
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{file.path.replace("/", "-")}"'
        assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert sha256(content).hexdigest() == file.blob_id
    with urlopen(Request(sent["Location"], headers={"Range": "bytes=0-3"})) as part:  # noqa: S310
        assert (part.status, part.read()) == (206, b"PAR1")
    assert curator.get(url, headers={"if-none-match": tag}).status_code == 304
    assert curator.get(url, headers={"range": f"bytes={len(content)}-"}).status_code == 416
    head = curator.head(url)
    assert (head.status_code, head["Content-Length"], head["ETag"]) == (200, str(len(content)), tag)
    # A download goes on here, where the tag is ours.
    rest = curator.get(url, headers={"range": "bytes=4-", "if-range": tag})
    assert (rest.status_code, b"".join(rest.streaming_content)) == (206, content[4:])
    settings.STORAGE = replace(settings.STORAGE, redirect=False)
    through = curator.get(url, headers={"range": "bytes=0-3"})
    assert (through.status_code, b"".join(through.streaming_content)) == (206, b"PAR1")
    assert through["Content-Range"] == f"bytes 0-3/{len(content)}"


def test_the_zip_is_put_together_from_the_bucket(curator: Client, settings: Any, tmp_path: Path) -> None:
    release = released()
    other_host(settings, tmp_path, "web")
    answer = curator.get(of_release(release, "release_zip"))
    content = b"".join(answer.streaming_content)
    assert int(answer["Content-Length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        found = {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert found == dict(release.files.values_list("path", "blob_id"))


def test_a_release_is_verified_where_it_lies(s3: Server, bucket: Configured, settings: Any, tmp_path: Path) -> None:
    release = released()
    other_host(settings, tmp_path, "elsewhere")
    assert verify(release).ok
    blob = release.files.get(path="README.md").blob_id
    key = f"{bucket.prefix}/{blobs.key_of(blob)}"
    s3.client().put_object(Bucket=bucket.bucket, Key=key, Body=b"another")
    (problem,) = verify(release).problems
    assert (problem.path, "was changed" in problem.message) == ("README.md", True)
    storage().remove(blobs.key_of(blob))
    (problem,) = verify(release).problems
    assert "missing" in problem.message
    settings.STORAGE = down(bucket)
    with pytest.raises(StorageUnavailable):
        verify(release)


def test_a_page_says_what_it_knows_while_the_storage_is_down(
    curator: Client, settings: Any, bucket: Configured
) -> None:
    release = released()
    shown = curator.get(of_release(release)).content.decode()
    assert "What it means" in shown
    assert DOWN not in shown
    settings.STORAGE = down(bucket)
    page = curator.get(of_release(release))
    assert (page.status_code, "Manifest SHA-256" in page.content.decode()) == (200, True)
    assert DOWN in page.content.decode()
    assert curator.get(of_release(release, "release_file", path="README.md")).status_code == 503


def test_what_a_page_shows_of_the_rows_is_asked_of_the_bucket_once(curator: Client, bucket: Configured) -> None:
    release = released()
    first = curator.get(of_release(release)).content.decode()
    for file in release.files.filter(path__endswith=".parquet"):
        storage().remove(blobs.key_of(file.blob_id))
    assert curator.get(of_release(release)).content.decode().count("<td") == first.count("<td")


def test_a_build_that_cannot_store_its_files_waits_with_the_reason_and_goes_on(
    settings: Any, bucket: Configured
) -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0", notes="")
    settings.STORAGE = down(bucket)
    with pytest.raises(Unavailable, match=DOWN):
        build(release=release)
    release.refresh_from_db()
    assert (release.state, DOWN in release.error, release.files.count()) == (ReleaseState.PENDING, True, 0)
    settings.STORAGE = bucket
    Release.objects.update(next_at=Now())
    assert build(release=release).state == ReleaseState.BUILT


def test_files_that_no_row_names_are_swept_and_all_others_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    release = released()
    file = tmp_path / "pilots.jsonl"
    file.write_bytes(ROWS)
    run = started(file)
    storage().keep("files/imports", io.BytesIO(b"never imported"))
    storage().put(blobs.key_of(sha256(b"of a failed build").hexdigest()), io.BytesIO(b"of a failed build"))
    assert (discard_abandoned(), stories.discard_abandoned()) == (0, 0)
    monkeypatch.setattr(orphans, "ABANDONED_AFTER", -timedelta(days=1))
    assert (discard_abandoned(), stories.discard_abandoned()) == (1, 1)
    assert verify(release).ok
    assert [entry.key for entry in storage().entries("files")] == [key_of(run.file_sha256)]


def test_rows_are_read_from_the_bucket_and_what_is_purged_is_gone_from_it(s3: Server, curator: Client) -> None:
    story = builders.accepted_stories(2)[0]
    release = builders.built_release(builders.dataset())
    at = f"{of_release(release, 'release_rows')}?split={release.items.get(story=story).split}"
    assert story.text in curator.get(at).content.decode()
    place = of_release(release, "release_story", story=public_id(story.normal_sha256))
    assert story.text in curator.get(place, follow=True).content.decode()
    before = stored_under(s3)
    purge(purge=ask_purge(actor=SYSTEM, story=story, kind="law", reason="A court has said so."))
    gone = {blobs.key_of(file.blob_id) for file in release.files.filter(blob__purged__isnull=False)}
    assert gone
    assert gone <= before
    assert stored_under(s3) == before - gone
    assert [curator.get(address).status_code for address in (at, place)] == [410, 410]
    report = verify(release)
    assert report.ok
    assert {blobs.key_of(release.files.get(path=found.path).blob_id) for found in report.purged} == gone
