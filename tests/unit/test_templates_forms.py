"""Forms of the pages: none that changes something can be sent by another site, and what cannot be undone asks first.
Tables of the pages: none is cut off on a phone, or moves for a finger only."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = {
    str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html"))
}
FORMS = [(name, form) for name, page in PAGES.items() for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL)]
# By page, what its button does.
ASKED_BEFORE = {
    "annotations/_queue_run.html": "member_remove",
    "people/person.html": "person_close",
    "stories/story_detail.html": "story_unblock",
}


def start_of(form: str) -> str:
    return form[: form.index(">")]


def test_every_form_that_sends_has_a_token_and_no_other_form_shows_it_in_an_address() -> None:
    assert len(FORMS) > 40
    wrong = [name for name, form in FORMS if ('method="post"' in start_of(form)) != ("{% csrf_token %}" in form)]
    assert not wrong


def test_a_form_with_a_file_sends_the_file() -> None:
    found = [name for name, form in FORMS if 'enctype="multipart/form-data"' in start_of(form)]
    assert found == ["ratings_import/new.html", "standards/import.html", "stories/import_new.html"]


@pytest.mark.parametrize(("page", "route"), ASKED_BEFORE.items())
def test_what_cannot_be_undone_asks_first(page: str, route: str) -> None:
    (form,) = [form for name, form in FORMS if name == page and re.search(rf"url ['\"]{route}['\"]", form)]
    assert "data-confirm=" in form


def test_no_page_has_a_script_or_a_style_of_its_own() -> None:
    odd = re.compile(
        r"<style|<script(?![^>]*\b(?:src|type=\"application/json\"))|\sstyle=|\son(?:click|change|input|load|submit)="
    )
    assert {name: odd.search(page) for name, page in PAGES.items() if odd.search(page)} == {}


TABLES = [
    pytest.param(page[max(0, found.start() - 300) : found.start()], found[0], id=f"{name}:{found.start()}")
    for name, page in PAGES.items()
    for found in re.finditer(r'<table class="table\b.*?</table>', page, re.DOTALL)
]


@pytest.mark.parametrize(("before", "table"), TABLES)
def test_a_table_on_a_phone_is_stacked_or_narrow_or_scrolls_by_keyboard(before: str, table: str) -> None:
    stacked = "cards" in table.partition(">")[0]
    narrow = table.count('<th scope="col"') + table.count('<th class="number" scope="col"') <= 2
    scrolls = re.search(r'<div class="scroller"[^<]*(\{%[^<]*)?tabindex="0"[^<]*>\s*$', before)
    assert stacked or narrow or scrolls
