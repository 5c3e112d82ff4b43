"""Asking for a version of many stories: what goes in comes a moment after the page, and what was typed stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from curation.accounts.models import Role
from curation.releases.views import datasets as views
from tests.browser.conftest import Opener
from tests.builders import accepted_stories, dataset, person


@pytest.mark.parametrize("width", [1440, 390])
def test_what_goes_in_is_asked_for_by_the_page(
    open_site: Opener, audit: Callable[[Page], list[str]], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    readers = person(), person()
    accepted_stories(2, *readers, generator="one")
    accepted_stories(1, *readers, generator="two")
    of = dataset("tales")
    monkeypatch.setattr(views, "AT_ONCE", 0)
    page = open_site(person(Role.CURATOR), width=width)
    page.goto(f"/datasets/{of}/new/")
    expect(page.get_by_role("heading", name="What the selection comes to")).to_be_visible()
    expect(page.get_by_text("Too few stories have two blind ratings to say.")).to_be_visible()
    expect(page.get_by_text("What goes in is being counted")).to_have_count(0)
    assert audit(page) == []
    page.get_by_label("What changed").fill("Narrower.")
    page.get_by_text("Which stories go in").click()
    page.get_by_label("At most by one generator").fill("1")
    page.get_by_role("button", name="Look at what goes in").click()
    expect(page.get_by_text("within the caps")).to_be_visible()
    expect(page.get_by_label("What changed")).to_have_value("Narrower.")
    expect(page.get_by_label("At most by one generator")).to_have_value("1")
    page.get_by_role("button", name="Freeze and build").click()
    page.wait_for_url(f"**/datasets/{of}/v0.1.0/")
