"""Finding a text file's encoding without guessing more than has to be guessed."""

import codecs
import io
import re
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.stories import reasons
from curation.stories.readers.base import Encoding, Unlike, errors_for
from curation.stories.readers.candidates import (
    ENOUGH,
    LATIN,
    LOW,
    WIDE,
    Doubtful,
    choices,
    reads_like,
    told_apart,
    unmarked,
    unmarked_maybe,
)
from curation.stories.readers.western import Western

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
LOOKED_AT = 1 << 16
# So many times more bad bytes than good characters will not turn into fewer further on.
MANY = 1_000
# So many bytes beyond ASCII that read like a Western European language are no accident, if the choice is one of another
# script.
CLEAR = 8


def find_encoding(stream: IO[bytes], chosen: str = "", name: str = "", *, shared: bool = False) -> Encoding:
    """Return the encoding of `stream`, read from its start to its end in pieces.

    A byte order mark decides; else UTF-8 if all of it is; else what a person has `chosen`; else UTF-8 with a few bad
    bytes if most of what is not ASCII fits; else Windows-1252 if it reads like a Western European language. Of anything
    else `Doubtful` is raised, with the encodings to choose from; it calls the file `name`.

    What was chosen for several files (`shared`) is not forced on one that shows by itself which encoding it has; of one
    that can hardly be in it `Unlike` is raised.
    """
    head = stream.read(PIECE)
    for bom, codec in BOMS:
        if head.startswith(bom):
            told = _("Read as %(encoding)s.") % {"encoding": codec.upper()}
            return Encoding(codec, "" if codec == "utf-8-sig" else told)
    sample = head[:LOOKED_AT]
    if codec := unmarked(sample):
        told = _("Read as %(encoding)s, although it lacks the mark that says so.") % {"encoding": codec.upper()}
        return Encoding(chosen if chosen in WIDE else codec, told, open=True)
    stream.seek(0)
    if _is_utf8(stream):
        if maybe := unmarked_maybe(sample):
            return _chosen_of(sample, [*maybe, "utf-8"], chosen, name)
        ignored = _("It is UTF-8, so the chosen encoding is not used.") if chosen not in {"", "utf-8"} else ""
        return Encoding("utf-8", ignored)
    stream.seek(0)
    if chosen and chosen != "utf-8":
        if shared and (own := _shown(stream, sample, chosen, name)):
            return own
        return Encoding(chosen, _("Read as %(encoding)s, as chosen.") % {"encoding": chosen.upper()}, open=True)
    good, bad = _fit(stream)
    if good > bad or chosen:
        return _utf8_but_for(bad)
    stream.seek(0)
    if _is_western(stream):
        told = _("Not UTF-8, so read as Windows-1252. Look at the quotes and accents in the preview.")
        return Encoding("cp1252", told, open=True)
    stream.seek(0)
    raise Doubtful(choices(stream), name)


def decode(data: bytes, chosen: str = "", name: str = "", *, shared: bool = False) -> tuple[str, Encoding]:
    """Return `data` as text by the same rules, and how it was read."""
    encoding = find_encoding(io.BytesIO(data), chosen, name, shared=shared)
    return data.decode(encoding.codec, errors=errors_for(encoding.codec)), encoding


def _shown(stream: IO[bytes], sample: bytes, chosen: str, name: str) -> Encoding | None:
    """Return the encoding that one of several files shows, whatever was chosen for all; None if it shows none."""
    good, bad = _fit(stream)
    if good > bad:
        return _utf8_but_for(bad)
    stream.seek(0)
    clear = ENOUGH if chosen in LATIN else CLEAR
    if len(sample.translate(None, LOW)) >= clear and _is_western(stream):
        told = _("It reads like a Western European language, so the chosen encoding is not used.")
        return Encoding("cp1252", told, open=True)
    if not reads_like(sample, chosen):
        raise Unlike(reasons.UNLIKE, {"file": name, "encoding": chosen.upper()})
    return None


def _utf8_but_for(bad: int) -> Encoding:
    told = ngettext(
        "Not UTF-8 in %(n)d place; the row with it is rejected.",
        "Not UTF-8 in %(n)d places; the rows with them are rejected.",
        bad,
    )
    return Encoding("utf-8", told % {"n": bad}, open=True)


def _chosen_of(sample: bytes, offered: list[str], chosen: str, name: str) -> Encoding:
    if chosen in offered:
        return Encoding(chosen, _("Read as %(encoding)s, as chosen.") % {"encoding": chosen.upper()}, open=True)
    raise Doubtful(told_apart(sample, offered), name)


def _is_utf8(stream: IO[bytes]) -> bool:
    strict = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(PIECE):
            strict.decode(piece)
        strict.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _fit(stream: IO[bytes]) -> tuple[int, int]:
    """Return how many characters beyond ASCII `stream` has as UTF-8, and how many bytes that fit none.

    It is not read to its end where hardly any fit.
    """
    lenient = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    good = bad = 0
    while piece := stream.read(PIECE):
        text = lenient.decode(piece)
        good += len(NOT_ASCII.findall(text))
        bad += len(ESCAPED.findall(text))
        if bad > MANY * (good + 1):
            break
    return good, bad + len(lenient.decode(b"", final=True))


def _is_western(stream: IO[bytes]) -> bool:
    seen = Western()
    while piece := stream.read(PIECE):
        if not seen.see(piece):
            return False
    return seen.see(b"") and seen.certain()
