"""No words stand in a template outside a tag that translates them."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FILES = sorted(TEMPLATES.rglob("*.html"))
# Names, which are the same in every language.
NAMES = {"Argilla", "Exempla", "SHA-256"}
SAID = ("alt", "aria-description", "aria-label", "aria-valuetext", "placeholder", "title", "data-confirm", "data-label")
# Their content is for machines.
NO_WORDS = ("script", "style", "pre", "code")
MACHINE_BLOCKS = ("main_class", "body_attributes")
WORD = re.compile(r"[^\W\d_]{2,}")


def left_over(source: str) -> str:
    """Return a template's text without its tags, its variables and what is translated in it."""
    kept, quiet = [], False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.TEXT and not quiet:
            kept.append(token.contents)
        if token.token_type == TokenType.BLOCK:
            name, *rest = token.split_contents()
            if name in {"blocktranslate", "comment"} or (name == "block" and rest[0] in MACHINE_BLOCKS):
                quiet = True
            elif name in {"endblocktranslate", "endcomment", "endblock"}:
                quiet = False
    return "".join(kept)


class Said(HTMLParser):
    """Collects every run of text that a reader would see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.machine = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.machine += tag in NO_WORDS
        self.runs += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self.machine -= tag in NO_WORDS

    def handle_data(self, data: str) -> None:
        if not self.machine:
            self.runs.append(data)


def words_in(source: str) -> list[str]:
    """Return the runs that hold a word other than the names."""
    page = Said()
    page.feed(left_over(source))
    said = [" ".join(part for part in re.split(r"[\s·:]+", run) if part not in NAMES) for run in page.runs]
    return [run for run in said if WORD.search(run)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_every_word_is_translated(path: Path) -> None:
    assert words_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>N/A</p> <p>Not told</p>",
        "{% if x %}Not told{% endif %}",
        "<p>{{ name }}, welcome</p>",
        '<button aria-label="Close">×</button>',
        "<td data-label='Mean'>{{ mean }}</td>",
        "{% blocktranslate %}Told{% endblocktranslate %} and more",
    ],
)
def test_the_scan_finds_what_is_not(source: str) -> None:
    assert words_in(source)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_dates_are_written_as_the_language_writes_them(path: Path) -> None:
    formats = re.findall(r"\|(?:date|time):[\"']([^\"']+)", path.read_text(encoding="utf-8"))
    assert [one for one in formats if not one.endswith("_FORMAT") and one not in {"c", "l"}] == []
