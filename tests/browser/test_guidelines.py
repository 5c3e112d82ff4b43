"""The guidelines over the review room, by keyboard, by mouse and without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Queue
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of

LONG = "\n\n".join(f"Paragraph {n}. The tug asked the harbour master twice, and then it waited." for n in range(60))


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    return queue_of(annie, stories=[add_story(LONG, title="The Night Desk")], slug="night")


def test_one_key_opens_them_at_the_question_and_the_place_is_kept(open_site: Opener, annie: User, queue: Queue) -> None:
    page = open_site(annie)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    page.evaluate("scrollTo(0, 900)")
    for key in ("j", "4", "4"):
        page.keyboard.press(key)
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog", name="Guidelines")
    expect(dialog.get_by_role("heading", name="Principle fit")).to_be_in_viewport()
    expect(dialog.get_by_role("heading", name="Conduct under pressure")).not_to_be_in_viewport()
    dialog.get_by_role("link", name="Flags").click()
    expect(dialog.get_by_text("The cold, superior machine of the films")).to_be_in_viewport()
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("scrollY") == 900
    page.keyboard.press("3")
    assert page.locator("[name=rating_A3]:checked").input_value() == "3"


def test_the_link_opens_them_over_the_room_and_without_a_script_their_page(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page = open_site(annie)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    page.get_by_role("link", name="Guidelines").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Craft", level=3)).to_be_attached()
    plain = open_site(annie, java_script_enabled=False)
    plain.goto("/review/night/")
    with plain.context.expect_page() as opened:
        plain.get_by_role("link", name="Guidelines").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Guidelines")


@pytest.mark.parametrize("width", [1440, 390])
def test_they_are_accessible(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = open_site(annie, width=width)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    page.keyboard.press("g")
    expect(page.get_by_role("heading", name="Craft", level=3)).to_be_attached()
    assert audit(page) == []
    page.goto("/guidelines/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert audit(page) == []
    page.goto("/consent/")
    assert audit(page) == []
