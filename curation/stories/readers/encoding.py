"""Finding a text file's encoding without guessing more than has to be guessed."""

import codecs
import re
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ESCAPED = re.compile("[\udc80-\udcff]")
NOT_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
PIECE = 1 << 20


@dataclass(frozen=True)
class Encoding:
    """A codec's name, and what a person should know about how it was found."""

    codec: str
    note: str = ""


def find_encoding(stream: IO[bytes]) -> Encoding:
    """Return the encoding of `stream`, read from its start to its end in pieces.

    A byte order mark decides; else UTF-8 if all of it is; else UTF-8 with a few bad bytes if most of what is not ASCII
    fits; else Windows-1252, what Western European spreadsheets write.
    """
    head = stream.read(PIECE)
    for bom, codec in BOMS:
        if head.startswith(bom):
            told = _("Read as %(encoding)s.") % {"encoding": codec.upper()}
            return Encoding(codec, "" if codec == "utf-8-sig" else told)
    sample = head[:4096]
    if len(sample) > 8 and max(sample[0::2].count(0), sample[1::2].count(0)) > len(sample) * 0.3:
        big = sample[0::2].count(0) > sample[1::2].count(0)
        told = _("Read as UTF-16, although it lacks the mark that says so.")
        return Encoding("utf-16-be" if big else "utf-16-le", told)
    strict = codecs.getincrementaldecoder("utf-8")()
    lenient = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    good = bad = 0
    try:
        while head:
            strict.decode(head)
            head = stream.read(PIECE)
        strict.decode(b"", final=True)
    except UnicodeDecodeError:
        stream.seek(0)
    else:
        return Encoding("utf-8")
    while head := stream.read(PIECE):
        text = lenient.decode(head)
        good += len(NOT_ASCII.findall(text))
        bad += len(ESCAPED.findall(text))
    bad += len(lenient.decode(b"", final=True))
    if good > bad:
        told = ngettext(
            "Not UTF-8 in %(n)d place; the row with it is rejected.",
            "Not UTF-8 in %(n)d places; the rows with them are rejected.",
            bad,
        )
        return Encoding("utf-8", told % {"n": bad})
    told = _("Not UTF-8, so read as Windows-1252. Look at the quotes and accents in the preview.")
    return Encoding("cp1252", told)


def decode(data: bytes) -> str:
    """Return `data` as text by the same rules; bytes that fit nothing become lone surrogates."""
    for bom, codec in BOMS:
        if data.startswith(bom):
            return data.decode(codec, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="surrogateescape")
