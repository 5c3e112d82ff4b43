"""What can go wrong with a bucket, said so that somebody can mend it, and never with a key in it."""

import io
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse

from curation.core.storage import ContentDiffers, FileMissing, StorageError, StorageFull, StorageUnavailable, copies
from curation.core.storage.bucket import PART, Bucket
from curation.core.storage.configured import Configured, from_environment
from curation.core.storage.folder import Folder
from tests.buckets import BARE, KEYS, Server, free_port, served

SMALL = b"The tug waited for the pilot.\n" * 20
KEY = f"blobs/aa/{sha256(SMALL).hexdigest()}"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, **BARE}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def store(s3: Server, tmp_path: Path) -> Bucket:
    return Bucket(s3.bucket(), copies=tmp_path / "copies")


def tries(store: Bucket) -> Iterator[Any]:
    """Each way in which a storage is used."""
    yield store.reach
    yield store.probe
    yield lambda: store.size(KEY)
    yield lambda: store.put(KEY, io.BytesIO(SMALL))
    yield lambda: list(store.read(KEY))
    yield lambda: list(store.entries("blobs"))
    yield lambda: store.remove(KEY)


def test_a_bucket_that_is_not_there_is_named_as_the_trouble(s3: Server, tmp_path: Path) -> None:
    store = Bucket(Configured(bucket="nowhere", endpoint=s3.endpoint), tmp_path)
    for use in tries(store):
        with pytest.raises(StorageUnavailable, match=r"bucket for files does not exist.*STORAGE_URL"):
            use()


def test_a_server_that_is_down_is_named_as_the_trouble(tmp_path: Path) -> None:
    store = Bucket(Configured(bucket="any", endpoint=f"http://127.0.0.1:{free_port()}"), tmp_path)
    for use in (store.reach, lambda: store.size(KEY)):
        with pytest.raises(StorageUnavailable, match=r"does not answer.*AWS_ENDPOINT_URL_S3"):
            use()


def test_keys_that_are_missing_wrong_or_too_weak_are_named_as_the_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path / "server.log") as guarded:
        configured = guarded.bucket()
        weak = guarded.guarded("s3:ListBucket")
        secrets = [*KEYS.values(), *weak.values()]
        cases = [
            ("There are no keys for the bucket", dict.fromkeys(KEYS, "")),
            ("The bucket refuses the keys", KEYS),
            ("The bucket refuses the keys", {**weak, "AWS_SECRET_ACCESS_KEY": "not it"}),
            ("The keys may not do this", weak),
        ]
        for number, (words, given) in enumerate(cases):
            for name, value in given.items():
                monkeypatch.setenv(name, value)
            # A client of its own, as a process that was started with these keys has.
            store = Bucket(Configured(**{**vars(configured), "region": f"us-east-{number}"}), tmp_path / "copies")
            listing, _probing, *rest = tries(store)
            for use in rest[:3] if given is weak else [listing, *rest]:
                with pytest.raises(StorageUnavailable, match=words) as told:
                    use()
                assert not any(secret in str(told.value) for secret in secrets)
                assert told.value.__cause__ is None
        assert caplog.records
        assert not any(secret in caplog.text for secret in secrets)


@pytest.mark.parametrize(
    ("code", "status", "words", "kind"),
    [
        ("ExpiredToken", 400, "refuses the keys", StorageUnavailable),
        ("PermanentRedirect", 301, "another region.*AWS_REGION", StorageUnavailable),
        ("RequestTimeTooSkewed", 403, "clock", StorageUnavailable),
        ("XMinioStorageFull", 507, "no space left", StorageFull),
        ("QuotaExceeded", 403, "no space left", StorageFull),
        ("Peculiar<b>", 400, "refuses .Peculiar", StorageUnavailable),
    ],
)
def test_other_refusals_are_told_apart(
    tmp_path: Path, code: str, status: int, words: str, kind: type[StorageError]
) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            escaped = code.replace("<", "&lt;")
            body = f"<Error><Code>{escaped}</Code><Message>{KEYS['AWS_ACCESS_KEY_ID']}</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    with answering(Refusing) as endpoint:
        store = Bucket(Configured(bucket="any", endpoint=endpoint, region="eu-north-9"), tmp_path)
        with pytest.raises(kind, match=words) as told:
            store.put(KEY, io.BytesIO(SMALL))
    assert KEYS["AWS_ACCESS_KEY_ID"] not in str(told.value)


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server of our own that answers as no sound one would."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_download_whose_connection_breaks_goes_on_where_it_broke(tmp_path: Path) -> None:
    ranges: list[str | None] = []
    at_once = 250

    class Breaking(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ranges.append(self.headers.get("Range"))
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(SMALL) - start))
            self.end_headers()
            self.wfile.write(SMALL[start : start + at_once])

        def log_message(self, *args: Any) -> None:
            return

    with answering(Breaking) as endpoint:
        store = Bucket(Configured(bucket="any", endpoint=endpoint), tmp_path)
        assert b"".join(store.read(KEY)) == SMALL
        assert ranges == [None, "bytes=250-", "bytes=500-"]
        at_once = 50
        with pytest.raises(StorageUnavailable):
            b"".join(store.read(KEY))


