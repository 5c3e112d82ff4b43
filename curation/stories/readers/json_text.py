"""JSON: one object per line, objects one after the other, or an array of them, read an element at a time."""

import io
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from curation.core.numbers import grouped
from curation.core.plain_text import levels, twice_in
from curation.stories import reasons
from curation.stories.chats import is_turn
from curation.stories.columns import named
from curation.stories.fields import FIELDS
from curation.stories.readers.base import (
    MAX_PIECE,
    MOST_TOLD,
    Encoding,
    FileRow,
    FileUnreadable,
    NamedBytes,
    Reader,
    errors_for,
    row_of,
)
from curation.stories.text import storable, why_not_storable

PIECE = 1 << 16
SPACE = re.compile(r"[ \t\r\n]*")
MOST_DIGITS = 1_000
TEXT = set(FIELDS["text"].guesses)


def _integer(digits: str) -> int | str:
    """Return a whole number, or its digits where there are more than Python turns into one."""
    return int(digits) if len(digits) <= MOST_DIGITS else digits


class Ambiguous(dict[str, Any]):
    """An object in which `name` comes twice: which value is meant, readers of JSON differ in."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names are storable, as `Ambiguous` where one of them comes twice."""
    found = dict(pairs)
    if len(found) == len(pairs) and not why_not_storable("".join(found)):
        return found
    told = zip(named([name for name, _value in pairs], strip=False), (value for _name, value in pairs), strict=True)
    if len(found) == len(pairs):
        return dict(told)
    odd = Ambiguous(told)
    odd.name = storable(twice_in(pairs))
    return odd


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)


class JsonLines(Reader):
    """Reads JSONL. A row's number is its line's; blank lines are passed over."""

    format = "jsonl"

    def __init__(self, blob: NamedBytes, encoding: Encoding) -> None:
        super().__init__(blob, encoding)

    def rows(self) -> Iterator[FileRow]:
        # Any line end but those signs that may stand inside a string: `newline=None` divides at LF, CRLF and CR alone.
        with self.text(self.encoding, newline=None) as text:
            number, cut = 0, False
            for line in iter(partial(text.readline, MAX_PIECE), ""):
                rest, cut = cut, not line.endswith("\n") and len(line) == MAX_PIECE
                if rest:
                    continue
                number += 1
                if cut:
                    yield FileRow(number, problem=reasons.LONG_LINE % {"most": f"{MAX_PIECE:,}"})
                elif not line.isspace():
                    yield self._row(number, line)

    def _row(self, number: int, line: str) -> FileRow:
        try:
            value = DECODER.decode(line)
        except RecursionError:
            return FileRow(number, problem=reasons.NESTED)
        except ValueError as error:
            return FileRow(number, problem=reasons.NOT_JSON % {"error": error})
        return _as_row(number, value)


class JsonArray(Reader):
    """Reads a JSON array of objects, or with `wrapped` the lists of them in one object, such as `{"stories": [...]}`.

    Of several lists those are read whose objects are like the first list's; `notes` name the others.
    """

    format = "json"

    def __init__(self, blob: NamedBytes, encoding: Encoding, *, wrapped: bool = False) -> None:
        super().__init__(blob, encoding)
        self.wrapped = wrapped

    def rows(self) -> Iterator[FileRow]:
        with self.text(self.encoding, newline="") as text:
            if not self.wrapped:
                values = Values(text).elements()
            else:
                self.lists = Lists()
                values = (value for name, value in Values(text).members() if self.lists.takes(name, value))
            for number, value in enumerate(values, start=1):
                yield _as_row(number, value)

    def look(self) -> list[str]:
        columns = super().look()
        if self.wrapped:
            self.notes += self.lists.notes()
        return columns

    def verify(self) -> None:
        for _row in self.rows():
            pass


class JsonSequence(Reader):
    """Reads JSON objects that stand one after the other, each over several lines, as tools print them to be read."""

    format = "json"

    def rows(self) -> Iterator[FileRow]:
        with self.text(self.encoding, newline="") as text:
            for number, value in enumerate(Values(text).sequence(), start=1):
                yield _as_row(number, value)

    def verify(self) -> None:
        for _row in self.rows():
            pass


class Lists:
    """Which of an object's lists are read: the first of objects, and those whose objects are like its own."""

    def __init__(self) -> None:
        self.first: dict[str, Any] | None = None
        self.taken: dict[str, bool] = {}

    def takes(self, name: str, value: object) -> bool:
        """Return whether the list `name`, of which `value` is an element, is read. Its first element decides."""
        if name not in self.taken:
            self.taken[name] = isinstance(value, dict) and not is_turn(value) and self._is_like(value)
        return self.taken[name]

    def _is_like(self, value: dict[str, Any]) -> bool:
        if self.first is None:
            self.first = value
        common = self.first.keys() & value.keys()
        return common == self.first.keys() or any(name.casefold() in TEXT for name in common)

    def notes(self) -> list[str]:
        """Return what to tell a person about it."""
        read = [storable(name) for name, taken in self.taken.items() if taken]
        left = [storable(name) for name, taken in self.taken.items() if not taken]
        found = []
        if len(read) > 1:
            found.append(_("All of these lists are read: %(names)s.") % {"names": ", ".join(read[:MOST_TOLD])})
        if left:
            found.append(_("Lists of something else are not read: %(names)s.") % {"names": ", ".join(left[:MOST_TOLD])})
        return found


