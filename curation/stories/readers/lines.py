"""The lines of a delimited file, and whole records at once where nothing about them is in doubt."""

import io
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from curation.stories.readers.base import MAX_PIECE
from curation.stories.readers.quoting import Dialect

# So much is read at once, and so long a record is looked for at once, in characters.
BLOCK, LONGEST = 1 << 18, 1 << 16
MOST_CELLS = 100
LINE = re.compile(r"[^\r\n]*+(?:\r\n|\n|\r(?=[\s\S]))")
# Where records are of another kind, so many of them in a row are not even looked at.
MOST_PASSED = 1_000


class Record(NamedTuple):
    """Cells, the lines they stand on, from 1, and what is wrong; `closed` if a quote ends the last cell."""

    cells: list[str]
    first: int
    last: int
    problem: str = ""
    closed: bool = False


class DelimitedLines:
    """The lines of a file, with those of the running record, which can be put back and read in another way.

    `text` is read as it is, without a change of line ends. A line that would fill the memory comes in pieces, which are
    then rows with too few cells.
    """

    def __init__(self, text: io.TextIOBase) -> None:
        self.text = text
        self.ahead: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self._block, self._at, self._ended = "", 0, False
        self._passed = self._to_pass = 0

    def __iter__(self) -> Iterator[str]:
        ahead, keep = self.ahead, self.taken.append
        while line := ahead.popleft() if ahead else self._line():
            keep(line)
            yield line

    def back(self, kept: int = 0) -> None:
        """Put the lines of the running record back, but for the first `kept`."""
        self.ahead.extendleft(reversed(self.taken[kept:]))
        del self.taken[kept:]

    def finish(self, cells: list[str], problem: str = "", quote: str = "") -> Record:
        """End the running record."""
        first, self.number = self.number + 1, self.number + len(self.taken)
        closed = bool(quote) and self.taken[-1].rstrip().endswith(quote)
        self.taken.clear()
        return Record(cells, first, self.number, problem, closed)

    def whole(self, pattern: re.Pattern[str], quote: str) -> Record | None:
        """Return the record that comes next, if it is plainly what `plain_record` made `pattern` of; else None."""
        if self.ahead or self.taken:
            return None
        if self._passed < self._to_pass:
            self._passed += 1
            return None
        if len(self._block) - self._at < LONGEST and not self._ended:
            self._read(BLOCK)
        match = pattern.match(self._block, self._at, self._at + LONGEST)
        self._passed = 0
        if match is None:
            self._to_pass = min(2 * self._to_pass + 1, MOST_PASSED)
            return None
        self._to_pass //= 2
        self._at = match.end()
        first, self.number = self.number + 1, self.number + _ends(match[0])
        # What quotes are left inside a cell are doubled ones.
        inside = [cell[1:-1] if cell[:1] == quote else cell for cell in match.groups()]
        cells = [cell.replace(quote * 2, quote) if quote in cell else cell for cell in inside]
        return Record(cells, first, self.number)

    def _line(self) -> str:
        """Take the next line, of `MAX_PIECE` characters at most, with its end; an empty string at the end."""
        while not (match := LINE.match(self._block, self._at, self._at + MAX_PIECE)):
            left = len(self._block) - self._at
            if left >= MAX_PIECE or self._ended:
                line = self._block[self._at : self._at + MAX_PIECE]
                self._at += len(line)
                return line
            # As much again each time, so that a long line is not looked through too often.
            self._read(max(BLOCK, left))
        self._at = match.end()
        return match[0]

    def _read(self, size: int) -> None:
        more = self.text.read(size)
        self._ended = not more
        self._block, self._at = self._block[self._at :] + more, 0


def _ends(record: str) -> int:
    """Return how many lines a record has: line ends are LF, CRLF and CR."""
    returns = record.count("\r")
    # Two signs in a row take longer to look for, and mostly there is one such pair, at the end.
    pairs = 1 if returns == 1 and record.endswith("\r\n") else record.count("\r\n") if returns else 0
    return record.count("\n") + returns - pairs


def plain_record(dialect: Dialect, width: int) -> re.Pattern[str] | None:
    """Return what matches a record of `width` cells that a dialect's own reader could not take for anything else.

    It ends with a line end, its quotes are all doubled or at a cell’s edge, and no cell without quotes has one.
    None where the dialect has more to it, or rows are too wide to be worth it.
    """
    if not dialect.quote or dialect.escape or dialect.space or not 0 < width <= MOST_CELLS:
        return None
    quote, sign = re.escape(dialect.quote), re.escape(dialect.delimiter)
    # Lines that quotes hold together may be rows of their own, unless commas divide the cells: see `quoting.fused`.
    other = f"[^{quote}]" if dialect.delimiter == "," else rf"[^{quote}\r\n]"
    cell = rf"({quote}{other}*+(?:{quote}{quote}{other}*+)*+{quote}|[^{quote}{sign}\r\n]*+)"
    return re.compile(rf"{sign.join([cell] * width)}(?:\r\n|\n|\r(?=[\s\S]))")
