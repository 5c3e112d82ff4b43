"""The colours of the style sheets: text on every evidence colour at 7:1 or more, other pairs as WCAG asks."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "curation" / "static" / "css"
BASE = (CSS / "base.css").read_text()
COLOUR = r"#[0-9a-f]{6}"
PAIRS = {name: pair for name, *pair in re.findall(rf"--([\w-]+): light-dark\(({COLOUR}), ({COLOUR})\)", BASE)}
SEPIA = dict(re.findall(rf"--([\w-]+): ({COLOUR});", BASE[BASE.index('data-theme="sepia"') :]))
THEMES = ["light", "dark", "sepia"]
HIGHLIGHTS = ["a-soft", "b-soft", "c-soft", "d-soft", "f-soft", "cursor", "warn-soft"]


def colour(theme: str, name: str) -> str:
    if theme == "sepia" and name in SEPIA:
        return str(SEPIA[name])
    return str(PAIRS[name][theme == "dark"])


def luminance(value: str) -> float:
    parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: str, one: str, other: str) -> float:
    low, high = sorted(luminance(colour(theme, name)) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", [*HIGHLIGHTS, "paper", "surface"])
def test_story_text_stands_out_7_to_1_on_paper_and_on_every_mark(theme: str, ground: str) -> None:
    assert contrast(theme, "ink", ground) >= 7


def test_every_highlight_takes_its_colour_from_a_token_that_is_tested() -> None:
    used = re.findall(r"::highlight\([^)]*\) \{ background-color: ([^;]+);", (CSS / "story.css").read_text())
    assert len(used) == 6
    assert set(used) <= {f"var(--{name})" for name in HIGHLIGHTS}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("group", list("abcdf"))
def test_underlines_stand_out_from_the_mark_they_are_on(theme: str, group: str) -> None:
    assert contrast(theme, group, f"{group}-soft") >= 3
    assert contrast(theme, group, "paper") >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("text", "ground"),
    [("ink2", "paper"), ("ink2", "surface"), ("ink2", "sunk"), ("accent", "paper"), ("accent", "surface"),
     ("accent", "accent-soft"), ("on-accent", "accent"), ("on-accent", "accent-deep"),
     *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info"))],
)  # fmt: skip
def test_small_text_is_readable(theme: str, text: str, ground: str) -> None:
    assert contrast(theme, text, ground) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["paper", "surface"])
def test_the_edges_of_fields_can_be_seen(theme: str, ground: str) -> None:
    assert contrast(theme, "strong-edge", ground) >= 3
