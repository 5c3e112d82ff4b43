"""When two names mean one source, and the short form of a name that stands in addresses. Pure."""

import re
import unicodedata
from hashlib import sha256

from curation.core.plain_text import in_form

SLUG_CHARS, KEY_CHARS = 80, 200


def source_key(name: str) -> str:
    """Return what two names share exactly when they mean one source: letter case and Unicode form make no other name.

    At most 200 characters; of a longer name the end is told apart by its hash.
    """
    key = " ".join(in_form("NFKC", in_form("NFKC", name).casefold()).split())
    return key if len(key) <= KEY_CHARS else f"{key[: KEY_CHARS - 65]}…{sha256(key.encode()).hexdigest()}"


def source_slug(name: str, *, number: int = 1) -> str:
    """Return `name` as letters, marks and digits of any script with hyphens between, in at most 80 characters.

    A `number` from 2 on ends it, for a name whose short form is taken. Empty if the name has no letter or digit.
    """
    chars = [
        char if char == "_" or unicodedata.category(char)[0] in "LMN" else "-" for char in in_form("NFKC", name).lower()
    ]
    slug = re.sub("-+", "-", "".join(chars)).strip("-_")
    if not any(unicodedata.category(char)[0] in "LN" for char in slug):
        return ""
    end = f"-{number}" if number > 1 else ""
    return slug[: SLUG_CHARS - len(end)].rstrip("-_") + end
