"""One suite for both storages: a local folder, and a bucket of a real S3 server."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest

from curation.core.storage import (
    ContentDiffers,
    FileMissing,
    Storage,
    StorageUnavailable,
    orphans,
)
from curation.core.storage.bucket import PART, Bucket
from curation.core.storage.folder import Folder
from curation.core.storage.orphans import discard_orphans, naming_files
from tests.buckets import BARE, KEYS, Server

ROOT = Path(__file__).resolve().parents[2]
SMALL = b"The tug waited for the pilot.\n" * 20
LARGE = bytes(range(256)) * ((2 * PART + PART // 2) // 256)
BOTH = pytest.mark.parametrize("content", [b"", SMALL, LARGE], ids=["empty", "small", "in-parts"])
LATER = timedelta(days=1)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if request.param == "folder":
        return Folder(tmp_path / "home")
    for name, value in {**KEYS, **BARE}.items():
        monkeypatch.setenv(name, value)
    return Bucket(request.getfixturevalue("s3").bucket(), copies=tmp_path / "copies")


def key_of(content: bytes) -> str:
    return f"blobs/aa/{sha256(content).hexdigest()}"


def left_over(store: Storage) -> list[str]:
    """All that lies in a storage, unfinished things too."""
    if isinstance(store, Folder):
        return [path.name for path in store.root.rglob("*") if path.is_file()]
    assert isinstance(store, Bucket)
    client, bucket = Server(store.configured.endpoint).client(), store.configured.bucket
    whole = [found["Key"] for found in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return whole + [found["Key"] for found in client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


class Source(io.BytesIO):
    """A file that calls `at` before each of its pieces is read, and notes how large they are."""

    def __init__(self, content: bytes, at: Callable[[int], None] = lambda number: None) -> None:
        super().__init__(content)
        self.at, self.pieces = at, list[int]()

    def read(self, size: int | None = -1, /) -> bytes:
        self.at(len(self.pieces))
        piece = super().read(size)
        self.pieces.append(len(piece))
        return piece


@BOTH
def test_a_file_comes_back_as_it_went_in(store: Storage, content: bytes) -> None:
    kept = store.keep("files/imports", io.BytesIO(content))
    digest = sha256(content).hexdigest()
    assert (kept.key, kept.sha256, kept.size) == (f"files/imports/{digest}", digest, len(content))
    for _ in range(2):
        assert store.size(kept.key) == len(content)
        assert b"".join(store.read(kept.key)) == content
        with store.on_disk(kept.key) as path:
            assert path.read_bytes() == content
        (entry,) = store.entries("files/imports")
        assert (entry.key, entry.sha256, entry.size) == (kept.key, digest, len(content))
        assert abs(entry.modified - datetime.now(UTC)) < timedelta(minutes=5)
        store.keep("files/imports", io.BytesIO(content))
    assert len(left_over(store)) == 1, "the same content is stored once"
    assert list(store.entries("files")) == [*store.entries("files/imports")]
    assert list(store.entries("blobs")) == []
    store.remove(kept.key)
    store.remove(kept.key)
    assert store.size(kept.key) is None
    assert left_over(store) == []


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "in-parts"])
def test_parts_of_a_file_are_read_as_asked_for(store: Storage, content: bytes) -> None:
    key = key_of(content)
    store.put(key, io.BytesIO(content))
    for start, length in [(0, 1), (7, 100), (len(content) - 5, 5), (len(content) - 5, None), (3, 0)]:
        end = len(content) if length is None else start + length
        assert b"".join(store.read(key, start, length)) == content[start:end]
    with store.open(key, len(content)) as file:
        assert file.seek(-8, io.SEEK_END) == len(content) - 8
        assert file.read() == content[-8:]
        file.seek(11)
        assert (file.read(10), file.tell()) == (content[11:21], 21)
        assert file.read(0) == b""


def test_a_large_file_is_never_whole_in_memory(store: Storage) -> None:
    source = Source(LARGE)
    store.put(key_of(LARGE), source)
    assert sum(source.pieces) == len(LARGE)
    assert max(source.pieces) <= PART
    assert max(map(len, store.read(key_of(LARGE)))) <= PART


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "in-parts"])
def test_content_that_is_not_what_its_key_says_is_refused_and_leaves_nothing(store: Storage, content: bytes) -> None:
    key = key_of(content)
    for wrong in (content[:-1], content + b"x", b"y" + content[1:]):
        with pytest.raises(ContentDiffers):
            store.put(key, io.BytesIO(wrong))
        assert store.size(key) is None
    assert left_over(store) == []
    store.put(key, io.BytesIO(content))
    with pytest.raises(ContentDiffers):
        store.put(key, io.BytesIO(content[1:]))
    assert b"".join(store.read(key)) == content, "what was there stays as it was"
    with pytest.raises(ValueError, match="no key"):
        store.put("blobs/../../etc/passwd", io.BytesIO(content))


def test_nothing_is_seen_of_a_file_before_all_of_it_is_there(store: Storage) -> None:
    seen: list[object] = []

    def look(number: int) -> None:
        seen.extend([store.size(key_of(LARGE)), *store.entries("blobs")])

    store.put(key_of(LARGE), Source(LARGE, look))
    assert len(seen) >= 3
    assert set(seen) == {None}


def test_an_upload_that_fails_half_way_leaves_nothing(store: Storage) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(key_of(LARGE), Source(LARGE, fail))
    assert left_over(store) == []


KILLED = """
import io, os, signal, sys, pathlib
from hashlib import sha256
from curation.core.storage.bucket import PART, Bucket
from curation.core.storage.configured import Configured
from curation.core.storage.folder import Folder

class Source(io.BytesIO):
    def read(self, size=-1):
        if self.tell() > PART:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(size)

