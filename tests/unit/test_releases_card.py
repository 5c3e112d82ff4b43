"""The card as a page shows it: harmless whatever its words, below the page's headings; and what loads a version."""

import html5lib
import pytest
import yaml

from curation.releases.card import loading_code, rendered
from curation.releases.card.front import CardColumn, CardMaterial, CardSplit, front_matter, size_category

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


def test_the_loading_code_names_what_a_version_has() -> None:
    assert '"ratings"' in loading_code("org-tales-v1.0.0", {"stories", "ratings", "annotators"})
    assert '"ratings"' not in loading_code("org-tales-v1.0.0", {"stories"})


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (9_999, "1K<n<10K"), (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"), (1_000_000, "1M<n<10M"), (9_999_999, "1M<n<10M"), (10_000_000, "n>10M"),
    ],
)  # fmt: skip
def test_a_size_is_the_hubs_word_for_it(rows: int, name: str) -> None:
    assert size_category(rows) == name


def shown(license: str, languages: dict[str, int]) -> CardMaterial:
    columns = [
        CardColumn("story_id", "string", "string", "The story"),
        CardColumn("flags", "list", {"sequence": "string"}, "Flags"),
    ]
    return CardMaterial(
        frozen={
            "version": "v1.2.3",
            "counts": {"stories": 1_200, "languages": languages},
            "dataset": {"title": " Tales \n of tugs ", "license": "House licence"},
        },
        configs={
            "stories": {"train": CardSplit(1_000, 90, 40), "test": CardSplit(200, 10, 5)},
            "ratings": {"train": CardSplit(9, 8, 7)},
        },
        columns={"stories": columns[:1], "ratings": columns},
        example={},
        license=license,
    )


def test_the_front_matter_says_what_clients_read() -> None:
    data = yaml.safe_load(front_matter(shown("cc0-1.0", {"en-US": 3, "en": 2, "de": 1, "": 9})))
    assert (data["pretty_name"], data["license"], data["language"]) == ("Tales of tugs", "cc0-1.0", ["de", "en"])
    assert (data["multilinguality"], data["size_categories"]) == (["multilingual"], ["1K<n<10K"])
    assert "license_name" not in data
    assert data["configs"] == [
        {
            "config_name": "stories",
            "default": True,
            "version": "1.2.3",
            "data_files": [
                {"split": "train", "path": "stories/train-*.parquet"},
                {"split": "test", "path": "stories/test-*.parquet"},
            ],
        },
        {
            "config_name": "ratings",
            "version": "1.2.3",
            "data_files": [{"split": "train", "path": "ratings/train-*.parquet"}],
        },
    ]
    stories, ratings = data["dataset_info"]
    assert stories["splits"] == [
        {"name": "train", "num_bytes": 90, "num_examples": 1_000},
        {"name": "test", "num_bytes": 10, "num_examples": 200},
    ]
    assert (stories["download_size"], stories["dataset_size"]) == (45, 100)
    assert ratings["features"] == [{"name": "story_id", "dtype": "string"}, {"name": "flags", "sequence": "string"}]


def test_a_licence_of_ones_own_is_named_and_one_language_or_none_is_said_so() -> None:
    data = yaml.safe_load(front_matter(shown("other", {"fr": 3})))
    assert (data["license"], data["license_name"], data["multilinguality"]) == (
        "other", "House licence", ["monolingual"],
    )  # fmt: skip
    assert "language" not in yaml.safe_load(front_matter(shown("other", {"": 3})))


def test_a_card_that_is_too_long_to_be_cleaned_is_shown_as_it_is_written() -> None:
    assert rendered("<script>" * 60_000).startswith("<pre>&lt;p&gt;&amp;lt;script")
