"""What a file would bring, before anything is stored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from django.core.cache import cache
from django.utils.translation import get_language

from curation.core.errors import InvalidInput
from curation.stories.mapping import Rejected, guess, story_from
from curation.stories.readers import (
    Doubtful,
    Encoding,
    EncodingChoice,
    FileRow,
    FileUnreadable,
    encoding_named,
    open_file,
)

SHOWN = 5
# A page that offers thousands for every field takes minutes to build and to read.
MOST_OFFERED = 300
# For so long, and if its columns' names have so many characters at most, what took the whole file is remembered.
REMEMBERED_SECONDS, MOST_REMEMBERED = 3600, 100_000


@dataclass(frozen=True)
class Preview:
    """A file's format, encoding, columns and first rows, and the mapping that its columns' names suggest.

    Where a person has to choose the encoding first, only `doubt`, the sentence that says so, and `choices` are there.
    With `encoding_open` another one may be chosen. `found` has the encoding of each text in it, for the next look.
    """

    file_format: str = ""
    encoding: str = ""
    encoding_open: bool = False
    notes: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[FileRow] = field(default_factory=list)
    guessed: dict[str, str] = field(default_factory=dict)
    doubt: str = ""
    choices: list[EncodingChoice] = field(default_factory=list)
    found: dict[str, Encoding] = field(default_factory=dict)

    @property
    def offered(self) -> list[str]:
        """The columns that a page lets a person choose from: the first ones, and those that are guessed."""
        return list(dict.fromkeys([*self.columns[:MOST_OFFERED], *self.guessed.values()]))

    @property
    def not_offered(self) -> int:
        """How many columns only the command takes, by name."""
        return len(self.columns) - len(self.offered)


def preview(*, path: Path, file_name: str, encoding: str = "", sha256: str = "") -> Preview:
    """Look at the first rows of a file, in the `encoding` that a person chose. `InvalidInput` says why that fails.

    Encodings, and columns that rows name themselves, take the whole file. Of one with the hash `sha256` they are
    remembered for an hour in the shared cache, so that the pages about it read its beginning only.
    """
    named = hashlib.sha256(f"{file_name}\0{encoding}\0{get_language()}".encode(errors="surrogateescape")).hexdigest()
    key = f"stories.look:{sha256}:{named}"
    known: Preview | None = cache.get(key) if sha256 else None
    if known and known.doubt:
        return known
    try:
        look = _look(path, file_name, encoding, known)
    except Doubtful as doubt:
        look = Preview(doubt=str(doubt), choices=doubt.choices)
    except FileUnreadable as error:
        raise InvalidInput(str(error)) from error
    if sha256 and not known and sum(map(len, [*look.columns, *look.notes, *look.found])) <= MOST_REMEMBERED:
        cache.set(key, replace(look, rows=[]), REMEMBERED_SECONDS)
    return look


def _look(path: Path, file_name: str, encoding: str, known: Preview | None) -> Preview:
    found = dict(known.found) if known else {}
    with open_file(path, file_name, encoding and encoding_named(encoding), found) as reader:
        if known:
            return replace(known, rows=[_tried(row, known.guessed) for row in islice(reader.rows(), SHOWN)])
        # Found first: what comes late is among the notes.
        columns = reader.columns
        guessed = guess(columns)
        return Preview(
            file_format=reader.format,
            encoding=reader.encoding,
            encoding_open=reader.encoding_open,
            notes=reader.notes,
            columns=columns,
            rows=[_tried(row, guessed) for row in islice(reader.rows(), SHOWN)],
            guessed=guessed,
            found=found,
        )


def _tried(row: FileRow, mapping: Mapping[str, str]) -> FileRow:
    """Return the row with the reason why it would be rejected, if it would."""
    if not row.problem and "text" in mapping:
        try:
            story_from(row.values, mapping=mapping, defaults={})
        except Rejected as reason:
            row.problem = str(reason)
    return row
