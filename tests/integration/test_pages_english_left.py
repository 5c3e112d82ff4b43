"""No English word of ours is left in a German page: every page that each person can open, beside itself in English.

What both show alike is either what somebody wrote, a name, or a word that nobody translated.
"""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from curation.accounts.actions import save_preferences
from tests.integration.test_who_may import WHO, address_of, routes, row_of, rows, unlike, workspace

pytestmark = pytest.mark.django_db
# Words that German writes alike, and names: of languages, formats, licences, files and of the first judge.
ALIKE = {
    "API", "Alpha", "Backfire", "DOI", "Deutsch", "English", "Exempla", "Fairness", "Generator", "Genre", "Import",
    "Name", "Normal", "Standards",
    "Organisation", "Person", "Prompt", "SHA-256", "Sepia", "Start", "Test", "Text", "URL", "Version", "Webhooks", "XL",
    "release.built", "gold", "neutral", "text",
    "DuckDB", "Feed", "HUB_TOKEN_OURS", "Link", "ORG/NAME", "datasets", "hf download", "pandas", "polars",
    "silver", "zip", "Argilla", "Argilla · Exempla", "Argilla · Argilla · Exempla", "Server", "Workspace", "https://argilla.example.org",
    "train", "validation", "test", "Embedded scorer", "Embedded scorer v1", "Anthropic", "Budget", "https://",
}  # fmt: skip
NAMES = re.compile(
    r"""((·\ )?Exempla\ (constitution|rubric|policy)\ 1(,\ Exempla\ rubric\ 1|\ ·\ word\ counts\ 1)?
        |(\d{4}-\d\d-\d\d\ ·\ )?[A-Z][\w.]*(-[\w.]+)*-\d(\.\d)?(-Clause)?|MIT|Unlicense
        |(train|validation|test)\ \d+(,\ (train|validation|test)\ \d+)*
        |[\w/-]+\.(md|json|parquet|csv|cff|py)(\ ·\ Import\ ·\ Exempla)?|[a-z]{2}
        |(API|Ours|Webhooks)\ ·\ Exempla
        |(gold|silver)\ \(\d+\)|v[\d.]+\ ·\ \d{4}-\d\d-\d\d\ ·\ CC-BY-4\.0\ ·
        |story-[0-9a-f]{32}(\ ·\ exempla/dataset-\d+\ v[\d.]+)?
        |(·\ )?Tales(\ 1)?(,\ Tales\ 1)?(\ \(Argilla\))?(\ ·\ Datensätze\ aus\ Argilla)?|(Argilla\ ·\ )*Argilla
        |(·\ )?Queue\ \d+|Version\ \d+|(January|April|August|September|November)\ \d{4}
        |(Models|Provider\ \d+|Reader(\ v\d+(\ \#\d+)?)?)(,\ Exempla\ rubric\ 1,\ Provider\ \d+)?(\ ·\ Exempla)?
        |((exempla/)?(annotator|curator|researcher|dataset|source)[\ -]\d+|root|annie|other|files)
        (\ v[\d.]+)?)(\ ·\ Exempla)?""",
    re.VERBOSE,
)
# What the people of the workspace wrote.
WRITTEN = (
    "For a test.",
    "Do no harm.",
    "The second sentence is cut off.",
    "The queue was closed.",
    "It logged berth",
    "The tug",
    "A tug waited for the harbour master",
    "Story ",
)
ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "data-confirm", "data-copied", "data-words"}
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
QUOTED = {"bdi", "code", "kbd", "pre", "script", "style"}


class Words(HTMLParser):
    """Collects what a reader sees or hears, without what is quoted, or marked as being in another language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.quoted: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        inner = (
            (self.quoted[-1] if self.quoted else False)
            or tag in QUOTED
            or given.get("translate") == "no"
            or (tag != "html" and given.get("lang") is not None)
        )
        if not inner:
            self.said |= {" ".join(given[name].split()) for name in ATTRIBUTES & set(given) if given[name]}
        if tag not in EMPTY:
            self.quoted.append(inner)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY and self.quoted:
            self.quoted.pop()

    def handle_data(self, data: str) -> None:
        if not (self.quoted and self.quoted[-1]):
            self.said.add(" ".join(data.split()))


def page(client: Client, address: str) -> set[str] | None:
    answer = client.get(address)
    if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html") or answer.streaming:
        return None
    return Words(answer.content.decode()).said


def ours_not(words: str) -> bool:
    """Whether words may stay as they are: written alike in German, a name, or somebody else's."""
    return words in ALIKE or NAMES.fullmatch(words) is not None or words.startswith(WRITTEN)


@pytest.mark.long
def test_no_word_of_ours_stays_english_in_a_german_page(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    people, kept = workspace(tmp_path)
    table = rows()
    shown: dict[tuple[str, str], list[set[str]]] = {}
    for name in WHO:
        client = Client()
        client.force_login(people[name])
        for language in ("en", "de"):
            save_preferences(user=people[name], changes={"language": language})
            for route, pattern in routes():
                codes, _post, _strangers = table[row_of(route, table) or ""]
                if codes[WHO.index(name)] != "200" or name not in unlike(codes):
                    continue
                if route.startswith(("admin", "back_office", "log")):
                    continue
                if (said := page(client, address_of(pattern, kept))) is not None:
                    shown.setdefault((name, route), []).append(said)
    left: dict[str, set[str]] = {}
    for (_name, route), (english, *german) in shown.items():
        for words in english.intersection(*german):
            if re.search(r"[^\W\d_]{2}", words) and not ours_not(words):
                left.setdefault(words, set()).add(route)
    assert len({route for _name, route in shown}) > 40
    assert left == {}
