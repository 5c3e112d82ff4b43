"""Licences as people write them, and the SPDX expression that they mean. Pure."""

import re
from functools import lru_cache

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

ADDRESS = re.compile(r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/zero/(1\.0))", re.IGNORECASE)
# As in "Creative Commons Attribution-NonCommercial 4.0 International", "CC0 1.0 Universal" or "CC BY 4".
CREATIVE_COMMONS = re.compile(
    r"(?:creative\s+commons\b|cc(?=0|\b))[\s_-]*(0|[^\d]*?)[\s_-]*\bv?(\d)(\.\d)?"
    r"(?:\s+(?:international|universal|unported|generic))?",
    re.IGNORECASE,
)
LONGEST = 120
PARTS = {
    "attribution": "by",
    "zero": "0",
    "noncommercial": "nc",
    "sharealike": "sa",
    "noderivatives": "nd",
    "noderivs": "nd",
}
# Names of licences with no version, or with words around the identifier; without signs and in lower case.
SPELLED = {
    "cc0": "CC0-1.0",
    "cczero": "CC0-1.0",
    "publicdomain": "CC0-1.0",
    "ccby": "CC-BY-4.0",
    "ccbysa": "CC-BY-SA-4.0",
    "ccbync": "CC-BY-NC-4.0",
    "ccbyncsa": "CC-BY-NC-SA-4.0",
    "ccbynd": "CC-BY-ND-4.0",
    "ccbyncnd": "CC-BY-NC-ND-4.0",
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "mitlicense": "MIT",
    "pddl": "PDDL-1.0",
    "odcby": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
}


@lru_cache(maxsize=1000)
def spdx(written: str) -> str:
    """Return the SPDX expression that `written` means (`cc by 4.0` -> `CC-BY-4.0`), or an empty string."""
    if found := ADDRESS.search(written):
        return _identifier("CC0-1.0" if found[3] else f"CC-{found[1]}-{found[2]}")
    return _identifier(written)


def _identifier(written: str) -> str:
    words = re.sub(r"\b(?:licen[sc]e|version)\b|,", " ", written, flags=re.IGNORECASE)
    words = re.sub(r"(?<=[\s-])v(?=\d)", "", words).strip()
    bare = re.sub(r"[^a-z0-9]", "", words.lower())
    for form in (written.strip(), re.sub(r"[\s_]+", "-", words), _creative_commons(words)):
        try:
            return str(canonicalize_license_expression(form))
        except (InvalidLicenseExpression, ValueError):
            continue
    return SPELLED.get(bare, "")


def _creative_commons(words: str) -> str:
    """Return the short form of a licence of Creative Commons, such as `CC-BY-NC-4.0`, by the words of its name."""
    found = CREATIVE_COMMONS.fullmatch(words) if len(words) <= LONGEST else None
    if not found:
        return ""
    joined = re.sub(r"\b(non|no|share)[\s-]+(?=[a-z])", r"\1", found[1].lower())
    parts = [PARTS.get(word, word) for word in re.split(r"[\s_-]+", joined) if word]
    return f"CC{'' if parts[:1] == ['0'] else '-'}{'-'.join(parts)}-{found[2]}{found[3] or '.0'}"
