"""The card as a page shows it: harmless whatever its words, below the page's own headings; and the recipe in it."""

import html5lib
import pytest

from curation.releases.card import recipe, rendered

HOSTILE = """\
---
pretty_name: x
license: other
---

# Tales <script>alert(1)</script>

<img src=x onerror=alert(1)> ![pixel](https://elsewhere.example/p.png) <form action=/x><input></form>

[run](javascript:alert(1)) [data](data:text/html,x) [there](https://example.org/a "b")
[here](CHANGELOG.md) [up](//evil.example)

###### Deep

| a | b |
|:--|--:|
| <b onclick=x>c</b> | `d` |
"""


def test_a_card_becomes_a_few_harmless_elements() -> None:
    tree = html5lib.parseFragment(rendered(HOSTILE), namespaceHTMLElements=False)
    assert {element.tag for element in tree.iter()} <= {
        *("DOCUMENT_FRAGMENT", "h3", "h6", "p", "a", "div", "table", "thead", "tbody", "tr", "th", "td", "code")
    }
    allowed = {"href", "title", "rel", "class", "tabindex"}
    assert {name for element in tree.iter() for name in element.attrib} <= allowed
    text = "".join(tree.itertext())
    assert "<script>alert(1)</script>" in text, "shown as the words they are"
    assert "pretty_name" not in text


def test_its_links_lead_where_they_say_and_pass_nothing_on() -> None:
    tree = html5lib.parseFragment(rendered(HOSTILE), namespaceHTMLElements=False)
    links = {"".join(link.itertext()): link.attrib for link in tree.iter("a")}
    assert links["there"] == {"href": "https://example.org/a", "title": "b", "rel": "nofollow noopener noreferrer"}
    assert [name for name, given in links.items() if "href" in given] == ["there"]


@pytest.mark.parametrize(("written", "level"), [("# A", 3), ("## A", 4), ("### A", 5), ("#### A", 6), ("###### A", 6)])
def test_its_headings_stand_below_those_of_the_page(written: str, level: int) -> None:
    assert rendered(written).strip() == f"<h{level}>A</h{level}>"


def test_its_tables_can_be_scrolled_by_keyboard() -> None:
    tree = html5lib.parseFragment(rendered(HOSTILE), namespaceHTMLElements=False)
    (scroller,) = tree.iter("div")
    assert (scroller.attrib, scroller[0].tag) == ({"class": "scroller", "tabindex": "0"}, "table")


def test_a_card_without_front_matter_loses_nothing() -> None:
    assert rendered("Words.\n\n---\n\nMore.") == "<p>Words.</p>\n<hr>\n<p>More.</p>\n"


def test_the_recipe_names_what_a_version_has() -> None:
    assert '"ratings"' in recipe("org-tales-v1.0.0", {"stories", "ratings", "annotators"})
    assert '"ratings"' not in recipe("org-tales-v1.0.0", {"stories"})
