"""The card as a page shows it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# The page has its own first and second level.
SHIFT = 2
DEEPEST = 6
TAGS = {
    *("h3", "h4", "h5", "h6", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("div", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "div": {"class", "tabindex"}, "table": {"class"}}
REL = "nofollow noopener noreferrer"
SCHEMES = {"http", "https", "mailto"}
# In characters of HTML. For what is nested deeply, the time of cleaning grows faster than the text.
LONGEST_CLEANED = 300_000
# How the row of a story begins that a card shows.
ROW = re.compile(r'\{\s*"id": "(story-[0-9a-f]+)"')

markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def without_front_matter(readme: str) -> str:
    """Return a card without the YAML that it begins with."""
    if not readme.startswith("---\n"):
        return readme
    _front, end, rest = readme[4:].partition("\n---\n")
    return rest if end else readme


def arranged(tokens: Sequence[Token]) -> list[Token]:
    """Shift headings below the page's own, and put every table where it can be scrolled, by keyboard too."""
    placed: list[Token] = []
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(DEEPEST, int(token.tag[1:]) + SHIFT)}"
        if token.type == "table_open":
            token.attrSet("class", "table")
            placed.append(Token("scroller_open", "div", 1, attrs={"class": "scroller", "tabindex": "0"}, block=True))
        placed.append(token)
        if token.type == "table_close":
            placed.append(Token("scroller_close", "div", -1, block=True))
    return placed


def only_absolute(tag: str, name: str, value: str) -> str | None:
    """Keep a link only where it says by itself where it leads: the card's own folder is not at the page's address."""
    if (tag, name) == ("a", "href") and value.partition(":")[0].lower() not in SCHEMES:
        return None
    return value


def cleaned(html: str) -> SafeString:
    """Return a few harmless elements, whatever the words: no script, style, image or form.

    What is longer than `LONGEST_CLEANED` is shown as it is written.
    """
    if len(html) > LONGEST_CLEANED:
        return format_html("<pre>{}</pre>", html)
    options: dict[str, Any] = {"tags": TAGS, "attributes": ATTRIBUTES, "url_schemes": SCHEMES, "link_rel": REL}
    return mark_safe(nh3.clean(html, attribute_filter=only_absolute, **options))  # noqa: S308 - cleaned right here  # nosec


def row_in(readme: str) -> str | None:
    """Return the id of the story whose row a card shows; None where it shows none."""
    rows = [token.content for token in markdown.parse(without_front_matter(readme)) if token.type == "fence"]
    found = next(filter(None, (ROW.match(row) for row in rows)), None)
    return found[1] if found else None


@lru_cache(maxsize=32)
def rendered(readme: str, instead_of_row: str = "") -> SafeString:
    """Return a card as HTML, without its front matter; with these words in the place of the row that it shows."""
    tokens = arranged(markdown.parse(without_front_matter(readme)))
    for token in tokens if instead_of_row else ():
        if token.type == "fence" and ROW.match(token.content):
            token.content, token.info = instead_of_row, ""
    return cleaned(markdown.renderer.render(tokens, markdown.options, {}))


@lru_cache(maxsize=256)
def rendered_line(line: str) -> SafeString:
    """Return one line of a card, such as a cell of a table, as HTML."""
    return cleaned(markdown.renderInline(line))
