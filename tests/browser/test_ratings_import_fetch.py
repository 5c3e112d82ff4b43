"""A dataset is fetched from a real Argilla server in a real browser, which is led on to its mapping by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from curation.accounts.models import Role
from curation.ratings_import.actions.fetches import fetch_due
from tests.argilla.annotated import Annotated
from tests.argilla.running import Argilla
from tests.browser.conftest import Opener
from tests.browser.targets import small_targets
from tests.builders import person


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_dataset_is_chosen_and_fetched_and_mapped(
    open_site: Opener,
    audit: Callable[[Page], list[str]],
    argilla: Argilla,
    settings: Any,
    tmp_path: Path,
    scheme: str,
    width: int,
) -> None:
    settings.HOME = tmp_path / "home"
    there = Annotated(argilla)
    page = open_site(person(Role.CURATOR), scheme=scheme, width=width)
    complaints: list[str] = []

    def look() -> None:
        complaints.extend(audit(page) + small_targets(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto("/ratings/import/")
    look()
    page.get_by_role("link", name="Ours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ours")
    look()
    fetch = page.get_by_role("button", name=f"Fetch {there.called}")
    fetch.click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    look()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Nothing of it is kept.")).to_be_visible()
    look()
    page.get_by_role("button", name="Fetch it again").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    fetch_due()
    # Nobody presses anything.
    page.wait_for_url("**/ratings/import/map/**")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{there.called}.zip")
    expect(page.get_by_text(there.anna.username)).to_be_visible()
    look()
    page.go_back()
    expect(page.get_by_role("link", name="Choose what becomes of it")).to_be_visible()
    look()
    assert not complaints, "\n".join(complaints)
