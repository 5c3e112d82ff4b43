"""Zip archives: of Markdown and text, or a `datasets` folder. Nothing is ever unpacked under a member's own name."""

import zipfile
import zlib
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from curation.stories.readers.base import MOST_TOLD, FileRow, FileUnreadable, NamedBytes, Reader
from curation.stories.readers.members import check, choose
from curation.stories.readers.prose import ProseReader
from curation.stories.readers.zip_names import mend_names


class Archive(Reader):
    """Reads the data files of a `datasets` folder one after the other, or the prose of a folder as one story each."""

    format = "zip"

    def __init__(self, blob: NamedBytes, open_member: Callable[[NamedBytes], Reader]) -> None:
        super().__init__(blob)
        self.open_member = open_member
        with self.undamaged():
            self.archive = zipfile.ZipFile(blob.path)
        try:
            with self.undamaged():
                mend_names(self.archive)
                choice = choose(self.archive, check(self.archive))
                self.prose = choice.prose
                shared = len(choice.names) > 1
                self.members = [
                    NamedBytes(
                        name, blob.path, self.archive.getinfo(name), self.archive, blob.encoding, shared, blob.found
                    )
                    for name in choice.names
                ]
                self.child = self._child(self.members[0])
        except FileUnreadable:
            self.archive.close()
            raise
        self.total = sum(member.size() for member in self.members)
        self.done = 0
        self.encoding, self.encoding_open = self.child.encoding, self.child.encoding_open
        self.notes = [*choice.notes, *self.child.notes]

    def look(self) -> list[str]:
        if self.prose:
            with self.undamaged():
                columns = self.child.columns
            self.notes += [note for note in self.child.notes if note not in self.notes]
            self.encoding_open = self.child.encoding_open
            return columns
        found: dict[str, str] = {}
        with self.undamaged():
            for member in self.members:
                with self.open_member(member) as child:
                    self.encoding_open = self.encoding_open or child.encoding_open
                    for name in child.columns:
                        found.setdefault(name, member.name)
        late = [f"{name} ({file})" for name, file in found.items() if file != self.members[0].name]
        if late:
            listed = ", ".join(late[:MOST_TOLD]) + (", …" if len(late) > MOST_TOLD else "")
            self.notes.append(_("Columns that the first file has not: %(columns)s.") % {"columns": listed})
        return [*found, _source_column(found)]

    def close(self) -> None:
        self.archive.close()

    @contextmanager
    def undamaged(self) -> Iterator[None]:
        """Turn what a broken archive raises into one kind of error."""
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
            text = _("This zip archive is damaged or of a kind that is not read here: %(error)s")
            raise FileUnreadable(text % {"error": error}) from error

    def _child(self, member: NamedBytes) -> Reader:
        return ProseReader(self.members) if self.prose else self.open_member(member)

    def rows(self) -> Iterator[FileRow]:
        self.done = number = 0
        with self.undamaged():
            for member in self.members[:1] if self.prose else self.members:
                self.child = self._child(member)
                for row in self.child.rows():
                    number += 1
                    row.number = number
                    if not self.prose:
                        row.values = {**row.values, _source_column(row.values): member.name}
                        row.problem = f"{member.name}: {row.problem}" if row.problem else ""
                    yield row
                self.done += member.size()

    def position(self) -> int:
        if isinstance(self.child, ProseReader):
            return self.blob.size() * self.child.done // len(self.members)
        return self.blob.size() * min(self.done + self.child.position(), self.total) // max(self.total, 1)

    def verify(self) -> None:
        with self.undamaged():
            for member in self.members:
                with member.open() as stream:
                    while stream.read(1 << 20):
                        pass
            if not self.prose:
                for member in self.members:
                    self.open_member(member).verify()


def _source_column(columns: Container[str]) -> str:
    return "source file" if "source file" not in columns else "source file (2)"
