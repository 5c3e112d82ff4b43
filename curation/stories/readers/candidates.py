"""The encodings that a file could be in, with a line of its text in each, for a person to choose from."""

import codecs
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.stories.readers.base import FileUnreadable

ENCODINGS: dict[str, Any] = {
    "cp1252": gettext_lazy("Western European (Windows)"),
    "mac_roman": gettext_lazy("Western European (Mac)"),
    "iso8859_15": gettext_lazy("Western European (ISO)"),
    "cp850": gettext_lazy("Western European (DOS)"),
    "cp1250": gettext_lazy("Central European (Windows)"),
    "iso8859_2": gettext_lazy("Central European (ISO)"),
    "cp852": gettext_lazy("Central European (DOS)"),
    "cp1251": gettext_lazy("Cyrillic (Windows)"),
    "koi8_u": gettext_lazy("Cyrillic (KOI8-U)"),
    "koi8_r": gettext_lazy("Cyrillic (KOI8-R)"),
    "iso8859_5": gettext_lazy("Cyrillic (ISO)"),
    "mac_cyrillic": gettext_lazy("Cyrillic (Mac)"),
    "cp866": gettext_lazy("Cyrillic (DOS)"),
    "cp1253": gettext_lazy("Greek (Windows)"),
    "iso8859_7": gettext_lazy("Greek (ISO)"),
    "cp1254": gettext_lazy("Turkish (Windows)"),
    "cp1255": gettext_lazy("Hebrew (Windows)"),
    "cp1256": gettext_lazy("Arabic (Windows)"),
    "cp1257": gettext_lazy("Baltic (Windows)"),
    "cp1258": gettext_lazy("Vietnamese (Windows)"),
    "cp874": gettext_lazy("Thai (Windows)"),
    "gb18030": gettext_lazy("Simplified Chinese (GB18030, GBK)"),
    "big5hkscs": gettext_lazy("Traditional Chinese (Big5)"),
    "cp932": gettext_lazy("Japanese (Shift-JIS)"),
    "euc_jp": gettext_lazy("Japanese (EUC-JP)"),
    "iso2022_jp": gettext_lazy("Japanese (ISO-2022-JP)"),
    "cp949": gettext_lazy("Korean (EUC-KR)"),
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (LE)",
    "utf-16-be": "UTF-16 (BE)",
    "utf-32-le": "UTF-32 (LE)",
    "utf-32-be": "UTF-32 (BE)",
}
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
MULTIBYTE = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949")
SINGLE = tuple(name for name in ENCODINGS if name not in {*WIDE, *MULTIBYTE, "utf-8", "iso2022_jp"})
# Those of languages in Latin script, whose few letters beyond ASCII tell such encodings less clearly apart.
LATIN = {
    "cp1252", "mac_roman", "iso8859_15", "cp850", "cp1250", "iso8859_2", "cp852", "cp1254", "cp1257", "cp1258",
}  # fmt: skip
# Other names of these, and encodings whose text is read by one that has more.
ALSO = {
    "iso8859-1": "cp1252", "ascii": "utf-8", "utf-8-sig": "utf-8", "gbk": "gb18030", "gb2312": "gb18030",
    "big5": "big5hkscs", "cp950": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-9": "cp1254",
    "tis-620": "cp874", "utf-16": "utf-16-le", "utf-32": "utf-32-le",
}  # fmt: skip
BY_NAME = {codecs.lookup(name).name: name for name in ENCODINGS} | ALSO
PIECE, LOOKED_AT, RANKED, SHOWN, BEFORE = 1 << 20, 1 << 18, 1 << 14, 120, 24
# So many encodings that fit come before Windows-1252 where its text does not look Western European.
AHEAD = 2
# A file of such an encoding may have a bad byte in so many characters that are not ASCII.
ONE_BAD_IN = 20
# What is told of a file from so many bytes beyond ASCII on, and among how many of the likeliest encodings one in Latin
# script then is.
ENOUGH, LIKELY_LATIN = 200, 4
LOW = bytes(range(128))
ESCAPED = re.compile("[\udc80-\udcff]")
KANA = re.compile("[\u3041-\u30ff]")


@dataclass(frozen=True)
class EncodingChoice:
    """An encoding to choose, its name for people, and a line of the file read in it."""

    codec: str
    label: str
    line: str


class Doubtful(FileUnreadable):
    """The file `name` could be in any of several encodings, and a person has to say in which."""

    def __init__(self, found: Sequence[EncodingChoice], name: str) -> None:
        self.choices, self.name = list(found), name
        told = _("%(file)s is not UTF-8, and which encoding it is in cannot be told for sure. Choose one.")
        super().__init__(told % {"file": name})


def encoding_named(name: str) -> str:
    """Return the codec that a person means by `name`. Raises `FileUnreadable` if it is none that is read here."""
    try:
        return BY_NAME[codecs.lookup(name.strip()).name]
    except (LookupError, ValueError) as error:
        told = _("There is no encoding “%(name)s”. The encodings are: %(known)s.")
        raise FileUnreadable(told % {"name": name[:40], "known": ", ".join(ENCODINGS)}) from error


def unmarked(sample: bytes) -> str:
    """Return the UTF-16 or UTF-32 that `sample`, a file's beginning, can only be, else an empty string."""
    if 0 not in sample or len(sample) < 8:
        return ""
    for codec in ("utf-32-le", "utf-32-be"):
        if _is_text(sample, codec):
            return codec
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    codec = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return codec if max(zeros) > len(sample) * 0.3 else ""


