"""JSON: one object per line, or one array of objects, read an element at a time."""

import io
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from curation.stories import reasons
from curation.stories.columns import named
from curation.stories.fields import FIELDS
from curation.stories.readers.base import MAX_PIECE, Blob, Reader, Row, Unreadable
from curation.stories.readers.encoding import Encoding
from curation.stories.text import why_not_storable

PIECE = 1 << 16
SPACE = re.compile(r"[ \t\r\n]*")
MOST_DIGITS = 1_000


def _integer(digits: str) -> int | str:
    """Return a whole number, or its digits where there are more than Python turns into one."""
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names are storable and which keeps every value where a name comes twice."""
    found = dict(pairs)
    if len(found) == len(pairs) and not why_not_storable("".join(found)):
        return found
    return dict(
        zip(named([name for name, _value in pairs], strip=False), (value for _name, value in pairs), strict=True)
    )


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)


class JsonLines(Reader):
    """Reads JSONL. A row's number is its line's; blank lines are passed over."""

    format = "jsonl"

    def __init__(self, blob: Blob, encoding: Encoding) -> None:
        super().__init__(blob, notes=[encoding.note] if encoding.note else [])
        self.encoding = encoding.codec

    def rows(self) -> Iterator[Row]:
        with self.text(self.encoding, newline="\n") as text:
            number, cut = 0, False
            for line in iter(partial(text.readline, MAX_PIECE), ""):
                rest, cut = cut, not line.endswith("\n") and len(line) == MAX_PIECE
                if rest:
                    continue
                number += 1
                if cut:
                    yield Row(number, problem=reasons.LONG_LINE % {"most": f"{MAX_PIECE:,}"})
                elif not line.isspace():
                    yield self._row(number, line)

    def _row(self, number: int, line: str) -> Row:
        try:
            value = DECODER.decode(line)
        except RecursionError:
            return Row(number, problem=reasons.NESTED)
        except ValueError as error:
            return Row(number, problem=reasons.NOT_JSON % {"error": error})
        return _as_row(number, value)


class JsonArray(Reader):
    """Reads a JSON array of objects, alone or as the first value of an object such as `{"stories": [...]}`."""

    format = "json"

    def __init__(self, blob: Blob, encoding: Encoding, start: int = 0) -> None:
        super().__init__(blob, notes=[encoding.note] if encoding.note else [])
        self.encoding, self.start = encoding.codec, start

    def rows(self) -> Iterator[Row]:
        with self.text(self.encoding, newline="") as text:
            text.read(self.start)
            for number, value in enumerate(elements(text), start=1):
                yield _as_row(number, value)

    def verify(self) -> None:
        for _row in self.rows():
            pass


class JsonObject(Reader):
    """Reads one JSON object over several lines: the first list of objects in it, or else the object as the only row."""

    format = "json"

    def __init__(self, blob: Blob, encoding: Encoding, values: list[Any]) -> None:
        super().__init__(blob, notes=[encoding.note] if encoding.note else [])
        self.encoding, self.values = encoding.codec, values

    @classmethod
    def of(cls, blob: Blob, encoding: Encoding) -> "JsonObject | None":
        """Return the reader if `blob`, which must fit into memory, is one object, else None."""
        try:
            with blob.open() as stream:
                value = DECODER.decode(stream.read().decode(encoding.codec, errors="surrogateescape").lstrip("\ufeff"))
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        lists = (one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict))
        # An object with a story of its own is the row, whatever lists it has.
        own = any(isinstance(value.get(name), str) for name in FIELDS["text"].guesses)
        return cls(blob, encoding, [value] if own else next(lists, [value]))

    def rows(self) -> Iterator[Row]:
        for number, value in enumerate(self.values, start=1):
            yield _as_row(number, value)


def elements(text: io.TextIOBase) -> Iterator[Any]:
    """Yield the elements of the JSON array that `text` begins with, holding about one in memory at a time."""
    buffer, at, count = text.read(PIECE), 0, 0

    def more() -> bool:
        nonlocal buffer, at
        piece = text.read(max(PIECE, len(buffer) - at))
        buffer, at = buffer[at:] + piece, 0
        return bool(piece)

    def skip() -> str:
        nonlocal at
        while True:
            match = SPACE.match(buffer, at)
            at = match.end() if match else at
            if at < len(buffer) or not more():
                return buffer[at : at + 1]

    if skip() != "[":
        raise Unreadable(_("This is not a JSON array of objects, nor one object per line."))
    at += 1
    if skip() == "]":
        return
    while True:
        skip()
        try:
            value, end = DECODER.raw_decode(buffer, at)
        except RecursionError as error:
            raise Unreadable(_("Element %(n)s is nested too deeply.") % {"n": f"{count + 1:,}"}) from error
        except ValueError as error:
            # An element that goes on beyond the buffer fails at its end, or at the start of the string that is cut.
            place = getattr(error, "pos", 0)
            cut = str(error).startswith(("Unterminated string", "Invalid \\")) or place >= len(buffer) - 16
            if cut and len(buffer) - at < MAX_PIECE and more():
                continue
            told = _("The JSON breaks off or is malformed in element %(n)s: %(error)s.")
            raise Unreadable(told % {"n": f"{count + 1:,}", "error": error}) from error
        if end == len(buffer) and more():
            continue
        at, count = end, count + 1
        yield value
        mark = skip()
        if mark == "]":
            return
        if mark != ",":
            told = _("The JSON breaks off after element %(n)s: a comma or “]” is missing.")
            raise Unreadable(told % {"n": f"{count:,}"})
        at += 1


def _as_row(number: int, value: object) -> Row:
    if not isinstance(value, dict):
        return Row(number, problem=reasons.NO_OBJECT)
    return Row(number, value)