kind, place, endpoint = sys.argv[1:]
content = b"z" * (3 * PART)
bucket = Configured(bucket=place, prefix="team/one", endpoint=endpoint)
store = Folder(pathlib.Path(place)) if kind == "Folder" else Bucket(bucket, pathlib.Path("copies"))
store.put("blobs/aa/" + sha256(content).hexdigest(), Source(content))
"""


def test_what_a_killed_upload_left_is_swept_once_it_is_old(store: Storage) -> None:
    place, endpoint = "", ""
    if isinstance(store, Bucket):
        place, endpoint = store.configured.bucket, store.configured.endpoint
    elif isinstance(store, Folder):
        place = str(store.root)
    child = subprocess.run([sys.executable, "-c", KILLED, type(store).__name__, place, endpoint], cwd=ROOT, check=False)
    assert child.returncode == -signal.SIGKILL
    assert len(left_over(store)) == 1
    assert list(store.entries("blobs")) == []
    # The server of the tests says of every upload in parts that it was begun in 2010.
    now = datetime.now(UTC)
    store.discard_unfinished("blobs", datetime(2009, 1, 1, tzinfo=UTC))
    store.discard_unfinished("files", now + LATER)
    assert len(left_over(store)) == 1, "another may still be sending it"
    store.discard_unfinished("blobs", now + LATER)
    assert left_over(store) == []


def test_a_missing_file_is_told_of_as_missing(store: Storage, tmp_path: Path) -> None:
    key = key_of(b"never stored")
    assert store.size(key) is None
    with pytest.raises(FileMissing):
        b"".join(store.read(key))
    with pytest.raises(FileMissing), store.open(key, 12) as file:
        file.read()
    with pytest.raises(FileMissing), store.on_disk(key):
        pass
    store.remove(key)


def test_two_who_store_the_same_at_once_do_not_harm_each_other(store: Storage) -> None:
    failed: list[Exception] = []

    def put() -> None:
        try:
            store.put(key_of(LARGE), io.BytesIO(LARGE))
            assert b"".join(store.read(key_of(LARGE))) == LARGE
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(left_over(store)) == 1


def test_a_finished_file_is_taken_from_where_it_was_made(
    store: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made.parquet"
    made.write_bytes(SMALL)
    with pytest.raises(ContentDiffers):
        store.take(key_of(LARGE), made)
    assert made.exists()
    store.take(key_of(SMALL), made)
    assert not made.exists()
    assert b"".join(store.read(key_of(SMALL))) == SMALL


def test_the_probe_tries_all_and_leaves_nothing(store: Storage) -> None:
    store.reach()
    store.probe()
    assert left_over(store) == []


@pytest.mark.django_db
def test_old_files_that_no_row_names_are_removed(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [b"named", b"not named", b"nor this"]
    keys = [store.keep("files/imports", io.BytesIO(content)).key for content in contents]
    other = store.keep("blobs", io.BytesIO(b"in another folder")).key
    asked: list[list[str]] = []

    def named(hashes: list[str]) -> list[str]:
        asked.append(hashes)
        return [one for one in hashes if keys[0].endswith(one)]

    assert discard_orphans(store, "files/imports", named) == 0
    assert asked == [], "what is young is left alone"
    # A day ahead of all that was stored, as if it were old.
    monkeypatch.setattr(orphans, "ABANDONED_AFTER", -LATER)
    monkeypatch.setattr(orphans, "BATCH", 2)
    assert discard_orphans(store, "files/imports", named) == 2
    assert sorted(len(hashes) for hashes in asked) == [1, 2]
    assert [entry.key for entry in store.entries("files")] == [keys[0]]
    assert store.size(other) == 17


@pytest.mark.django_db(transaction=True)
def test_nothing_is_swept_while_somebody_names_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    store = Folder(tmp_path)
    store.keep("blobs", io.BytesIO(SMALL))
    monkeypatch.setattr(orphans, "ABANDONED_AFTER", -LATER)
    removed: list[int] = []

    def sweep() -> None:
        removed.append(discard_orphans(store, "blobs", lambda hashes: []))
        connection.close()

    with naming_files():
        thread = Thread(target=sweep)
        thread.start()
        thread.join()
    assert removed == [0]
    sweep()
    assert removed == [0, 1]


def test_a_folder_is_closed_to_others_whatever_the_mask(tmp_path: Path) -> None:
    store = Folder(tmp_path / "deep" / "home")
    before = os.umask(0)
    try:
        store.put(key_of(SMALL), io.BytesIO(SMALL))
        made = tmp_path / "made"
        made.write_bytes(LARGE)
        store.take(key_of(LARGE), made)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "deep").rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (tmp_path / "deep").rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_what_the_caller_has_just_read_is_not_read_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, store = tmp_path / "made", Folder(tmp_path / "home")
    made.write_bytes(SMALL)
    monkeypatch.setattr("curation.core.storage.folder.digest_of", lambda pieces: pytest.fail("read once more"))
    store.take(key_of(SMALL), made, checked=True)
    assert (b"".join(store.read(key_of(SMALL))), made.exists()) == (SMALL, False)


def test_a_folder_on_another_file_system_takes_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(Path, "replace", refuse)
    made = tmp_path / "made"
    made.write_bytes(SMALL)
    Folder(tmp_path / "home").take(key_of(SMALL), made)
    assert b"".join(Folder(tmp_path / "home").read(key_of(SMALL))) == SMALL
    assert not made.exists()


def test_a_folder_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        store = Folder(root)
        for use in (store.reach, lambda store=store: store.put(key_of(SMALL), io.BytesIO(SMALL))):
            with pytest.raises(StorageUnavailable, match="folder for files cannot be"):
                use()
