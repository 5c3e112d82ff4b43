"""Importing in a real browser: upload, preview, mapping, progress that ends by itself, and pages that axe likes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from curation.accounts.models import Role
from curation.stories.actions import advance
from curation.stories.models import ImportRun, Story
from curation.stories.stages import State
from curation.stories.tasks import import_stories
from tests.browser.conftest import Opener
from tests.builders import person

SIZES = """(cell) => [getComputedStyle(cell, '::before').fontSize, getComputedStyle(cell.firstElementChild ?? cell)
  .fontSize].map(parseFloat)"""
CSV = ',Prompt,Story,Model\n0,P,"The pump failed.\n\nIt said so.",m\n1,P,The valve held.,m\n2,P,,m\n'


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    path = tmp_path / "tales.csv"
    path.write_text(CSV)
    return path


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_file_is_imported_through_the_pages(
    open_site: Opener, audit: Callable[[Page], list[str]], file: Path, scheme: str, width: int
) -> None:
    page = open_site(person(Role.CURATOR), scheme=scheme, width=width)
    page.goto("/stories/import/")
    complaints = audit(page)
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("tales.csv")
    expect(page.get_by_label("Story text")).to_have_value("Story")
    complaints += audit(page)
    page.get_by_label("Licence", exact=True).last.fill("CC0-1.0")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    complaints += audit(page)
    import_stories()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    expect(page.get_by_text("There is no text in it.")).to_be_visible()
    ids = list(Story.objects.values_list("pk", flat=True))
    for state in (State.CHECKED, State.SCORED):
        advance(stories=ids, to=state)
    expect(page.locator("[hx-trigger]")).to_have_count(0)
    expect(page.get_by_role("link", name="Make a queue of these")).to_be_visible()
    complaints += audit(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/stories/imports/")
    complaints += audit(page)
    label, value = page.locator(".table.cards td[data-label]").last.evaluate(SIZES)
    assert width > 700 or label < value
    assert not complaints, "\n".join(complaints)
    assert ImportRun.objects.get().created == 2
    assert set(Story.objects.values_list("license", "generator")) == {("CC0-1.0", "m")}
