"""Names of files in zip archives: most tools that do not say which encoding a name has do not use the standard's."""

import re
import zipfile

from curation.core.plain_text import in_form

UTF8_FLAG = 0x800
KANA_HAN = r"\u3001-\u3003\u3005-\u3011\u301c\u3041-\u30ff\u4e00-\u9fff！？（）～\uff10-\uff19\uff21-\uff3a"
ASCII = r"\x20-\x7e"
# What names in each encoding look like; decoded wrongly, they have boxes, half-width kana or mixed scripts.
CYRILLIC = re.compile(rf"(?:[{ASCII}Ёё№А-я](?<![A-Za-z][Ёё№А-я])(?<![ЁёА-я][A-Za-z]))*")
JAPANESE = re.compile(rf"[{ASCII}{KANA_HAN}]*")
CHINESE = re.compile(rf"[{ASCII}\u3000-\u3011\u4e00-\u9fff\uff01-\uff5e]*")
KOREAN = re.compile(rf"[{ASCII}\uac00-\ud7a3]*")
ODD_CASE = re.compile(r"[а-яё][А-ЯЁ]")
KANA = re.compile(r"[\u3041-\u30ff]")
# Half of an accented letter and the small letter after it make a character of a script with many.
TORN = re.compile(r"[a-z][^\x00-\x7f]|[^\x00-\x7f][a-z]")
SMALL = re.compile(r"[а-яё]")


def mend_names(archive: zipfile.ZipFile) -> None:
    """Give the members of `archive` the names that were meant, in composed form.

    A name that is marked as UTF-8, or is valid as UTF-8, is that. The others are all in one encoding: the one of the
    DOS code pages 866, 932, 936 and 949 in which all of them look like names, else 437, as the standard has it.
    """
    old = [(info, info.filename.encode("cp437")) for info in archive.infolist() if _is_open(info)]
    told = {id(info): name for info, raw in old if (name := _decoded(raw, "utf-8")) is not None}
    rest = [(info, raw) for info, raw in old if id(info) not in told]
    codec = code_page(b"\n".join(raw for _info, raw in rest)) if rest else ""
    told |= {id(info): raw.decode(codec) for info, raw in rest}
    for info in archive.infolist():
        info.filename = in_form("NFC", told.get(id(info), info.filename))
    archive.NameToInfo = {info.filename: info for info in archive.infolist()}


def _is_open(info: zipfile.ZipInfo) -> bool:
    """Return whether the standard's encoding was assumed of a name for lack of a word about it."""
    if info.flag_bits & UTF8_FLAG or info.filename.isascii():
        return False
    try:
        info.filename.encode("cp437")
    except UnicodeEncodeError:
        return False
    return True


def _decoded(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None


def code_page(raw: bytes) -> str:
    """Return the codec in which `raw`, names on lines, looks like names."""
    lines = raw.split(b"\n")

    def fits(codec: str, looks: re.Pattern[str]) -> str:
        names = [_decoded(line, codec) for line in lines]
        good = all(name is not None and looks.fullmatch(name) for name in names)
        return "\n".join(filter(None, names)) if good else ""

    russian, japanese = fits("cp866", CYRILLIC), fits("cp932", JAPANESE)
    if japanese and not TORN.search(japanese) and (KANA.search(japanese) or not russian or ODD_CASE.search(russian)):
        return "cp932"
    # Accented letters of code page 437 stand where 866 has capitals.
    if russian and SMALL.search(russian):
        return "cp866"
    korean, chinese = fits("euc_kr", KOREAN), fits("gb2312", CHINESE)
    if korean and (not chinese or sum(char >= "\uac00" for char in korean) > 5):
        return "euc_kr"
    return "gb2312" if chinese else "cp437"
