"""Story text: line ends, normal form, words, fingerprints. Pure.

Two texts are the same story when their normal forms are equal. The normal form is NFKC, not NFC: files that went
through a word processor or a PDF carry ligatures, one-character ellipses, no-break spaces and full-width letters, which
NFC keeps apart and a reader does not. It is only hashed, never shown, so nothing that NFKC folds is lost from the text.
"""

import re
from hashlib import sha256
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
# What most texts have of these, and nothing else beyond ASCII but dashes.
MOSTLY = [(old, new) for old, new in REPLACEMENTS if old in "“”‘’…"]
SPACE = ord(" ")
# With these away, most English text is ASCII.
DASHES = "—–"
# What NFKC leaves as it is once the others are evened out: usual English text has nothing else beyond ASCII.
USUAL = DASHES + "".join(EVEN.values())
# What `str.split` takes for white space and NFKC leaves as it is.
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"
AS_LINES = bytes(ord("\n") if chr(code) in SPACES and code < 128 else code for code in range(256))
MAX_CHARS = 1_000_000
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


def evened(text: str) -> str:
    """Return `text` with quotes and Unicode form (NFKC) evened out. Idempotent."""
    return _evened(text, beyond_ascii(text.encode(errors="surrogatepass")))


def _evened(text: str, beyond: str) -> str:
    for old, new in REPLACEMENTS if beyond.strip("“”‘’…" + DASHES) else MOSTLY:
        if old in beyond:
            text = text.replace(old, new)
    if "`" in text:
        text = text.replace("`", "'")
    return in_form("NFKC", text) if beyond.strip(USUAL) else text


def normal_form(text: str) -> str:
    """Return `text` with quotes, Unicode form (NFKC) and white space evened out, on one line. Idempotent."""
    return _on_one_line(evened(text))[0].decode(errors="surrogatepass")


def _on_one_line(even: str) -> tuple[bytes, int]:
    """Return a text on one line, and how many spaces it has there."""
    # The same as " ".join(even.split()), in a third of the time: lines are few, and few spaces in a row are inside one.
    lines = even.encode(errors="surrogatepass").translate(AS_LINES).split(b"\n")
    line = b" ".join(filter(None, [part.strip(b" ") for part in lines]))
    blank = np.frombuffer(line, np.uint8) == SPACE
    while np.count_nonzero(blank[1:] & blank[:-1]):
        line = line.replace(b"  ", b" ")
        blank = np.frombuffer(line, np.uint8) == SPACE
    return line, int(np.count_nonzero(blank))


def fingerprint(text: str, utf8: bytes = b"") -> Fingerprint:
    """Return the hashes and sizes of `text`, which must have LF line ends and be storable.

    `utf8` is the text in UTF-8, where that is known already.
    """
    utf8 = utf8 or text.encode()
    beyond = beyond_ascii(utf8)
    normal, spaces = _on_one_line(_evened(text, beyond))
    return Fingerprint(
        text_sha256=sha256(utf8).hexdigest(),
        normal_sha256=sha256(normal).hexdigest(),
        n_words=_count(normal, spaces, beyond),
        n_chars=len(text),
    )


def storable(text: str) -> str:
    """Return `text` with U+FFFD for NUL bytes and for what is no text in the file it was read from."""
    return UNSTORABLE.sub("\ufffd", text) if why_not_storable(text) else text


def count_words(text: str) -> int:
    """Return how many words `text` has: runs between white space, and of scripts without spaces about as many words."""
    beyond = beyond_ascii(text.encode(errors="surrogatepass"))
    return _count(*_on_one_line(_evened(text, beyond)), beyond)


def _count(line: bytes, spaces: int, beyond: str) -> int:
    """Count the words of a normal form with so many spaces, whose text has the characters `beyond` ASCII."""
    if beyond.strip(USUAL) and UNSPACED.search(signs := beyond_ascii(line)):
        apart = len(SPACED_WORD.findall(UNSPACED.sub(" ", line.decode(errors="surrogatepass"))))
        return apart + max(1, round(sum(len(kind.findall(signs)) / size for kind, size in UNSPACED_KINDS)))
    return spaces + 1 if line else 0


def assumed_language(text: str) -> str:
    """Return the language of a text of which nobody says one: English, or none if most letters are not Latin."""
    sample = text[:LOOKED_AT]
    utf8 = sample.encode(errors="surrogatepass")
    # Most of what is not ASCII in English prose are signs, of more than one byte each: where they are few, nobody needs
    # to know which are letters, nor to count all letters.
    for part in (utf8[:FIRST], utf8):
        latin = len(part) - len(part.translate(None, delete=LETTERS))
        if latin >= len(utf8) - len(sample):
            return "en"
    return "en" if 2 * latin >= sum(map(str.isalpha, sample)) else ""


def why_not_storable(text: str) -> str:
    """Return why PostgreSQL or a reader could not take `text`, or an empty string."""
    return _encoded(text)[1]


def why_no_story(text: str) -> str:
    """Return why `text` cannot be a story, or an empty string."""
    return as_story(text)[1]


def as_story(text: str) -> tuple[bytes, str]:
    """Return `text` in UTF-8, and why it cannot be a story, or an empty string."""
    if not text.strip().strip("\u00ad\u200b\u2060\ufeff\n "):
        return b"", reasons.NO_TEXT
    if len(text) > MAX_CHARS:
        return b"", reasons.TOO_LONG % {"n": f"{len(text):,}", "most": f"{MAX_CHARS:,}"}
    return _encoded(text)


def _encoded(text: str) -> tuple[bytes, str]:
    """Return `text` in UTF-8, and why PostgreSQL or a reader could not take it, or an empty string."""
    try:
        utf8 = text.encode()
    except UnicodeEncodeError:
        return b"", reasons.NUL if "\0" in text else reasons.NO_ENCODING
    # Found in a fraction of the time that it takes in a text with signs beyond Latin.
    return utf8, reasons.NUL if b"\0" in utf8 else ""
