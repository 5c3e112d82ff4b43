"""Names and codes of languages as people write them, and the BCP 47 tag that they mean. Pure.

What is known comes from Unicode's CLDR, by way of Babel.
"""

import pickle  # nosec B403
import re
from functools import lru_cache

from babel.core import Locale, get_global
from babel.localedata import locale_identifiers, resolve_locale_filename

# language, script, region; what may follow is of no use to a researcher who looks for stories in a language.
TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?(?:[-_.@].*)?", re.IGNORECASE)
SEVERAL = re.compile(r"[,;/|+&]|\band\b")
# What people put behind a language's name, as in "English (US)".
BEHIND = re.compile(r"\s*\(.*")
# Codes for no language, for several, and for one that nobody determined.
NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})


@lru_cache(maxsize=1000)
def tag_of(written: str) -> str:
    """Return the BCP 47 tag that `written` means (`en_us` -> `en-US`, `Deutsch` -> `de`), or an empty string.

    Of several languages it is the first that is known.
    """
    for part in SEVERAL.split(written):
        word = " ".join(part.split()).strip("[]'\"()")
        if tag := _tag(word) or _names().get(word.casefold(), "") or _names().get(BEHIND.sub("", word).casefold(), ""):
            return tag
    return ""


def code_of(tag: str) -> str:
    """Return the ISO 639 code of the language that `tag` names, however it is written, or an empty string."""
    return tag_of(tag).partition("-")[0]


def _tag(word: str) -> str:
    match = TAG.fullmatch(word)
    if match is None:
        return ""
    language, script, region = match[1].lower(), match[2], match[3]
    # Some mean a language in one script or country, such as `sh`; what was written says which, or does not.
    language = get_global("language_aliases").get(language, language).partition("_")[0]
    if language not in _codes():
        return ""
    parts = [language, script.title() if script else "", region.upper() if region else ""]
    return "-".join(filter(None, parts))


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    """Every language code that CLDR has a name or a script for."""
    likely = {key.partition("_")[0] for key in get_global("likely_subtags")}
    return frozenset(likely | set(Locale("en").languages)) - NO_LANGUAGE


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Map what each language is called, in English and by its own speakers, to its code; read when first needed."""
    names = {
        own.casefold(): code
        for code in sorted(code for code in locale_identifiers() if "_" not in code)
        if (own := _own_name(code))
    }
    english = {name.casefold(): code for code, name in Locale("en").languages.items() if "_" not in code}
    return {**names, **english}


def _own_name(code: str) -> str:
    """Return what the speakers of a language that CLDR has a file for call it, or an empty string.

    From the file itself, and that of the language it inherits from: a `Locale` of each would stay in memory, 130 MB.
    """
    for place in filter(None, (code, get_global("parent_exceptions").get(code))):
        with open(resolve_locale_filename(place), "rb") as file:
            languages = pickle.load(file)["languages"]  # noqa: S301 # nosec B301
        if code in languages:
            return str(languages[code])
    return ""
