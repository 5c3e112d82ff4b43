"""Imported files, kept by their hash for provenance under `EXEMPLA_HOME/files/imports`."""

import os
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from curation.core.errors import InvalidInput
from curation.stories.readers.members import DATA
from curation.stories.readers.prose import SUFFIXES

PIECE = 1 << 20
HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """A kept file: its path below the files' root, the SHA-256 of its bytes (64 hex digits), and its size in bytes."""

    path: str
    sha256: str
    size: int


def full_path(path: str) -> Path:
    """Return where the kept file `path` is on this machine."""
    return Path(settings.MEDIA_ROOT) / path


def keep(path: Path) -> Kept:
    """Copy a file, or pack a folder, to where imported files are kept, once per content.

    A folder is packed the same way every time, so that its hash is the hash of what is in it.
    """
    if not path.exists():
        raise InvalidInput(_("There is no file %(path)s.") % {"path": path})
    if path.parent == full_path("imports") and HASH.fullmatch(path.name):
        return Kept(f"imports/{path.name}", path.name, path.stat().st_size)
    with _draft() as draft:
        if path.is_dir():
            _pack(path, draft)
        else:
            with path.open("rb") as stream:
                while piece := stream.read(PIECE):
                    draft.write(piece)
        return _settle(draft)


@contextmanager
def as_file(path: Path) -> Iterator[Path]:
    """Give a file for `path`, a file or a folder, that is gone again afterwards if it had to be packed."""
    if not path.is_dir():
        yield path
        return
    with tempfile.NamedTemporaryFile() as packed:
        _pack(path, packed)
        packed.flush()
        yield Path(packed.name)


def keep_stream(pieces: Iterable[bytes]) -> Kept:
    """Keep what comes in pieces, such as an upload."""
    with _draft() as draft:
        for piece in pieces:
            draft.write(piece)
        return _settle(draft)


@contextmanager
def _draft() -> Iterator[IO[bytes]]:
    folder = full_path("imports")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="draft-", delete=False) as draft:
        try:
            yield draft
        finally:
            Path(draft.name).unlink(missing_ok=True)


def _settle(draft: IO[bytes]) -> Kept:
    draft.flush()
    os.fsync(draft.fileno())
    size, digest = draft.tell(), sha256()
    draft.seek(0)
    while piece := draft.read(PIECE):
        digest.update(piece)
    path = f"imports/{digest.hexdigest()}"
    os.replace(draft.name, full_path(path))
    return Kept(path, digest.hexdigest(), size)


def _pack(folder: Path, draft: IO[bytes]) -> None:
    readable = {*DATA, *SUFFIXES}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in readable and path.is_file())
    if not found:
        raise InvalidInput(
            _("The folder %(folder)s has no Markdown, text, CSV, TSV, JSON, Parquet or Arrow files.")
            % {"folder": folder}
        )
    roots = [folder.resolve()]
    # A hub client's cache has links in `snapshots/REVISION`, to the files themselves in `blobs`.
    if roots[0].parent.name == "snapshots":
        roots.append(roots[0].parent.parent / "blobs")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
        for path in found:
            if not any(path.resolve().is_relative_to(root) for root in roots):
                raise InvalidInput(
                    _("%(path)s is a link that leads out of the folder. Put the file itself in.") % {"path": path}
                )
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            entry.file_size = path.stat().st_size
            with path.open("rb") as stream, archive.open(entry, "w") as member:
                while piece := stream.read(PIECE):
                    member.write(piece)
