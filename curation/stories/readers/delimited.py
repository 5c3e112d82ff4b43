"""CSV and TSV: quoted cells over several lines, any usual delimiter and way to quote, odd rows mended or reported."""

import csv
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from curation.stories import reasons
from curation.stories.columns import named
from curation.stories.readers.base import MAX_PIECE, Encoding, FileRow, NamedBytes, Reader
from curation.stories.readers.lines import DelimitedLines, EncodedText, Record, plain_record
from curation.stories.readers.quoting import Dialect, fused, loosely

csv.field_size_limit(MAX_PIECE)


class Delimited(Reader):
    """Reads CSV, TSV and their cousins. The first row has the names; row 1 is the one after it.

    `proved` says that quotes around cells were seen; then a quote that breaks the rules is a mistake, and not a sign of
    the text in a file that quotes nothing. With `told` a line above the header only says what the delimiter is.
    """

    def __init__(
        self, blob: NamedBytes, encoding: Encoding, dialect: Dialect, *, proved: bool = False, told: bool = False
    ) -> None:
        super().__init__(blob, encoding)
        self.dialect, self.proved, self.told = dialect, proved, told
        self.format = "tsv" if dialect.delimiter == "\t" else "csv"
        self.before = ""
        if dialect.delimiter not in ",\t":
            self.notes.append(_("Columns are divided by “%(sign)s”.") % {"sign": dialect.delimiter})
        if not dialect.quote:
            self.notes.append(_("Quotes are part of the text: cells are not put in quotes here."))
        elif dialect.quote == "'":
            self.notes.append(_("Cells are in single quotes."))
        if dialect.escape:
            self.notes.append(_("A backslash before a quote is not part of the text."))
        self.width = 0
        with self.open() as stream:
            header = next(self._records(EncodedText(stream, self.encoding)), Record([], 0, 0))
        self.columns = named(header.cells)

    def rows(self) -> Iterator[FileRow]:
        self.width, number, self.before = len(self.columns), 0, ""
        with self.open() as stream:
            text = EncodedText(stream, self.encoding)
            records = self._records(text)
            next(records, None)
            for cells, first, last, problem, _closed, utf8 in self._padded(records):
                number += 1
                if not problem and len(cells) != self.width:
                    problem = self._ragged(len(cells), first, last)
                elif text.has_nul and not problem and any("\0" in cell for cell in cells):
                    cells, problem = [], reasons.NUL_IN_LINE % {"n": f"{first:,}"}
                row = FileRow(number, dict(zip(self.columns, cells, strict=False)), problem)
                if any(utf8):
                    row.utf8 = dict(zip(self.columns, utf8, strict=False))
                yield row

    def _records(self, text: EncodedText) -> Iterator[Record]:
        """Yield the records of the file, the header's first, without those that are empty."""
        lines, quote = DelimitedLines(text), self.dialect.quote
        if self.told:
            next(iter(lines), None)
            lines.finish([])
        table = self.dialect.reader(lines)
        plain = plain_record(self.dialect, self.width)
        while True:
            if plain and (record := lines.whole(plain, quote)):
                if any(record.cells):
                    self.before = record.cells[0]
                    yield record
                continue
            try:
                cells = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._mended(lines, str(error))
                table = self.dialect.reader(lines)
                continue
            if self.width and len(lines.taken) > 1 and quote and fused(lines.taken, self.dialect, self.width):
                yield self._mended(lines, "")
                table = self.dialect.reader(lines)
                continue
            if self.width and len(cells) > self.width and not any(cells[self.width :]):
                cells = cells[: self.width]
            if self.width and len(cells) != self.width and (escaped := self._escaped(lines)):
                cells, table = escaped, self.dialect.reader(lines)
            if not any(cells):
                lines.finish(cells)
                continue
            if len(cells) == self.width:
                self.before = cells[0]
            yield lines.finish(cells, quote=quote)

    def _escaped(self, lines: DelimitedLines) -> list[str]:
        """Return the running record read with backslashes before quotes, if it is as wide as the header then."""
        if self.dialect.escape or not any(f"\\{self.dialect.quote}" in line for line in lines.taken):
            return []
        taken = len(lines.taken)
        lines.back()
        try:
            cells: list[str] = next(replace(self.dialect, escape=True).reader(lines), [])
        except csv.Error:
            cells = []
        if len(cells) == self.width:
            return cells
        # The lines of the record as it was read before: these, or fewer, were taken now.
        source = iter(lines)
        while len(lines.taken) < taken:
            next(source)
        lines.back(taken)
        return []

    def _mended(self, lines: DelimitedLines, error: str) -> Record:
        """Return what the running record, in which a quote breaks the rules, can only mean; else its problem."""
        if cells := self._escaped(lines):
            return lines.finish(cells)
        first, alone = lines.taken[0], len(lines.taken) == 1 and not error.startswith("unexpected end")
        plain = first.rstrip("\r\n").split(self.dialect.delimiter)
        literal = not self.proved and (alone or self.dialect.delimiter != ",") and "field larger" not in error
        cells = plain if literal and len(plain) == self.width else loosely(first, self.dialect) if alone else []
        if not self.width or len(cells) == self.width:
            lines.back(1)
            return lines.finish(cells or plain)
        line = lines.number + 1
        lines.back(1)
        self._skip(lines)
        if "field larger" in error:
            return lines.finish(plain, reasons.LONG_CELL % {"n": f"{line:,}"})
        if len(lines.taken) > 1:
            last = lines.number + len(lines.taken)
            return lines.finish(plain, reasons.QUOTE_LINES % {"n": f"{line:,}", "last": f"{last:,}"})
        if alone:
            return lines.finish(plain, reasons.QUOTE_INSIDE % {"n": f"{line:,}"})
        return lines.finish(plain, reasons.QUOTE_OPEN % {"n": f"{line:,}"})

    def _skip(self, lines: DelimitedLines) -> None:
        """Take the lines that go on with a broken record, up to the next that begins one of its own."""
        bad = lines.taken[:]
        lines.taken.clear()
        while True:
            try:
                cells = next(self.dialect.reader(lines), None)
            except csv.Error:
                cells = []
            if cells is None or self._begins(lines.taken, cells):
                break
            lines.back(1)
            bad += lines.taken
            lines.taken.clear()
        lines.back()
        lines.taken += bad

    def _begins(self, taken: list[str], cells: list[str]) -> bool:
        """Return whether `taken`, read as `cells`, empty if broken, is a record of its own.

        Where the records before begin with a number, it begins with one too.
        """
        if self.before.isdecimal():
            start, sign, _rest = taken[0].partition(self.dialect.delimiter)
            return bool(sign) and start.strip(f" {self.dialect.quote}").isdecimal()
        quote, sign = self.dialect.quote, self.dialect.delimiter
        if not cells:
            # Broken too, but with a quote where a cell begins, as no line of prose has it.
            return taken[0].count(sign) >= self.width - 1 and f"{sign}{quote}" in taken[0]
        return len(cells) == self.width and sum(line.count(quote) for line in taken) % 2 == 0

    def _padded(self, records: Iterator[Record]) -> Iterator[Record]:
        """Fill up records that lack cells at the end of their line, unless a line break inside a cell cut them off."""
        held: Record | None = None
        cut = False
        for one in records:
            if held:
                cut = cut or self._goes_on(held, one)
                yield self._filled(held, cut=cut)
                held = None
            short = not one.problem and len(one.cells) < self.width and one.first == one.last
            cut = cut and short and not one.closed
            if short and one.cells[0].isdecimal() >= self.before.isdecimal():
                held = one
            else:
                yield one
        if held:
            yield self._filled(held, cut=cut)

    def _filled(self, one: Record, *, cut: bool) -> Record:
        lacking = self.width - len(one.cells)
        return one if cut else one._replace(cells=[*one.cells, *[""] * lacking])

    def _goes_on(self, held: Record, after: Record) -> bool:
        """Return whether the short record `held` was cut by a line break, and `after` is the rest of it."""
        if held.closed or after.problem or len(after.cells) >= self.width or after.cells[0].isdecimal():
            return False
        return held.cells[0].isdecimal() or len(after.cells) == 1 or len(after.cells) != len(held.cells)

    def _ragged(self, found: int, first: int, last: int) -> str:
        form = reasons.RAGGED if first == last else reasons.RAGGED_LINES
        return form % {"n": f"{first:,}", "last": f"{last:,}", "found": found, "named": len(self.columns)}
