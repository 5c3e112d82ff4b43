"""What text may be: LF between lines, and nothing in it that the database cannot hold."""

import json
import math
from typing import Any

MOST_NESTED = 20


def with_lf(text: str) -> str:
    """Return `text` with CRLF and CR as LF; nothing else changes."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def storable(text: str) -> bool:
    """Whether the database can hold `text`: no NUL, and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def whole_number(text: str) -> int | None:
    """Return a number from 0 that fits into 8 bytes, written in ASCII digits; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def parse_json(sent: str | bytes) -> Any:
    """Return what JSON from outside says; `ValueError` if it is none, or something that no database holds.

    That is a number that is none or infinite, and a nesting deeper than `MOST_NESTED`.
    """
    try:
        found = json.loads(sent)
    except RecursionError as error:
        raise ValueError("JSON nested too deep") from error
    level = [found]
    for _depth in range(MOST_NESTED):
        if any(isinstance(value, float) and not math.isfinite(value) for value in level):
            raise ValueError("JSON with a number that is none")
        level = [
            part
            for value in level
            if isinstance(value, dict | list)
            for part in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return found
    raise ValueError("JSON nested too deep")