class JsonObject(Reader):
    """Reads one JSON object over several lines: the lists of objects in it, or else the object as the only row."""

    format = "json"

    def __init__(self, blob: NamedBytes, encoding: Encoding, values: list[Any]) -> None:
        super().__init__(blob, encoding)
        self.values = values

    @classmethod
    def of(cls, blob: NamedBytes, encoding: Encoding) -> "JsonObject | None":
        """Return the reader if `blob`, which must fit into memory, is one object, else None."""
        try:
            with blob.open() as stream:
                text = stream.read().decode(encoding.codec, errors=errors_for(encoding.codec))
            value = DECODER.decode(text.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        # An object with a story of its own is the row, whatever lists of something else it has.
        if any(isinstance(value.get(name), str) for name in TEXT) and not has_stories(value):
            return cls(blob, encoding, [value])
        lists = Lists()
        inner = [item for name, items in _lists_in(value).items() for item in items if lists.takes(name, item)]
        found = cls(blob, encoding, inner or [value])
        found.notes += lists.notes()
        return found

    def rows(self) -> Iterator[FileRow]:
        for number, value in enumerate(self.values, start=1):
            yield _as_row(number, value)


def _lists_in(value: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the lists of objects in `value`, but for the turns of a chat."""
    lists = {name: one for name, one in value.items() if isinstance(one, list) and name.casefold() not in TEXT}
    return {name: one for name, one in lists.items() if one and isinstance(one[0], dict) and not is_turn(one[0])}


def has_stories(value: dict[str, Any]) -> bool:
    """Return whether `value` has a list of objects that have the text of a story."""
    return any(name.casefold() in TEXT for items in _lists_in(value).values() for name in items[0])


class Values:
    """Reads JSON from `text` a value at a time, holding about one in memory."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text = text
        self.buffer, self.at, self.count = text.read(PIECE), 0, 0

    def elements(self) -> Iterator[Any]:
        """Yield the elements of the array that begins here."""
        if self._skip() != "[":
            raise FileUnreadable(_("This is not a JSON array of objects, nor one object per line."))
        self.at += 1
        if self._skip() == "]":
            self.at += 1
            return
        while True:
            value = self._value()
            self.count += 1
            yield value
            mark = self._skip()
            self.at += 1
            if mark == "]":
                return
            if mark != ",":
                told = _("The JSON breaks off after element %(n)s: a comma or “]” is missing.")
                raise FileUnreadable(told % {"n": grouped(self.count)})

    def sequence(self) -> Iterator[Any]:
        """Yield the values that stand one after the other from here to the end."""
        while self._skip():
            value = self._value()
            self.count += 1
            yield value

    def members(self) -> Iterator[tuple[str, Any]]:
        """Yield the elements of all arrays that are values of the object that begins here, with their names."""
        self._skip()
        mark = "{"
        while mark != "}":
            self.at += 1
            name = self._value()
            if not isinstance(name, str) or self._skip() != ":":
                break
            self.at += 1
            if self._skip() == "[":
                yield from ((name, value) for value in self.elements())
            else:
                self._value()
            mark = self._skip()
            if mark not in {",", "}"}:
                break
        else:
            return
        told = _("The JSON breaks off after element %(n)s: a comma or “}” is missing.")
        raise FileUnreadable(told % {"n": grouped(self.count)})

    def _more(self) -> bool:
        piece = self.text.read(max(PIECE, len(self.buffer) - self.at))
        self.buffer, self.at = self.buffer[self.at :] + piece, 0
        return bool(piece)

    def _skip(self) -> str:
        """Pass over white space, and return the sign after it."""
        while True:
            match = SPACE.match(self.buffer, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.buffer) or not self._more():
                return self.buffer[self.at : self.at + 1]

    def _value(self) -> Any:
        """Return the value that begins here, whole."""
        self._skip()
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
            except RecursionError as error:
                raise FileUnreadable(
                    _("Element %(n)s is nested too deeply.") % {"n": grouped(self.count + 1)}
                ) from error
            except ValueError as error:
                # An element that goes on beyond the buffer fails at its end, or at the start of the string that is cut.
                place = getattr(error, "pos", 0)
                cut = str(error).startswith(("Unterminated string", "Invalid \\")) or place >= len(self.buffer) - 16
                if cut and len(self.buffer) - self.at < MAX_PIECE and self._more():
                    continue
                told = _("The JSON breaks off or is malformed in element %(n)s: %(error)s.")
                raise FileUnreadable(told % {"n": grouped(self.count + 1), "error": error}) from error
            if end == len(self.buffer) and self._more():
                continue
            self.at = end
            return value


def _as_row(number: int, value: object) -> FileRow:
    if not isinstance(value, dict):
        return FileRow(number, problem=reasons.NO_OBJECT)
    row = row_of(number, value)
    odd = next((part for level in levels(row.values) for part in level if isinstance(part, Ambiguous)), None)
    if odd is not None:
        # Its values stay: they say which columns the file has, and how the row begins.
        row.problem = reasons.NAME_TWICE % {"name": odd.name}
    return row
