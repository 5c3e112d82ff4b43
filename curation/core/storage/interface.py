"""The one way to files: what every storage does, and what is the same for all of them."""

import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as new_sha256
from io import BytesIO
from pathlib import Path
from typing import IO

from curation.core.storage.errors import ContentDiffers

PIECE = 1 << 20
KEY = re.compile(r"(?:[0-9a-z-]+/)+[0-9a-f]{64}")


@dataclass(frozen=True)
class KeptFile:
    """A kept file: its key, the SHA-256 of its bytes (64 hex digits) and its size in bytes."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class StoredFile:
    """A file in a listing; `modified` is when it was last put."""

    key: str
    size: int
    modified: datetime

    @property
    def sha256(self) -> str:
        """What the file's bytes hash to."""
        return self.key.rpartition("/")[2]


class Storage(ABC):
    """Whole files under keys such as `files/imports/SHA256`, whose last part is the SHA-256 of the bytes.

    Every method raises `StorageUnavailable` while the storage cannot be reached, and `FileMissing` where it needs a
    file that is not there.
    """

    def keep(self, folder: str, source: IO[bytes]) -> KeptFile:
        """Store what `source`, a seekable file, holds under its own hash in `folder`."""
        source.seek(0)
        digest, size = digest_of(pieces_of(source))
        source.seek(0)
        key = f"{folder}/{digest}"
        self.put(key, source)
        return KeptFile(key, digest, size)

    @abstractmethod
    def put(self, key: str, source: IO[bytes]) -> None:
        """Store the rest of `source`, a seekable file, durably and all at once; one that is there already is renewed.

        `ContentDiffers` unless its bytes are those that the key names, `StorageFull` when there is no room. Then
        nothing of it is left.
        """

    def take(self, key: str, path: Path, *, checked: bool = False) -> None:
        """Store a local file as `put` does, and remove it.

        Of one that is `checked`, the caller has just read that its bytes are those that the key names.
        """
        with path.open("rb") as source:
            self.put(key, source)
        path.unlink()

    @abstractmethod
    def size(self, key: str) -> int | None:
        """Return how many bytes a file has, or None if it is not there."""

    @abstractmethod
    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield `length` bytes from `start`, all by default, in pieces, from the first of which on it may raise.

        The content is not compared with its hash.
        """

    @abstractmethod
    def open(self, key: str, size: int) -> IO[bytes]:
        """Open a file of `size` bytes to read here and there in it."""

    @abstractmethod
    def on_disk(self, key: str) -> AbstractContextManager[Path]:
        """Give a local path with all of a file, to read for the block; `ContentDiffers` if a copy is not whole."""

    @abstractmethod
    def link(self, key: str, *, name: str, content_type: str) -> str | None:
        """Return an address from which anyone can GET the file for a few minutes, as a download called `name`.

        None where files are sent by the web server itself.
        """

    @abstractmethod
    def path(self, key: str) -> Path | None:
        """Return where the file itself lies on this machine, or None where it does not; `FileMissing` if it is gone."""

    @abstractmethod
    def entries(self, folder: str) -> Iterator[StoredFile]:
        """List the files in a folder and below it, in no order."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""

    @abstractmethod
    def discard_unfinished(self, folder: str, before: datetime) -> None:
        """Remove what was left of files that a process began to put before then and did not finish."""

    @abstractmethod
    def reach(self, *, quick: bool = False) -> None:
        """Find out, changing nothing, whether the storage answers; raise `StorageUnavailable` with the reason if not.

        A `quick` look gives up after a few seconds.
        """

    def probe(self) -> None:
        """Try all that is needed: put, list, read and remove a file. Raises what goes wrong."""
        content = secrets.token_bytes(32)
        key = f"checks/{new_sha256(content).hexdigest()}"
        self.reach()
        self.put(key, BytesIO(content))
        try:
            if b"".join(self.read(key)) != content:
                raise ContentDiffers
            list(self.entries("checks"))
        finally:
            self.remove(key)


def sha256_in(key: str) -> str:
    """Return the hash that a key ends in; `ValueError` if it is no key."""
    if not KEY.fullmatch(key):
        raise ValueError(f"no key of a stored file: {key[:100]}")
    return key.rpartition("/")[2]


def pieces_of(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of a file."""
    while piece := source.read(PIECE):
        yield piece


def digest_of(pieces: Iterator[bytes]) -> tuple[str, int]:
    """Return the SHA-256 (64 hex digits) and the number of bytes of what comes in pieces."""
    digest, size = new_sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size
