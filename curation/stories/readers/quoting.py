"""How the cells of a table are divided and quoted, and what a row means that keeps to no such rule."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

DELIMITERS = ",\t;|"
BACKSLASH = re.compile(r"\\(.?)", re.DOTALL)


@dataclass(frozen=True)
class Dialect:
    """A delimiter, and how quotes are meant.

    `quote` is empty where quotes are only signs of the text. With `escape` a backslash takes a quote, a delimiter, a
    line end or a backslash literally; before anything else it is a backslash. With `space` cells begin after blanks.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: bool = False
    space: bool = False

    def reader(self, lines: Iterable[str]) -> Any:
        """Return a reader that raises `csv.Error` where a quote is neither doubled nor at a cell's edge."""
        if self.escape:
            lines = (self._escaped(line) if "\\" in line else line for line in lines)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar="\\" if self.escape else None,
            skipinitialspace=self.space,
            strict=True,
        )

    def _escaped(self, line: str) -> str:
        signs = {self.quote or "\\", self.delimiter, "\\", "\n", "\r"}
        return BACKSLASH.sub(lambda match: match[0] if match[1] in signs else f"\\\\{match[1]}", line)


KINDS = (
    Dialect(),
    Dialect(space=True),
    Dialect(escape=True),
    Dialect(quote=""),
    Dialect(quote="", escape=True),
    Dialect(quote="'"),
    Dialect(quote="'", escape=True),
)


@dataclass(frozen=True, order=True)
class Fit:
    """How well a dialect fits: known names in the header, share of good rows, width, rows whose quotes prove it."""

    named: int = 0
    share: float = 0.0
    width: int = 0
    proved: bool = False


def find_dialect(sample: str, *, whole: bool, known: Iterable[str] = ()) -> tuple[Dialect, bool]:
    """Return the dialect under which most of the sample's rows are as wide as its header, and whether quotes prove it.

    `whole` says that the sample is all of the file; else its last row may be cut and does not count. `known` are column
    names in lower case that speak for a delimiter when its header has them. A comma if there is only one column.
    """
    lines, names = list(io.StringIO(sample, newline="")), set(known)
    if not whole and len(lines) > 1:
        lines = lines[:-1]
    best, fit = Dialect(), Fit()
    # A kind must do better than a more usual one to be taken, and the usual one is rarely less than perfect.
    for kind in KINDS:
        # Commas are in all prose: a table of them without quotes is none.
        signs = DELIMITERS if kind.quote else DELIMITERS.replace(",", "")
        for dialect in [replace(kind, delimiter=sign) for sign in signs]:
            other = _fit(dialect, lines, names, whole=whole)
            # Single quotes are apostrophes unless they are seen around cells.
            seen = kind.quote != "'" or other.proved
            if seen and other.width > 1 and (other.named, other.share, other.width) > (fit.named, fit.share, fit.width):
                best, fit = dialect, other
        if fit.share == 1:
            break
    if fit.width > 1:
        return best, fit.proved
    alone = {kind: _fit(kind, lines, names, whole=whole) for kind in KINDS[:3]}
    best = max(alone, key=lambda kind: alone[kind].share)
    return best, alone[best].proved


def _fit(dialect: Dialect, lines: list[str], known: set[str], *, whole: bool) -> Fit:
    table, good, bad, width, named, proved = dialect.reader(lines), 0, 0, 0, 0, False
    while True:
        first = table.line_num
        try:
            cells = next(table)
        except StopIteration:
            return Fit(named, good / (good + bad) if good else 0.0, width, proved)
        except csv.Error as error:
            # A quote that is open where the sample ends may be closed after it.
            bad += whole or "unexpected end" not in str(error)
            continue
        if not any(cells):
            continue
        if not width:
            width = len(cells)
            named = len({cell.strip().casefold() for cell in cells}.intersection(known))
        own = lines[first : table.line_num]
        odd = fused(own, dialect, width) if dialect.quote else any(_wrapped(line, dialect.delimiter) for line in own)
        fits = len(cells) == width and not odd
        good, bad = good + fits, bad + (not fits)
        proved = proved or (fits and _told(own, dialect.quote) > _told(cells, dialect.quote))


def _told(texts: Iterable[str], quote: str) -> int:
    return sum(text.count(quote) for text in texts) if quote else 0


def fused(lines: Sequence[str], dialect: Dialect, width: int) -> bool:
    """Return whether the lines that quotes hold together are rather rows of their own, each as wide as the header.

    Prose has commas everywhere, but no line of it has just as many tabs, semicolons or bars by chance.
    """
    sign = dialect.delimiter
    return len(lines) > 1 < width and sign != "," and all(line.count(sign) == width - 1 for line in lines)


def _wrapped(line: str, delimiter: str) -> bool:
    """Return whether a cell of the line is in quotes as a writer of tables puts them, its own quotes doubled."""
    sign = re.escape(delimiter)
    return '"' in line and bool(re.search(rf'(?:^|{sign})"(?:[^"\\]|""|\\.)*"(?={sign}|[\r\n]|$)', line))


def loosely(line: str, dialect: Dialect) -> list[str]:
    """Return the cells of one line in which a quote ends a cell only before a delimiter or the line's end.

    This is what is meant where a writer put quotes around a text and forgot about the quotes in it, or left blanks
    after them. Empty if a quote is open at the end.
    """
    sign, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    cell = re.compile(rf" *{quote}(.*?){quote} *(?:{sign}|$)|((?! *{quote})[^{sign}]*)(?:{sign}|$)")
    line, at, cells = line.rstrip("\r\n"), 0, list[str]()
    while match := cell.match(line, at):
        cells.append(match[2] if match[1] is None else match[1].replace(dialect.quote * 2, dialect.quote))
        at = match.end()
        if not match[0].endswith(dialect.delimiter):
            return cells
    return []
