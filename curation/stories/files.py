"""Imported files, kept by their hash for provenance, in the storage that all hosts share."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from curation.core.errors import InvalidInput
from curation.core.storage import KeptFile, storage
from curation.stories.readers.members import DATA
from curation.stories.readers.prose import SUFFIXES

FOLDER = "files/imports"
PIECE = 1 << 20


def key_of(sha256: str) -> str:
    """Return the storage's key of the imported file with this hash."""
    return f"{FOLDER}/{sha256}"


def keep(path: Path) -> KeptFile:
    """Copy a file, or pack a folder, to where imported files are kept, once per content.

    A folder is packed the same way every time, so that its hash is the hash of what is in it.
    """
    if not path.exists():
        raise InvalidInput(_("There is no file %(path)s.") % {"path": path})
    with as_file(path) as file, file.open("rb") as source:
        return keep_upload(source)


def keep_upload(source: IO[bytes]) -> KeptFile:
    """Keep a seekable file, such as an upload."""
    return storage().keep(FOLDER, source)


def on_disk(sha256: str) -> AbstractContextManager[Path]:
    """Give a local path with the imported file, to read for the block; `FileMissing` if it is gone."""
    return storage().on_disk(key_of(sha256))


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
