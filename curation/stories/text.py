"""Story text: line ends, normal form, words, fingerprints. Pure.

Two texts are the same story when their normal forms are equal. The normal form is NFKC, not NFC: files that went
through a word processor or a PDF carry ligatures, one-character ellipses, no-break spaces and full-width letters, which
NFC keeps apart and a reader does not. It is only hashed, never shown, so nothing that NFKC folds is lost from the text.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from string import ascii_letters
from typing import NamedTuple

import numpy as np

from curation.core.plain_text import beyond_ascii, in_form
from curation.stories import reasons

# Done before NFKC, which would split a double prime into two and an acute accent into a space and a mark, and leave the
# last four spaces as they are.
EVEN = {
    "'": "‘’‚‛‹›′‵`´\u1fef\uff40",
    '"': "“”„‟«»″‶〝〞〟",
    "'''": "‴‷",
    "''''": "⁗",
    "": "\u00ad\u200b\u2060\ufeff",  # soft hyphen, zero-width space, word joiner, byte order mark
    " ": "\u00a0\x85\u1680\u2028\u2029",
    "...": "…",
}
REPLACEMENTS = [(old, new) for new, olds in EVEN.items() for old in olds]
SPACE = ord(" ")
# With these away, most English text is ASCII.
DASHES = "—–"
# What NFKC leaves as it is once the others are evened out: usual English text has nothing else beyond ASCII.
USUAL = DASHES + "".join(EVEN.values())
# What `str.split` takes for white space and NFKC leaves as it is.
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"
AS_LINES = bytes(ord("\n") if chr(code) in SPACES and code < 128 else code for code in range(256))
# What most texts have beyond ASCII. In UTF-8 these begin alike and differ in their last byte: with what they share away
# each is one byte, quotes are evened out by a table, white space by the same, and the others written out again.
SIGNS = "“”‘’…" + DASHES
SHARED = SIGNS[0].encode()[:2]
QUOTES = bytes.maketrans(b"`" + bytes(sign.encode()[2] for sign in "‘’“”"), b"'''\"\"")
QUOTES_AND_LINES = AS_LINES.translate(QUOTES)
QUOTES_AND_DASHES = QUOTES.translate(bytes.maketrans(bytes(dash.encode()[2] for dash in DASHES), b"  "))
WRITTEN_OUT = [(sign.encode()[2:], even.encode()) for sign, even in (("…", "..."), ("—", "—"), ("–", "–"))]
MAX_CHARS = 1_000_000
# The fingerprints of so many texts are worked out together: what they take stays near the processor.
TOGETHER = 64
# So much of a text shows which script it is in.
LOOKED_AT, FIRST = 2_000, 200
LETTERS = ascii_letters.encode()
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


# Scripts that put no space between words, and how many of their characters make a word. Chinese and Japanese are so
# many characters that a word takes as long to read as an English one (Trauzettel-Klosinski, Dietz, Standardized
# Assessment of Reading Performance, IOVS 53, 2012, table 3: 255 characters and 158 words a minute; 357 and 193). Those
# of South East Asia, and Tibetan, write a word with four to five letters and marks.
SPACELESS = {
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff": 1.6,
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff": 2.1,
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf\u0f40-\u0fbc\u1000-\u103f\u1050-\u109f\u1780-\u17d3"
    "\u17dd\u1950-\u19df\u1a20-\u1aad\ua9e0-\ua9fe\uaa60-\uaadf": 4.5,
}
WITHOUT_SPACES = "".join(SPACELESS)
UNSPACED = re.compile(f"[{WITHOUT_SPACES}]")
UNSPACED_KINDS = [(re.compile(f"[{chars}]"), size) for chars, size in SPACELESS.items()]
# From where white space ends, so that signs without a letter are looked at once.
SPACED_WORD = re.compile(r"(?<!\S)[^\w\s]*+\w\S*")


class Fingerprint(NamedTuple):
    """Hashes (64 hex digits) and sizes of one text: `n_chars` code points, `n_words` as `count_words` counts them."""

    text_sha256: str
    normal_sha256: str
    n_words: int
    n_chars: int


def evened(text: str, *, dashes: bool = True) -> str:
    """Return `text` with quotes and Unicode form (NFKC) evened out; a space for each of `DASHES` where not `dashes`.

    Idempotent.
    """
    utf8 = text.encode(errors="surrogatepass")
    beyond = beyond_ascii(utf8)
    if not beyond.strip(SIGNS):
        return _usual(utf8, beyond, QUOTES if dashes else QUOTES_AND_DASHES).decode()
    even = _evened(text, beyond)
    return even if dashes else even.translate(dict.fromkeys(map(ord, DASHES), " "))


def _evened(text: str, beyond: str) -> str:
    text = text.replace("`", "'")
    for old, new in REPLACEMENTS:
        if old in beyond:
            text = text.replace(old, new)
    return in_form("NFKC", text) if beyond.strip(USUAL) else text


def _usual(utf8: bytes, beyond: str, table: bytes) -> bytes:
    """Even out a text in UTF-8 that has nothing beyond ASCII but `SIGNS`."""
    if not beyond:
        return utf8.translate(table)
    even = utf8.translate(table, SHARED)
    for byte, sign in WRITTEN_OUT:
        even = even.replace(byte, sign)
    return even


def normal_form(text: str) -> str:
    """Return `text` with quotes, Unicode form (NFKC) and white space evened out, on one line. Idempotent."""
    utf8 = text.encode(errors="surrogatepass")
    lines = [_normal(text, utf8, beyond_ascii(utf8))]
    _single_spaced(lines)
    return lines[0].decode(errors="surrogatepass")


def _normal(text: str, utf8: bytes, beyond: str) -> bytes:
    """Return the normal form of a text, but that there may be several spaces in a row."""
    if beyond.strip(SIGNS):
        even = _evened(text, beyond).encode(errors="surrogatepass").translate(AS_LINES)
    else:
        even = _usual(utf8, beyond, QUOTES_AND_LINES)
    # The same as b" ".join(even.split()), in a third of the time: lines are few, and few spaces in a row inside one.
    return b" ".join(filter(None, [part.strip(b" ") for part in even.split(b"\n")]))


def _single_spaced(lines: list[bytes]) -> list[int]:
    """Leave one space of several in a row in each of `lines`, and return how many spaces each has then."""
    blank = np.frombuffer(b"\n".join(lines), np.uint8) == SPACE
    if np.count_nonzero(blank[1:] & blank[:-1]):
        for place, line in enumerate(lines):
            while b"  " in line:
                line = line.replace(b"  ", b" ")
            lines[place] = line
        return _single_spaced(lines)
    ends = accumulate(len(line) + 1 for line in lines)
    return [int(np.count_nonzero(blank[end - len(line) - 1 : end])) for line, end in zip(lines, ends, strict=True)]


def fingerprint(text: str, utf8: bytes = b"") -> Fingerprint:
    """Return the hashes and sizes of `text`, which must have LF line ends and be storable.

    `utf8` is the text in UTF-8, where that is known already.
    """
    (found,) = fingerprints([(text, utf8 or text.encode())])
    return found


def fingerprints(texts: Sequence[tuple[str, bytes]]) -> Iterator[Fingerprint]:
    """Yield what `fingerprint` returns of each text, which is given in UTF-8 too; of many in less time than of each."""
    for begin in range(0, len(texts), TOGETHER):
        group = texts[begin : begin + TOGETHER]
        beyonds = [beyond_ascii(utf8) for _text, utf8 in group]
        lines = [_normal(text, utf8, beyond) for (text, utf8), beyond in zip(group, beyonds, strict=True)]
        spaces = _single_spaced(lines)
        for (text, utf8), beyond, line, blank in zip(group, beyonds, lines, spaces, strict=True):
            n_words = _count(line, blank, beyond)
            yield Fingerprint(sha256(utf8).hexdigest(), sha256(line).hexdigest(), n_words, len(text))


def storable(text: str) -> str:
    """Return `text` with U+FFFD for NUL bytes and for what is no text in the file it was read from."""
    return UNSTORABLE.sub("\ufffd", text) if why_not_storable(text) else text


def count_words(text: str) -> int:
    """Return how many words `text` has: runs between white space, and of scripts without spaces about as many words."""
    utf8 = text.encode(errors="surrogatepass")
    beyond = beyond_ascii(utf8)
    lines = [_normal(text, utf8, beyond)]
    (spaces,) = _single_spaced(lines)
    return _count(lines[0], spaces, beyond)


def _count(line: bytes, spaces: int, beyond: str) -> int:
    """Count the words of a normal form with so many spaces, whose text has the characters `beyond` ASCII."""
    if beyond.strip(USUAL) and UNSPACED.search(signs := beyond_ascii(line)):
        apart = len(SPACED_WORD.findall(UNSPACED.sub(" ", line.decode(errors="surrogatepass"))))
        return apart + max(1, round(sum(len(kind.findall(signs)) / size for kind, size in UNSPACED_KINDS)))
    return spaces + 1 if line else 0


def assumed_language(text: str, utf8: bytes = b"") -> str:
    """Return the language of a text of which nobody says one: English, or none if most letters are not Latin.

    `utf8` is the text in UTF-8, where that is known already.
    """
    # Most of what is not ASCII in English prose are signs, of more than one byte each: where they are few, nobody needs
    # to know which are letters, nor to count all letters.
    if utf8 and _latin(utf8[:FIRST]) >= len(utf8) - len(text):
        return "en"
    sample = text[:LOOKED_AT]
    utf8 = sample.encode(errors="surrogatepass")
    for part in (utf8[:FIRST], utf8):
        if (latin := _latin(part)) >= len(utf8) - len(sample):
            return "en"
    return "en" if 2 * latin >= sum(map(str.isalpha, sample)) else ""


def _latin(utf8: bytes) -> int:
    """Count the letters of ASCII."""
    return len(utf8) - len(utf8.translate(None, delete=LETTERS))


def why_not_storable(text: str) -> str:
    """Return why PostgreSQL or a reader could not take `text`, or an empty string."""
    if text.isascii():
        return reasons.NUL if "\0" in text else ""
    return _encoded(text)[1]


def why_no_story(text: str) -> str:
    """Return why `text` cannot be a story, or an empty string."""
    return as_story(text)[1]


def as_story(text: str, utf8: bytes | None = None) -> tuple[bytes, str]:
    """Return `text` in UTF-8, which may be known already, and why it cannot be a story, or an empty string."""
    if not text.strip().strip("\u00ad\u200b\u2060\ufeff\n "):
        return b"", reasons.NO_TEXT
    if len(text) > MAX_CHARS:
        return b"", reasons.TOO_LONG % {"n": f"{len(text):,}", "most": f"{MAX_CHARS:,}"}
    return _encoded(text, utf8)


def _encoded(text: str, utf8: bytes | None = None) -> tuple[bytes, str]:
    """Return `text` in UTF-8, and why PostgreSQL or a reader could not take it, or an empty string."""
    try:
        utf8 = text.encode() if utf8 is None else utf8
    except UnicodeEncodeError:
        return b"", reasons.NUL if "\0" in text else reasons.NO_ENCODING
    # Found in a fraction of the time that it takes in a text with signs beyond Latin.
    return utf8, reasons.NUL if b"\0" in utf8 else ""
