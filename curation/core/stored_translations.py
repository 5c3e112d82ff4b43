"""Telling a stored English sentence in the reader's language."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from django.utils import translation
from django.utils.formats import get_format

PLACE = re.compile(r"%\((\w+)\)s")
# The time for a form grows with the length to the power of its places.
LONGEST = 10_000
DECIMAL = re.compile(r"-?\d+\.\d+")
GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+")


def translate_stored(text: str, forms: Iterable[str], retold: Callable[[str], str] = str) -> str:
    """Return `text` in the reader's language if it is one of `forms` filled in; else as it is.

    A form has each of its %(places)s once. What fills them is `retold`, and the signs in a decimal number, and between
    the thousands of a whole one, are the language's. A text of more than `LONGEST` characters is none of them.
    """
    if len(text) > LONGEST:
        return text
    for form in forms:
        if match := _pattern(form).fullmatch(text):
            filled = {name: retold(_as_read(value)) for name, value in match.groupdict().items()}
            return translation.gettext(form) % filled
    return text


@lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    parts = PLACE.split(form)
    made = (f"(?P<{part}>.*?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)


def _as_read(value: str) -> str:
    if DECIMAL.fullmatch(value):
        return value.replace(".", get_format("DECIMAL_SEPARATOR"))
    return value.replace(",", get_format("THOUSAND_SEPARATOR")) if GROUPED.fullmatch(value) else value
