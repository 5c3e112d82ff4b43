"""CSV and TSV: quoted cells over several lines, any usual delimiter, ragged rows reported."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from curation.stories import reasons
from curation.stories.readers.base import MAX_PIECE, Blob, Reader, Row
from curation.stories.readers.encoding import Encoding

DELIMITERS = ",\t;|"
csv.field_size_limit(MAX_PIECE)


def find_delimiter(sample: str, *, known: Iterable[str] = ()) -> str:
    """Return the delimiter under which the sample's rows agree best; a comma if there is only one column.

    `known` are column names in lower case that speak for a delimiter when its header has them.
    """

    def fit(delimiter: str) -> tuple[int, float, int]:
        lines = sample.splitlines(keepends=True)
        rows = [row for row in csv.reader(lines[:-1] or lines, delimiter=delimiter) if row]
        if not rows or len(rows[0]) < 2:
            return (0, 0.0, 0)
        named = len({cell.strip().casefold() for cell in rows[0]}.intersection(known))
        return (named, sum(len(row) == len(rows[0]) for row in rows) / len(rows), len(rows[0]))

    best = max(DELIMITERS, key=fit)
    return best if fit(best)[2] else ","


def named(header: Sequence[str]) -> list[str]:
    """Return the header's names: stripped, `column N` where empty, `name (2)` where repeated."""
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"column {place}"
        count = 2
        while name in names:
            name = f"{' '.join(cell.split())} ({count})"
            count += 1
        names.append(name)
    return names


class Delimited(Reader):
    """Reads CSV, TSV and their cousins. The first row has the names; row 1 is the one after it."""

    def __init__(self, blob: Blob, encoding: Encoding, delimiter: str) -> None:
        super().__init__(blob, notes=[encoding.note] if encoding.note else [])
        self.format = "tsv" if delimiter == "\t" else "csv"
        self.encoding, self.delimiter = encoding.codec, delimiter
        if delimiter not in ",\t":
            self.notes.append(_("Columns are divided by “%(sign)s”.") % {"sign": delimiter})
        with self.text(self.encoding, newline="") as text:
            self.columns = named(next(self._table(text), []))

    def _table(self, text: io.TextIOWrapper) -> Any:
        # A line that would fill the memory comes in pieces, which are then rows with too few cells.
        return csv.reader(iter(partial(text.readline, MAX_PIECE), ""), delimiter=self.delimiter)

    def rows(self) -> Iterator[Row]:
        with self.text(self.encoding, newline="") as text:
            table = self._table(text)
            next(table, None)
            width, number, before = len(self.columns), 0, table.line_num
            while True:
                try:
                    cells = next(table)
                except StopIteration:
                    return
                except csv.Error:
                    number += 1
                    yield Row(number, problem=reasons.LONG_CELL % {"n": f"{before + 1:,}"})
                    before = table.line_num
                    continue
                lines, before = (before + 1, table.line_num), table.line_num
                if not any(cells):
                    continue
                number += 1
                if len(cells) != width:
                    if len(cells) > width and not any(cells[width:]):
                        cells = cells[:width]
                    else:
                        yield Row(number, dict(zip(self.columns, cells, strict=False)), self._ragged(len(cells), lines))
                        continue
                if any("\0" in cell for cell in cells):
                    yield Row(number, problem=reasons.NUL_IN_LINE % {"n": f"{lines[0]:,}"})
                    continue
                yield Row(number, dict(zip(self.columns, cells, strict=True)))

    def _ragged(self, found: int, lines: tuple[int, int]) -> str:
        form = reasons.RAGGED if lines[0] == lines[1] else reasons.RAGGED_LINES
        return form % {"n": f"{lines[0]:,}", "last": f"{lines[1]:,}", "found": found, "named": len(self.columns)}
