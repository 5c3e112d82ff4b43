"""Evidence passages: offsets in code points on frozen text."""

from dataclasses import dataclass

CONTEXT = 32


@dataclass(frozen=True)
class Passage:
    """A passage with its surroundings. `start` and `end` are code points, half-open; the context is up to 32 each."""

    start: int
    end: int
    quote: str
    prefix: str
    suffix: str


def make_span(text: str, start: int, end: int) -> Passage:
    """Cut the passage out of `text`. Raises `ValueError` unless 0 <= start < end <= len(text)."""
    if not 0 <= start < end <= len(text):
        raise ValueError(f"no passage from {start} to {end} in a text of {len(text)} characters")
    return Passage(start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def verify(text: str, start: int, end: int, quote: str) -> bool:
    """Whether `quote`, not empty, is exactly what `text` holds from `start` to `end`."""
    return 0 <= start < end <= len(text) and text[start:end] == quote