def test_a_full_disk_is_named_as_the_trouble(tmp_path: Path, store: Bucket) -> None:
    large = b"x" * (PART + 1)
    name = sha256(large).hexdigest()
    store.put(f"blobs/aa/{name}", io.BytesIO(large))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (PART // 2, limits[1]))
    try:
        with pytest.raises(StorageFull, match="no space left"):
            Folder(tmp_path / "home").put(f"blobs/aa/{name}", io.BytesIO(large))
        with pytest.raises(StorageFull, match="no space left"), store.on_disk(f"blobs/aa/{name}"):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_copy_is_fetched_once_and_only_whole(store: Bucket, s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    key = store.keep("files/imports", io.BytesIO(SMALL)).key
    raw = {"Bucket": store.configured.bucket, "Key": f"team/one/{key}"}
    s3.client().put_object(**raw, Body=SMALL[:-1] + b"!")
    with pytest.raises(ContentDiffers), store.on_disk(key):
        pass
    assert not list(store.copies.folder.iterdir())
    store.put(key, io.BytesIO(SMALL))
    with store.on_disk(key) as path:
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (SMALL, 0o600)
    s3.client().delete_object(**raw)
    with store.on_disk(key) as path:
        assert path.read_bytes() == SMALL
    # What is removed here has no copy here either.
    store.remove(key)
    with pytest.raises(FileMissing), store.on_disk(key):
        pass
    store.put(key, io.BytesIO(SMALL))
    with store.on_disk(key):
        s3.client().delete_object(**raw)
    # An hour later the next use of any copy removes it, unless somebody reads it just then.
    other = store.keep("files/imports", io.BytesIO(b"other")).key
    old = time.time() - copies.KEPT_SECONDS - 1
    with store.on_disk(key) as path:
        os.utime(path, (old, old))
        with store.on_disk(other):
            assert path.exists()
    os.utime(path, (old, old))
    with store.on_disk(other):
        assert not path.exists()
    with pytest.raises(FileMissing), store.on_disk(key):
        pass


def test_a_link_downloads_under_a_name_and_holds_no_secret(store: Bucket, s3: Server) -> None:
    store.put(KEY, io.BytesIO(SMALL))
    link = store.link(KEY, name="README.md", content_type="text/markdown; charset=utf-8")
    assert link is not None
    with urlopen(link) as answer:  # noqa: S310
        assert answer.read() == SMALL
        assert answer.headers["Content-Disposition"] == 'attachment; filename="README.md"'
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    with urlopen(Request(link, headers={"Range": "bytes=4-6"})) as answer:  # noqa: S310
        assert (answer.status, answer.read()) == (206, b"tug")
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["900"]
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in link
    changed = {**vars(store.configured), "public_endpoint": "https://files.example.org"}
    public = Bucket(Configured(**changed), store.copies.folder).link(KEY, name="a", content_type="b/c")
    assert public is not None
    assert public.startswith(f"https://files.example.org/{store.configured.bucket}/team/one/{KEY}?")
    through = Configured(**{**vars(store.configured), "redirect": False})
    assert Bucket(through, store.copies.folder).link(KEY, name="a", content_type="b/c") is None


@pytest.mark.django_db
def test_the_check_and_the_probe_of_readiness_tell_of_it(settings: Any, s3: Server, client: Client) -> None:
    settings.STORAGE = s3.bucket()
    call_command("check", deploy=True, tags=["storage"])
    assert client.get(reverse("readyz")).json()["storage"] == "ok"
    settings.STORAGE = Configured(bucket="nowhere", endpoint=s3.endpoint)
    with pytest.raises(SystemCheckError, match="The bucket for files does not exist"):
        call_command("check", deploy=True, tags=["storage"])
    # No other command asks.
    call_command("check")
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()["storage"], answer.json()["status"]) == (200, "down", "ok")


def test_the_environment_says_where_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment() == Configured()
    monkeypatch.setenv("STORAGE_URL", "file:///srv/shared%20files")
    assert from_environment() == Configured(folder="/srv/shared files")
    monkeypatch.setenv("STORAGE_URL", "s3://team-files/exempla/one/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://s3.example.org/")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("STORAGE_REDIRECT", "0")
    at = "https://s3.example.org"
    assert from_environment() == Configured("team-files", "exempla/one", "", at, "", "eu-north-1", redirect=False)
    monkeypatch.setenv("STORAGE_PUBLIC_ENDPOINT", "https://files.example.org")
    assert from_environment().public_endpoint == "https://files.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORAGE_URL", "https://bucket.example.org"),
        ("STORAGE_URL", "s3:///no-bucket"),
        ("STORAGE_URL", "file://relative/folder"),
        ("STORAGE_URL", "s3://someone:hunter2@bucket"),
        ("AWS_ENDPOINT_URL_S3", "s3.example.org"),
        ("AWS_ENDPOINT_URL_S3", "https://someone:hunter2@s3.example.org"),
        ("STORAGE_PUBLIC_ENDPOINT", "ftp://files.example.org"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("STORAGE_URL", "s3://bucket")
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name) as told:
        from_environment()
    assert "hunter2" not in str(told.value)


def test_not_even_a_talkative_log_has_what_a_request_is_signed_with() -> None:
    from curation import settings

    quiet = settings.LOGGING["loggers"]
    assert quiet["botocore"] == quiet["urllib3"] == {"level": "WARNING"}
