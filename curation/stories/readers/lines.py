"""The lines of a delimited file, and whole records at once where nothing about them is in doubt."""

import codecs
import re
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

import numpy as np

from curation.stories.readers.base import MAX_PIECE, errors_for
from curation.stories.readers.quoting import Dialect

# So much is read at once, in bytes, and so long a record is looked for at once.
BLOCK, LONGEST = 1 << 18, 1 << 16
MOST_CELLS = 100
# In bytes of UTF-8.
LONGEST_CHARACTER = 4
LINE = re.compile(r"[^\r\n]*+(?:\r\n|\n|\r(?=[\s\S]))")
LF, CR = ord("\n"), ord("\r")
# Where records are of another kind, so many of them in a row are not even looked at.
MOST_PASSED = 1_000


class Record(NamedTuple):
    """Cells, the lines they stand on, from 1, and what is wrong; `closed` if a quote ends the last cell.

    `utf8` are the cells in UTF-8, where they are beyond ASCII and known so already.
    """

    cells: list[str]
    first: int
    last: int
    problem: str = ""
    closed: bool = False
    utf8: Sequence[bytes | None] = ()


class EncodedText:
    """A file of bytes as characters; where `is_utf8`, as one for each byte, which `text_of` reads in the end.

    What divides a table is ASCII, and is found sooner so. `has_nul` is whether a zero byte has been read.
    """

    def __init__(self, stream: IO[bytes], codec: str) -> None:
        self.has_nul, self.is_utf8 = False, codec in {"utf-8", "utf-8-sig"}
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("latin-1" if self.is_utf8 else codec)(errors_for(codec))
        if codec == "utf-8-sig":
            stream.read(len(codecs.BOM_UTF8))

    def read(self, size: int) -> str:
        """Return what comes next, of about `size` bytes; an empty string at the end."""
        while piece := self._stream.read(size):
            self.has_nul = self.has_nul or b"\0" in piece
            if text := self._decoder.decode(piece):
                return text
        return self._decoder.decode(b"", final=True)

    def text_of(self, part: str) -> str:
        """Return a part of what was read as the text that it is; what is no text in it becomes lone surrogates."""
        return self.text_and_utf8(part)[0]

    def text_and_utf8(self, part: str) -> tuple[str, bytes | None]:
        """Return what `text_of` returns, and the same in UTF-8 where it is beyond ASCII and known."""
        if not self.is_utf8 or part.isascii():
            return part, None
        utf8 = part.encode("latin-1")
        try:
            return utf8.decode(), utf8
        except UnicodeDecodeError:
            return utf8.decode(errors="surrogateescape"), None


class DelimitedLines:
    """The lines of a file, with those of the running record, which can be put back and read in another way.

    `text` is read as it is, without a change of line ends. A line that would fill the memory comes in pieces, which are
    then rows with too few cells.
    """

    def __init__(self, text: EncodedText) -> None:
        self.text = text
        self.ahead: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self._block, self._at, self._ended = "", 0, False
        self._ends = array("q")
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
        start, self._at = match.span()
        first = self.number + 1
        self.number += bisect_left(self._ends, self._at) - bisect_left(self._ends, start)
        # What quotes are left inside a cell are doubled ones.
        inside = [cell[1:-1] if cell[:1] == quote else cell for cell in match.groups()]
        cells = [cell.replace(quote * 2, quote) if quote in cell else cell for cell in inside]
        if not self.text.is_utf8 or all(map(str.isascii, cells)):
            return Record(cells, first, self.number)
        told = [self.text.text_and_utf8(cell) for cell in cells]
        return Record([cell for cell, _utf8 in told], first, self.number, utf8=[utf8 for _cell, utf8 in told])

    def _line(self) -> str:
        """Take the next line, with its end, or `MAX_PIECE` of it at most; an empty string at the end."""
        while not (match := LINE.match(self._block, self._at, self._at + MAX_PIECE)):
            left = len(self._block) - self._at
            if left > MAX_PIECE or self._ended:
                begin, self._at = self._at, self._at + min(left, MAX_PIECE)
                if self.text.is_utf8 and left > MAX_PIECE:
                    self._at -= _into_character(self._block[self._at - LONGEST_CHARACTER + 1 : self._at + 1])
                return self.text.text_of(self._block[begin : self._at])
            # As much again each time, so that a long line is not looked through too often.
            self._read(max(BLOCK, left))
        self._at = match.end()
        return self.text.text_of(match[0])

    def _read(self, size: int) -> None:
        more = self.text.read(size)
        self._ended = not more
        self._block, self._at = self._block[self._at :] + more, 0
        self._ends = _line_ends(self._block, is_latin_1=self.text.is_utf8)


def _into_character(around: str) -> int:
    """Return how many bytes before the last of `around` the character of UTF-8 that it is in begins; 0 for none."""
    for back, byte in enumerate(reversed(around)):
        if not "\x80" <= byte <= "\xbf":
            return back
    return 0


def _line_ends(text: str, *, is_latin_1: bool) -> "array[int]":
    """Return the places in `text` at which lines end: where there is LF, or CR without LF after it."""
    chars = (
        np.frombuffer(text.encode("latin-1"), np.uint8)
        if is_latin_1
        else np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    )
    ends, returns = chars == LF, np.flatnonzero(chars[:-1] == CR)
    ends[returns[chars[returns + 1] != LF]] = True
    return array("q", np.flatnonzero(ends).astype(np.int64).tobytes())


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
