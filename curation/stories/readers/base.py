"""What every reader offers: a format, an encoding, columns, and rows one at a time."""

import io
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

# A cell or a line may be this long, in characters, and a text file that is read whole this long, in bytes.
MAX_PIECE = 8_000_000
LOOKED_AT = 100


class Unreadable(ValueError):
    """This file cannot be read at all; the message says why, and what would help."""


@dataclass(slots=True)
class Row:
    """One row: its number in the file, from 1, and its values by column, or the problem that makes it useless."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Blob:
    """Bytes with a name: a file, or a member of an open zip archive."""

    name: str
    path: Path
    member: zipfile.ZipInfo | None = None
    archive: zipfile.ZipFile | None = None

    def open(self) -> IO[bytes]:
        """Open the bytes for reading."""
        return self.archive.open(self.member) if self.archive and self.member else self.path.open("rb")

    def size(self) -> int:
        """Return the number of bytes, unpacked."""
        return self.member.file_size if self.member else self.path.stat().st_size

    def head(self, size: int = 65_536) -> bytes:
        """Return the first bytes."""
        with self.open() as stream:
            return stream.read(size)


class Reader(ABC):
    """Reads one file as rows. `columns` are in the file's order; `notes` tell a person what was assumed."""

    format = ""
    encoding = ""

    def __init__(self, blob: Blob, *, notes: Iterable[str] = ()) -> None:
        self.blob = blob
        self.notes = list(notes)
        self.columns: list[str] = []
        self.stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is open."""
        return

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield the rows in order, the same at every call; raise `Unreadable` where the file breaks off."""

    def position(self) -> int:
        """Return how many of the file's bytes the running `rows()` has read."""
        return self.stream.tell() if self.stream and not self.stream.closed else 0

    def verify(self) -> None:
        """Raise `Unreadable` if the file is broken in a way that would only show after rows were stored."""
        return

    def look(self) -> list[str]:
        """Return the columns of the first rows, in order of appearance."""
        return list(dict.fromkeys(name for row in islice(self.rows(), LOOKED_AT) for name in row.values))

    def text(self, codec: str, newline: str | None) -> io.TextIOWrapper:
        """Open the bytes as text. Bytes that are not text become lone surrogates, which no story may hold."""
        self.stream = self.blob.open()
        errors = "surrogateescape" if codec in {"utf-8", "utf-8-sig", "cp1252"} else "replace"
        return io.TextIOWrapper(self.stream, encoding=codec, errors=errors, newline=newline)