def unmarked_maybe(sample: bytes) -> list[str]:
    """Return what a file that is valid UTF-8 could be as well, because all its bytes are ASCII."""
    if b"\x1b$" in sample and _decoded(sample, "iso2022_jp") is not None:
        return ["iso2022_jp"]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if max(zeros) > 2 and min(zeros) == 0 and max(zeros) * 50 > len(sample):
        return [codec for codec in WIDE if _is_text(sample, codec)]
    return []


def choices(stream: IO[bytes]) -> list[EncodingChoice]:
    """Return the encodings in which all of `stream`, but for a few bytes, is text; the likeliest first."""
    counts: Counter[int] = Counter()
    decoders = {name: codecs.getincrementaldecoder(name)(errors="surrogateescape") for name in MULTIBYTE}
    bad, good = Counter[str](), Counter[str]()
    sample = b""
    while piece := stream.read(PIECE):
        sample = sample or piece[:LOOKED_AT]
        high = piece.translate(None, LOW)
        counts.update({byte: high.count(byte) for byte in set(high)})
        for name, decoder in list(decoders.items()):
            text = decoder.decode(piece)
            bad[name] += _bad_in(text)
            good[name] += len(text) - len(text.encode("ascii", "ignore"))
            if bad[name] * ONE_BAD_IN > good[name]:
                del decoders[name]
    found = [codec for codec in WIDE if 0 in sample and _is_text(sample, codec)]
    seen = set()
    for name in SINGLE:
        held = "".join(bytes([byte]).decode(name, "replace") for byte in sorted(counts))
        missing = sum(n for byte, n in counts.items() if bytes([byte]).decode(name, "replace") == "\ufffd")
        # Two that read every byte of the file alike are one choice.
        if held not in seen and missing * ONE_BAD_IN <= counts.total():
            seen.add(held)
            found.append(name)
    return told_apart(sample, [*found, *decoders])


def reads_like(sample: bytes, codec: str) -> bool:
    """Return whether `sample`, a file's beginning, could be in `codec`; it could if nearly all of it is ASCII."""
    if len(sample.translate(None, LOW)) < ENOUGH:
        return True
    likely = [one.codec for one in choices(io.BytesIO(sample))][: LIKELY_LATIN if codec in LATIN else 1]
    return any(sample.decode(codec, "replace") == sample.decode(name, "replace") for name in likely)


def told_apart(sample: bytes, names: Sequence[str]) -> list[EncodingChoice]:
    """Return `names` as choices, the likeliest first, with the line of `sample` in which they differ most."""
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    # A bad byte should not speak against an encoding that reads all other lines.
    clean = [line for line in lines if all(_decoded(line, name) is not None for name in names if name in MULTIBYTE)]
    ranked = [name for name in names if name in WIDE or name == "iso2022_jp"]
    rest = {codecs.lookup(name).name.replace("-", "_"): name for name in names if name not in ranked}
    if lines and rest:
        looked = b"\n".join(clean or lines)[:RANKED]
        matches = from_bytes(looked, cp_isolation=list(rest), threshold=1.0, enable_fallback=False)
        likely = [rest[match.encoding] for match in matches if match.encoding in rest]
        # Kana stand at the same bytes in the sets of other languages, but only Japanese is full of them.
        ranked += ["euc_jp"] if "euc_jp" in names and _is_kana(looked.decode("euc_jp", "ignore")) else []
        # It was looked at before, and a few words need not read like a Western European language: neither first nor
        # out of sight.
        others = [name for name in likely if name != "cp1252"]
        ranked += [*others[:AHEAD], *(name for name in likely if name == "cp1252"), *others[AHEAD:]]
    line = max(clean or lines or [sample], key=lambda one: len(set(one.translate(None, LOW))))
    return [
        EncodingChoice(name, str(ENCODINGS[name]), _excerpt(sample if name in WIDE else line, name))
        for name in dict.fromkeys([*ranked, *rest.values()])
    ]


def _excerpt(raw: bytes, codec: str) -> str:
    """Return a piece of the text around its first character that is not ASCII."""
    text = " ".join(_shown(raw.decode(codec, errors="replace")).split())
    first = next((place for place, char in enumerate(text) if ord(char) > 127), 0)
    start = max(0, first - BEFORE)
    end = "…" if len(text) > start + SHOWN else ""
    return ("…" if start else "") + text[start : start + SHOWN] + end


def _shown(text: str) -> str:
    return "".join(char if char in "\t\r\n" or unicodedata.category(char)[0] != "C" else "\ufffd" for char in text)


def _decoded(raw: bytes, codec: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)().decode(raw)
    except UnicodeDecodeError:
        return None


def _bad_in(text: str) -> int:
    try:
        text.encode()
    except UnicodeEncodeError:
        return len(ESCAPED.findall(text))
    return 0


def _is_kana(text: str) -> bool:
    return len(KANA.findall(text)) * 5 > len(text) - len(text.encode("ascii", "ignore"))


def _is_text(sample: bytes, codec: str) -> bool:
    """Return whether `sample` read as `codec` is lines of assigned characters."""
    text = _decoded(sample, codec)
    if not text or not any(sign in text for sign in "\n\r ,"):
        return False
    return all(char in "\t\r\n\f" or unicodedata.category(char) not in {"Cc", "Cn", "Co", "Cs"} for char in text)
