"""What one cell of a table says: nothing, some words, or several values."""

import json
import math
import re
from typing import Any

MAX_TAGS = 40
# What `pandas.read_csv` takes for a lacking value, what it prints for a lacking time, and what databases export.
NOTHING = frozenset([
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null", "NaT", "\\N",
])  # fmt: skip
NOTHING_IN_ANY_CASE = frozenset(word.casefold() for word in NOTHING)
PRINTED = re.compile(r"""\[(.*)\]|\((.*)\)|\{(.*)\}|array\(\[(.*)\](?:,\s*dtype=\w+)?\)""", re.DOTALL)
# A quote that is never closed goes to the end, so that what follows it is looked at once.
ITEM = re.compile(r"""[bu]?(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)")|['"](.+)|([^\s,;|'"]+)""", re.DOTALL)
SEPARATOR = re.compile(r"[,;|\n]")


def is_nothing(value: object, *, exactly: bool = False) -> bool:
    """Return whether a cell says that there is no value; `exactly` where words like Nan could be meant."""
    if value is None:
        return True
    if isinstance(value, float):
        return not math.isfinite(value)
    if not isinstance(value, str) or len(value) > 20:
        return False
    word = value.strip()
    return word in NOTHING if exactly else word.casefold() in NOTHING_IN_ANY_CASE


def values_of(value: Any) -> list[str]:
    """Return the several values of one cell: a list, one as JSON, Python or numpy print it, or words between signs.

    The signs are comma, semicolon, bar and line end. No value is no value: NaN and its like are left out.
    """
    if isinstance(value, str):
        value = _split(value.strip())
    if not isinstance(value, (list, tuple)):
        value = [value]
    return [
        text for item in value if not isinstance(item, (dict, list)) and not is_nothing(item)
        and (text := str(item).strip())
    ]  # fmt: skip


def is_list(text: str) -> bool:
    """Return whether a text is a list as JSON, Python or numpy print it, with an item in quotes."""
    match = PRINTED.fullmatch(text.strip()) if text[:1] in "[({a " else None
    return match is not None and next(filter(None, match.groups()), "").lstrip("bu ")[:1] in {'"', "'"}


def _split(text: str) -> list[Any]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return found if isinstance(found, list) else [found]
    match = PRINTED.fullmatch(text)
    if match is None:
        return SEPARATOR.split(text)
    inside = next((group for group in match.groups() if group is not None), "")
    if "'" not in inside and '"' not in inside:
        return SEPARATOR.split(inside)
    return [_item(one) for one in ITEM.finditer(inside) if one[0] != "..."]


def _item(match: re.Match[str]) -> str:
    quoted = next((group for group in match.groups()[:3] if group is not None), None)
    return match[4] if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
