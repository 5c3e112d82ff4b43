"""Cutting a story's text into paragraphs, and paragraphs into marked and unmarked pieces. Offsets are code points."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# More than a novel has. Each costs a page some microseconds, and a text of a megabyte could have half a million.
MOST_PARAGRAPHS = 10_000
BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")


@dataclass(frozen=True)
class Piece:
    """Text under the same marks. `group` is the first mark's, empty when there is none; `label` joins all labels."""

    text: str
    group: str
    label: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph. `start` is its first code point's offset in the whole text, `gap` the blank lines before it."""

    start: int
    gap: str
    text: str
    pieces: list[Piece]


def paragraphs(text: str, marks: Iterable[Mapping[str, Any]] = ()) -> list[Paragraph]:
    """Split `text` at blank lines, and each paragraph where a mark begins or ends.

    The last of `MOST_PARAGRAPHS` has all the rest. `marks` are mappings with `start`, `end` (half-open), `group` and
    `label`.
    """
    listed = sorted(marks, key=lambda mark: (mark["start"], mark["end"]))
    found, start, gap = [], 0, ""
    for blank in [*itertools.islice(BLANK_LINES.finditer(text), MOST_PARAGRAPHS - 1), None]:
        end = blank.start() if blank else len(text)
        if text[start:end].strip():
            found.append(Paragraph(start, gap, text[start:end], _pieces(text, start, end, listed)))
        gap = blank[0] if blank else ""
        start = blank.end() if blank else end
    return found


def _pieces(text: str, start: int, end: int, marks: list[Mapping[str, Any]]) -> list[Piece]:
    inside = [mark for mark in marks if mark["start"] < end and mark["end"] > start]
    edges = {start, end, *(max(start, m["start"]) for m in inside), *(min(end, m["end"]) for m in inside)}
    cuts = sorted(edges)
    pieces = []
    for left, right in itertools.pairwise(cuts):
        over = [mark for mark in inside if mark["start"] <= left and mark["end"] >= right]
        label = "; ".join(dict.fromkeys(str(mark["label"]) for mark in over))
        pieces.append(Piece(text[left:right], str(over[0]["group"]) if over else "", label))
    return pieces
