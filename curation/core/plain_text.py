"""What text may be: LF between lines, and nothing in it that the database cannot hold."""

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Literal

import yaml

MOST_NESTED, MOST_NESTED_YAML = 20, 50
# So much of a name is told where it is what is wrong.
LONGEST_NAME = 100
# Normalising sorts each run of combining marks, in a time that grows with the square of its length. Real text has runs
# of a few; the Stream-Safe Text Format of Unicode Standard Annex 15 breaks longer ones after 30.
MOST_MARKS, BREAK = 30, "\u034f"
# Cheap, and true of every run that long: marks are no letters, but for two that NFKC turns into marks.
MAYBE_MARKS = re.compile(rf"(?:[^\w\s]|[\uff9e\uff9f]){{{MOST_MARKS + 1}}}")
# A character comes apart into two marks at most, so of each longer run one is among every 16th of the text; none is
# ASCII, or one of the usual punctuation.
SAMPLED = MOST_MARKS // 2 + 1
MAYBE_MARK = re.compile(r"[^\x00-\x7f\w\s\u2000-\u206f]|[\uff9e\uff9f]")
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a pattern of ASCII letters with IGNORECASE takes for a letter, and `str.lower` leaves as it is or makes longer.
LIKE_ASCII = (("\u0130", "i"), ("\u0131", "i"), ("\u017f", "s"), ("\u212a", "k"))
ASCII = bytes(range(128))


def with_lf(text: str) -> str:
    """Return `text` with CRLF and CR as LF; nothing else changes."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def storable(text: str) -> bool:
    """Whether the database can hold `text`: no NUL, and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def for_xml(text: str) -> str:
    """Return `text` without the characters that no XML document may hold (XML 1.0, 2.2): most control characters."""
    return NOT_IN_XML.sub("", text)


def in_form(form: Literal["NFC", "NFKC"], text: str) -> str:
    """Return `text` in a Unicode form, in a time that grows with its length; long runs of marks are broken up first."""
    return unicodedata.normalize(form, "".join(_broken(text)) if _maybe_marks(text) else text)


def has_long_marks(text: str) -> bool:
    """Whether `text` has a run of combining marks so long that no text of people has it."""
    return _maybe_marks(text) and sum(map(len, _broken(text))) > len(text)


def beyond_ascii(utf8: bytes) -> str:
    """Return what a text has besides ASCII, in order; of English prose a few signs.

    To look for many signs in that takes a fraction of the time that it takes to look for them in the text.
    """
    return "" if utf8.isascii() else utf8.translate(None, delete=ASCII).decode(errors="surrogatepass")


def lowered(text: str) -> str:
    """Return `text` in lower case, each character in its place.

    A pattern whose letters are lower-case ASCII finds in it what it finds in `text` with IGNORECASE, in a fraction of
    the time.
    """
    return lowered_and_beyond(text)[0]


def lowered_and_beyond(text: str) -> tuple[str, str]:
    """Return `text` as `lowered` does, and what it has `beyond_ascii`."""
    utf8 = text.encode(errors="surrogatepass")
    beyond = beyond_ascii(utf8)
    if beyond == beyond.lower() and not any(odd in beyond for odd, _letter in LIKE_ASCII):
        # Only ASCII has capitals here, and bytes are lowered in a tenth of the time.
        return utf8.lower().decode(errors="surrogatepass"), beyond
    for odd, letter in LIKE_ASCII:
        text = text.replace(odd, letter)
    return text.lower(), beyond


def _maybe_marks(text: str) -> bool:
    """Whether `text` may have a run of more than 30 combining marks; cheap where it has not."""
    if text.isascii() or not MAYBE_MARK.search(text[SAMPLED - 1 :: SAMPLED]):
        return False
    return bool(MAYBE_MARKS.search(text))


def _broken(text: str) -> Iterator[str]:
    """Yield `text` with a starter put into every run of more than 30 combining marks."""
    run = 0
    for char in text:
        parts = unicodedata.normalize("NFKD", char)
        run = run + len(parts) if all(map(unicodedata.combining, parts)) else 0
        if run > MOST_MARKS:
            yield BREAK
            run = len(parts)
        yield char


class ShallowLoader(yaml.SafeLoader):
    """Refuses what is nested deeper than `MOST_NESTED_YAML`: for each sign it looks again at all that is still open."""

    def fetch_flow_collection_start(self, TokenClass: type[yaml.Token]) -> None:
        self._refuse(self.flow_level)
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        self._refuse(len(self.indents))
        return bool(super().add_indent(column))

    def _refuse(self, depth: int) -> None:
        if depth >= MOST_NESTED_YAML:
            raise yaml.YAMLError("a value that is nested too deeply")


def parse_yaml(sent: str | bytes, loader: type[ShallowLoader]) -> Any:
    """Return what YAML from outside says; `yaml.YAMLError` if it is none, or a value is none of its kind."""
    try:
        return yaml.load(sent, Loader=loader)  # noqa: S506 - a safe loader  # nosec
    except (AttributeError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        # What the library's own constructors raise: of a 13th month, a number without digits, or too deep a nesting.
        raise yaml.YAMLError(f"a value that cannot be read ({type(error).__name__})") from error


class NameTwice(ValueError):
    """JSON with an object in which a name comes twice: readers differ in which of the values they take."""

    def __init__(self, name: str) -> None:
        super().__init__("JSON with a name that comes twice")
        self.name = name


def whole_number(text: str) -> int | None:
    """Return a number from 0 that fits into 8 bytes, written in ASCII digits; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def parse_json(sent: str | bytes, *, once: bool = False) -> Any:
    """Return what JSON from outside says; `ValueError` if it is none, or something that no database holds.

    That is a number that is none or infinite, and a nesting deeper than `MOST_NESTED`. With `once`, an object in which
    a name comes twice is none either: readers differ in which of the two values they take.
    """
    try:
        found = json.loads(sent, object_pairs_hook=names_once if once else None)
    except RecursionError as error:
        raise ValueError("JSON nested too deep") from error
    for depth, level in enumerate(levels(found)):
        if depth == MOST_NESTED:
            raise ValueError("JSON nested too deep")
        if any(isinstance(value, float) and not math.isfinite(value) for value in level):
            raise ValueError("JSON with a number that is none")
    return found


def names_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, for `object_pairs_hook`; `NameTwice` where a name comes twice in it."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NameTwice(twice_in(pairs))
    return found


def twice_in(pairs: list[tuple[str, Any]]) -> str:
    """Return the beginning of the first name that comes again in the pairs of an object; empty for none."""
    seen = set[str]()
    for name, _value in pairs:
        if name in seen:
            return name[:LONGEST_NAME]
        seen.add(name)
    return ""


def levels(value: Any) -> Iterator[list[Any]]:
    """Yield `value`, then all that is right inside it, then what is inside that, however deep: nothing calls itself."""
    level = [value]
    while level:
        yield level
        level = [
            part
            for one in level
            if isinstance(one, dict | list | tuple)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
