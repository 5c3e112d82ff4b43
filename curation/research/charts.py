"""Where the pieces of the charts lie, in the units of their SVGs, for templates to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format

from curation.research.rows.counting import WORDS_FROM

HEIGHT, WIDTH = 96, 320
MOST_BARS = 8
LEVELS = 5


@dataclass(frozen=True)
class UprightBar:
    """An upright bar: what it stands for, how many there are, and where it lies."""

    label: str
    n: int
    x: float
    y: float
    width: float
    height: float
    middle: float


@dataclass(frozen=True)
class Bar:
    """A horizontal bar: its share of the longest in hundredths, and of all in whole percent."""

    key: str
    name: str
    n: int
    width: float
    percent: int


@dataclass(frozen=True)
class CoverageCell:
    """How many stories show a principle and a theme; `level` from 0 for none to `LEVELS` for the most."""

    n: int
    level: int
    principle: str
    theme: str


@dataclass(frozen=True)
class CoverageTable:
    """Themes in rows, principles in columns, each as key and name."""

    principles: list[tuple[str, str]]
    rows: list[tuple[tuple[str, str], list[CoverageCell]]]
    empty: int


def word_columns(counts: Sequence[int]) -> list[UprightBar]:
    """Return the bars of the lengths of stories, which `counts` gives by where they begin (`WORDS_FROM`)."""
    most = max(counts, default=0) or 1
    step = WIDTH / len(counts)
    columns = []
    for place, n in enumerate(counts):
        height = round(HEIGHT * n / most, 1)
        label = number_format(WORDS_FROM[place], force_grouping=True)
        label = f"{label}+" if place == len(counts) - 1 else label
        x = round(place * step + 2, 1)
        columns.append(UprightBar(label, n, x, HEIGHT - height, round(step - 4, 1), height, round(x + step / 2 - 2, 1)))
    return columns


def bars(counts: Mapping[str, int], names: Mapping[str, str], *, rest: str, unknown: str) -> list[Bar]:
    """Return the most frequent first; what there is no room for is summed up as `rest`."""
    ranked = sorted(counts.items(), key=lambda part: (-part[1], part[0]))
    shown = [(key, names.get(key, key) or unknown, n) for key, n in ranked[:MOST_BARS]]
    if left := sum(n for _key, n in ranked[MOST_BARS:]):
        shown.append(("", rest, left))
    most, total = max((n for _key, _name, n in shown), default=1), sum(counts.values()) or 1
    return [Bar(key, name, n, round(100 * n / most, 1), round(100 * n / total)) for key, name, n in shown]


def coverage(figures: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> CoverageTable | None:
    """Return how often each principle and theme come together; those that no story has are there as well."""
    found = {(principle, theme): n for principle, theme, n in figures["cells"]}
    principles = dict(names["principles"]) | {
        key: key for key in figures["principles"] if key not in names["principles"]
    }
    themes = dict(names["themes"]) | {key: key for key in figures["themes"] if key not in names["themes"]}
    if not principles or not themes or not (figures["principles"] or figures["themes"]):
        return None
    most = max(found.values(), default=1)
    rows = [
        (
            (theme, name),
            [
                CoverageCell(n := found.get((principle, theme), 0), -(-LEVELS * n // most), principle, theme)
                for principle in principles
            ],
        )
        for theme, name in themes.items()
    ]
    empty = sum(cell.n == 0 for _theme, cells in rows for cell in cells)
    return CoverageTable(list(principles.items()), rows, empty)
