"""How large the pages of a Parquet file are, unpacked: each is unpacked whole, and a short file may claim any size.

The library tells of row groups, which are read page by page, and not of pages; so their heads are read here, which are
structs of Thrift's compact protocol (parquet.thrift, `PageHeader`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from curation.stories.readers.base import FileUnreadable

# Bytes that the largest pages of all columns may come to together, and those of a batch of rows.
MOST_UNPACKED, MOST_IN_A_BATCH = 512 << 20, 256 << 20
# Bytes that a head may have, the least and greatest values of the page in it, and pages that a file may have.
LONGEST_HEAD, MOST_PAGES = 1 << 20, 1_000_000
FIRST_READ = 256
# Of Thrift's compact protocol.
STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(13)
DICTIONARY = 2


@dataclass(frozen=True)
class Page:
    """The head of a page: its own length, what follows it packed and unpacked, and whether it is a dictionary."""

    head: int
    packed: int
    unpacked: int
    is_dictionary: bool


class CutOff(Exception):
    """The head of a page goes on behind the bytes that were read."""


class Head:
    """Reads one struct, and forgets all but numbers on its first level."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def page(self) -> Page:
        """Read a `PageHeader`: 1 is its kind, 2 and 3 how long the page is unpacked and packed."""
        found = self.struct(depth=0)
        return Page(self.at, found.get(3, 0), found.get(2, 0), found.get(1) == DICTIONARY)

    def struct(self, depth: int) -> dict[int, int]:
        """Read a struct and return its whole numbers by their field."""
        found: dict[int, int] = {}
        field = 0
        while (first := self._byte()) & 15 != STOP:
            field = field + (first >> 4) if first >> 4 else self._number()
            kind = first & 15
            if kind in (I16, I32, I64):
                found[field] = self._number()
            elif kind not in (TRUE, FALSE):
                self._skip(kind, depth)
        return found

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise CutOff
        self.at += 1
        return self.data[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            if (shift := shift + 7) > 63:
                raise ValueError("a number of more than 64 bits")

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _pass(self, size: int) -> None:
        if size > len(self.data) - self.at:
            raise CutOff
        self.at += size

    def _skip(self, kind: int, depth: int) -> None:
        if kind == BINARY:
            self._pass(self._varint())
        elif kind in (TRUE, FALSE, BYTE):
            self._pass(1)
        elif kind in (I16, I32, I64):
            self._varint()
        elif kind == DOUBLE:
            self._pass(8)
        elif kind == STRUCT and depth < 8:
            self.struct(depth + 1)
        else:
            # No head of a page has a list, a set or a map in it.
            raise ValueError(f"a value of kind {kind}")


def check_pages(stream: IO[bytes], file: pq.ParquetFile, batch: int) -> int:
    """Return how many rows are to be read at a time, `batch` at most, so that their values fit into the memory.

    Raises `FileUnreadable` for a file whose pages do not, and for one whose pages cannot be told apart.
    """
    largest: dict[int, int] = {}
    longest_value = count = 0
    about = file.metadata
    for group in range(about.num_row_groups):
        for column in range(about.num_columns):
            chunk = about.row_group(group).column(column)
            if not chunk.num_values:
                # It has no page, wherever it says that its pages are.
                continue
            first = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
            for page in pages_of(stream, first, chunk.total_compressed_size):
                count += 1
                largest[column] = max(largest.get(column, 0), page.unpacked)
                # A value that all rows have is there once.
                longest_value = max(longest_value, page.unpacked if page.is_dictionary else 0)
                if count > MOST_PAGES or sum(largest.values()) > MOST_UNPACKED:
                    raise FileUnreadable(
                        _(
                            "This Parquet file has pages that do not fit into the memory. Write it anew with pages of "
                            "about a megabyte, which is what most programs do by themselves."
                        )
                    )
    return max(1, min(batch, MOST_IN_A_BATCH // max(1, longest_value)))


def pages_of(stream: IO[bytes], start: int, size: int) -> Iterator[Page]:
    """Yield the pages of one column of one row group: `size` bytes from `start` on."""
    at, end = start, start + size
    while at < end:
        page = page_at(stream, at)
        yield page
        if page.packed < 0 or page.unpacked < 0:
            raise FileUnreadable(_("This Parquet file is damaged: a page of it has no length."))
        at += page.head + page.packed


def page_at(stream: IO[bytes], at: int) -> Page:
    """Read the head of the page at a place."""
    size = FIRST_READ
    while True:
        stream.seek(at)
        data = stream.read(size)
        try:
            return Head(data).page()
        except CutOff:
            if size >= LONGEST_HEAD or len(data) < size:
                raise FileUnreadable(_("This Parquet file is damaged: the head of a page breaks off.")) from None
            size *= 16
        except ValueError as error:
            text = _("This Parquet file is damaged: the head of a page cannot be read (%(error)s).")
            raise FileUnreadable(text % {"error": error}) from error
