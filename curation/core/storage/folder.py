"""Files in a folder of this machine, or in one that several machines share."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from curation.core.storage.errors import ContentDiffers, FileMissing, disk_explained
from curation.core.storage.interface import PIECE, Storage, StoredFile, digest_of, pieces_of, sha256_in

DRAFT = "draft-"


class Folder(Storage):
    """Files below `root`, readable by this account alone. A file appears by a rename, so it is whole or absent."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: IO[bytes]) -> None:
        """Write a draft beside the place, make it durable, and rename it."""
        target, wanted = self._path(key), sha256_in(key)
        with disk_explained():
            self._make(target.parent)
            # Made by tempfile, it is readable by its owner alone.
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=DRAFT, delete=False) as draft:
                try:
                    digest = sha256()
                    for piece in pieces_of(source):
                        digest.update(piece)
                        draft.write(piece)
                    if digest.hexdigest() != wanted:
                        raise ContentDiffers
                    draft.flush()
                    os.fsync(draft.fileno())
                    os.replace(draft.name, target)
                finally:
                    Path(draft.name).unlink(missing_ok=True)
            _flush_folder(target.parent)

    def take(self, key: str, path: Path, *, checked: bool = False) -> None:
        """Rename the file where it lies on the same file system, which needs no space."""
        target, wanted = self._path(key), sha256_in(key)
        with disk_explained():
            with path.open("rb") as source:
                if not checked and digest_of(pieces_of(source))[0] != wanted:
                    raise ContentDiffers
                os.fsync(source.fileno())
            self._make(target.parent)
            try:
                path.chmod(0o600)
                path.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                super().take(key, path)
            else:
                _flush_folder(target.parent)

    def size(self, key: str) -> int | None:
        """Ask the file system."""
        try:
            with disk_explained():
                return self._path(key).stat().st_size
        except FileMissing:
            return None

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Read from the file, which is opened for the first piece."""
        with disk_explained(), self._path(key).open("rb") as file:
            left = os.fstat(file.fileno()).st_size - start if length is None else length
            file.seek(start)
            while left > 0 and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    def open(self, key: str, size: int) -> IO[bytes]:
        """Open the file itself; unbuffered ahead, so that a few rows cost a few pages."""
        with disk_explained():
            return self._path(key).open("rb")

    @contextmanager
    def on_disk(self, key: str) -> Iterator[Path]:
        """Give the place of the file itself."""
        if self.size(key) is None:
            raise FileMissing
        yield self._path(key)

    def link(self, key: str, *, name: str, content_type: str) -> str | None:
        """There is none: the web server sends the file."""
        return None

    def path(self, key: str) -> Path:
        """Return its place."""
        if self.size(key) is None:
            raise FileMissing
        return self._path(key)

    def entries(self, folder: str) -> Iterator[StoredFile]:
        """Walk the folder."""
        for path in self._files(folder):
            if path.name.startswith(DRAFT):
                continue
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            changed = datetime.fromtimestamp(found.st_mtime, UTC)
            yield StoredFile(path.relative_to(self.root).as_posix(), found.st_size, changed)

    def remove(self, key: str) -> None:
        """Unlink the file."""
        with disk_explained():
            self._path(key).unlink(missing_ok=True)

    def discard_unfinished(self, folder: str, before: datetime) -> None:
        """Unlink drafts of processes that were killed."""
        for path in self._files(folder):
            if path.name.startswith(DRAFT):
                try:
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink()
                except FileNotFoundError:
                    continue

    def reach(self, *, quick: bool = False) -> None:
        """See whether the folder, or where it would be made, can be written."""
        with disk_explained():
            there = next(place for place in (self.root, *self.root.parents) if place.exists())
            if not there.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def _path(self, key: str) -> Path:
        sha256_in(key)
        return self.root / key

    def _files(self, folder: str) -> Iterator[Path]:
        for parent, _folders, names in os.walk(self.root / folder):
            for name in names:
                yield Path(parent, name)

    def _make(self, folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(mode=0o700, exist_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
