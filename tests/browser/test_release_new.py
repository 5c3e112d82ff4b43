"""Asking for a version of many stories: what goes in comes when a worker has counted it, and what was typed stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from curation.accounts.models import Role
from curation.releases.actions import carry_out_look, looking
from tests.browser.conftest import Opener
from tests.builders import accepted_stories, dataset, person


def counted(page: Page) -> None:
    """Do what a worker does, once the page says that it waits for that."""
    expect(page.get_by_text("What goes in is being counted")).to_be_visible()
    carry_out_look(page.locator("input[name=look]").get_attribute("value") or "")
    expect(page.get_by_role("heading", name="What the selection comes to")).to_be_visible()
    expect(page.get_by_text("What goes in is being counted")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_what_goes_in_is_asked_for_by_the_page(
    open_site: Opener, audit: Callable[[Page], list[str]], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    readers = person(), person()
    accepted_stories(2, *readers, generator="one")
    accepted_stories(1, *readers, generator="two")
    of = dataset("tales")
    monkeypatch.setattr(looking, "AT_ONCE", 0)
    page = open_site(person(Role.CURATOR), width=width)
    page.goto(f"/datasets/{of}/new/")
    assert audit(page) == []
    counted(page)
    expect(page.get_by_text("Too few stories have two blind ratings to say.")).to_be_visible()
    assert audit(page) == []
    page.get_by_label("What changed").fill("Narrower.")
    page.get_by_text("Which stories go in").click()
    page.get_by_label("At most by one generator").fill("1")
    page.get_by_role("button", name="Look at what goes in").click()
    counted(page)
    expect(page.get_by_text("within the caps")).to_be_visible()
    expect(page.get_by_label("What changed")).to_have_value("Narrower.")
    expect(page.get_by_label("At most by one generator")).to_have_value("1")
    page.get_by_role("button", name="Freeze and build").click()
    page.wait_for_url(f"**/datasets/{of}/v0.1.0/")
    expect(page.get_by_text("Its stories are being counted")).to_be_visible()


def test_without_a_script_one_looks_again(open_site: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted_stories(3)
    of = dataset("tales")
    monkeypatch.setattr(looking, "AT_ONCE", 0)
    page = open_site(person(Role.CURATOR), java_script_enabled=False)
    page.goto(f"/datasets/{of}/new/")
    again = page.get_by_role("button", name="Look again")
    again.click()
    expect(page.get_by_text("What goes in is being counted")).to_be_visible()
    carry_out_look(page.locator("input[name=look]").get_attribute("value") or "")
    again.click()
    expect(page.get_by_role("heading", name="What the selection comes to")).to_be_visible()
    page.get_by_role("button", name="Freeze and build").click()
    page.wait_for_url(f"**/datasets/{of}/v0.1.0/")
