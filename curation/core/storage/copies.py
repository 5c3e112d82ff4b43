"""Copies of a bucket's files on this machine, for readers that go back and forth in a file."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from curation.core.storage.errors import ContentDiffers, disk_explained

# An import is read in slices of a minute, and looked at many times while its columns are chosen.
KEPT_SECONDS = 3600
DRAFT = "draft-"


class Copies:
    """Copies in `folder` under their SHA-256. One that was not used for an hour goes at the next use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def of(self, digest: str, fetch: Callable[[], Iterator[bytes]]) -> Iterator[Path]:
        """Give the copy of a file, fetched if need be; `ContentDiffers` if what comes is not what the hash names."""
        path = self.folder / digest
        with disk_explained():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._discard_unused(path)
            held = self._open_locked(path)
            while held is None:
                self._fetch(path, digest, fetch)
                held = self._open_locked(path)
        try:
            yield path
        finally:
            os.close(held)

    def discard(self, digest: str) -> None:
        """Remove the copy of a file; who reads it keeps it until they are through."""
        with disk_explained():
            (self.folder / digest).unlink(missing_ok=True)

    def _open_locked(self, path: Path) -> int | None:
        """Open the copy with a lock that keeps it from being removed, and note its use; None if there is no copy."""
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        try:
            os.utime(path)
        except FileNotFoundError:
            # It was removed between the two.
            os.close(descriptor)
            return None
        return descriptor

    def _fetch(self, path: Path, digest: str, fetch: Callable[[], Iterator[bytes]]) -> None:
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=DRAFT, delete=False) as draft:
            try:
                found = sha256()
                for piece in fetch():
                    found.update(piece)
                    draft.write(piece)
                if found.hexdigest() != digest:
                    raise ContentDiffers
                draft.flush()
                os.replace(draft.name, path)
            finally:
                Path(draft.name).unlink(missing_ok=True)

    def _discard_unused(self, wanted: Path) -> None:
        before = time.time() - KEPT_SECONDS
        for path in self.folder.iterdir():
            try:
                if path == wanted or path.stat().st_mtime > before:
                    continue
                descriptor = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
            except BlockingIOError:
                continue
            finally:
                os.close(descriptor)
