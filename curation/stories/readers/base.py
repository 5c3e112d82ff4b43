"""What every reader offers: a format, an encoding, columns, and rows one at a time."""

import io
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Self

from django.utils import translation
from django.utils.translation import gettext as _

from curation.core.numbers import grouped
from curation.core.plain_text import levels
from curation.stories import reasons
from curation.stories.columns import MOST_COLUMNS, nested
from curation.stories.text import storable

# A cell may be this long, in characters, a line in these or in bytes of UTF-8, and a text file that is read whole in
# bytes.
MAX_PIECE = 8_000_000
# What reads, keeps and writes a value calls itself for what is inside it, and Python stops that at about 1,000 calls.
MOST_NESTED = 100
LOOKED_AT, MOST_TOLD = 100, 20


# Codecs whose bad bytes cannot be kept one by one.
REPLACED = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "iso2022_jp"}


def errors_for(codec: str) -> str:
    """Return how bytes that `codec` cannot read are marked: if possible as lone surrogates, which no story may hold."""
    return "replace" if codec in REPLACED else "surrogateescape"


class FileUnreadable(ValueError):
    """This file cannot be read at all; the message says why, and what would help."""


class Unlike(FileUnreadable):
    """One of several files is not in the encoding chosen for all. `reason` says so in English, to be stored."""

    def __init__(self, form: str, named: Mapping[str, str]) -> None:
        super().__init__(translation.gettext(form) % named)
        self.reason = form % named


@dataclass(slots=True)
class FileRow:
    """One row: its number in the file, from 1, and its values by column, or the problem that makes them useless.

    `utf8` has values in UTF-8 where that is known without working it out.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    utf8: Mapping[str, bytes | None] = field(default_factory=dict, compare=False)


def row_of(number: int, values: dict[str, Any]) -> FileRow:
    """Return a row of these values, or the problem that one of them is nested more than `MOST_NESTED` deep."""
    deep = any(depth > MOST_NESTED for depth, _level in enumerate(levels(values)))
    return FileRow(number, problem=reasons.TOO_DEEP) if deep else FileRow(number, values)


@dataclass(frozen=True)
class Encoding:
    """A codec's name, what a person should know about how it was found, and whether another one can be chosen."""

    codec: str
    note: str = ""
    open: bool = False


@dataclass(frozen=True)
class NamedBytes:
    """Bytes with a name: a file, or a member of an open zip archive; and the encoding a person chose, if one did.

    `shared` says that they chose it for other files as well. `found` keeps the encoding of each text by its name: what
    is in it already need not be looked for, which takes the whole text.
    """

    name: str
    path: Path
    member: zipfile.ZipInfo | None = None
    archive: zipfile.ZipFile | None = None
    encoding: str = ""
    shared: bool = False
    found: dict[str, Encoding] = field(default_factory=dict)

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
    """Reads one file as rows. `columns` are in the file's order; `notes` tell a person what was assumed.

    With `encoding_open` its text, or some of it, could be read in another encoding, which a person may choose.

    Where rows name their own columns, asking for `columns` reads the whole file: one may come with the last row.
    """

    format = ""

    def __init__(self, blob: NamedBytes, encoding: Encoding | None = None) -> None:
        self.blob = blob
        self.encoding = encoding.codec if encoding else ""
        self.encoding_open = bool(encoding and encoding.open)
        self.notes = [encoding.note] if encoding and encoding.note else []
        self.stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is open."""
        return

    @abstractmethod
    def rows(self) -> Iterator[FileRow]:
        """Yield the rows in order, the same at every call; raise `FileUnreadable` where the file breaks off."""

    def position(self) -> int:
        """Return how many of the file's bytes the running `rows()` has read."""
        return self.stream.tell() if self.stream and not self.stream.closed else 0

    def verify(self) -> None:
        """Raise `FileUnreadable` if the file is broken in a way that would only show after rows were stored."""
        return

    @cached_property
    def columns(self) -> list[str]:
        """The columns' names; `data.text` is what is named `text` inside the objects of `data`."""
        return self.look()

    def look(self) -> list[str]:
        """Return the columns of all rows, in order of appearance, then those inside objects; note the late ones."""
        own: dict[str, int] = {}
        inner: dict[str, int] = {}
        for row in self.rows():
            for name, value in row.values.items():
                if name not in own and len(own) < MOST_COLUMNS:
                    own[name] = row.number
                if type(value) is dict and len(inner) < MOST_COLUMNS:
                    for path in nested(name, value.items()):
                        inner.setdefault(path, row.number)
        found = {storable(name): first for name, first in {**own, **inner, **own}.items()}
        late = {name: first for name, first in found.items() if first > LOOKED_AT}
        if late:
            told = [_("“%(column)s” from row %(n)s on") % {"column": name, "n": grouped(n)} for name, n in late.items()]
            listed = "; ".join(told[:MOST_TOLD]) + ("; …" if len(told) > MOST_TOLD else "")
            self.notes.append(_("Columns that come late: %(columns)s.") % {"columns": listed})
        return list(found)

    def open(self) -> IO[bytes]:
        """Open the bytes, and follow how far they are read."""
        self.stream = self.blob.open()
        return self.stream

    def text(self, codec: str, newline: str | None) -> io.TextIOWrapper:
        """Open the bytes as text. Bytes that are not text become lone surrogates, which no story may hold."""
        return io.TextIOWrapper(self.open(), encoding=codec, errors=errors_for(codec), newline=newline)
