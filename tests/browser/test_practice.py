"""The practice round in a real browser: by keyboard, and accessible in each of its states."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import PracticeAttempt, Review
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import default_rubric, person


@pytest.fixture
def annie(transactional_db: None) -> User:
    default_rubric()
    return person(username="annie")


def room(page: Page, number: int) -> None:
    page.goto(f"/practice/{number}/")
    page.wait_for_selector("html[data-ready=review]")


def test_a_story_is_practised_by_keyboard_alone(open_site: Opener, annie: User) -> None:
    page = open_site(annie)
    page.goto("/practice/")
    page.get_by_role("link", name="Start").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready=review]")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Gust")
    page.keyboard.press("j")
    for digit in "5455345":
        page.keyboard.press(digit)
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="Leave this practice story?")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Guidelines")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_text("6 of 7 ratings within one of the expert’s, 6 the same.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Why leads to act")).to_contain_text("You 3 · Expert 5")
    page.get_by_role("link", name="Next practice story").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Regatta Day")
    attempt = PracticeAttempt.objects.get()
    assert (attempt.story, attempt.exact, attempt.within_one, attempt.passed) == ("the-gust", 6, 6, False)
    assert not Review.objects.exists()


def test_the_backfire_is_flagged_on_its_passage(open_site: Opener, annie: User) -> None:
    page = open_site(annie)
    room(page, 4)
    page.keyboard.press("j")
    for digit in "1113124":
        page.keyboard.press(digit)
    page.keyboard.press("f")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Conduct").get_by_role("radio", name="misaligned").check(force=True)
    page.get_by_role("group", name="Intent").get_by_role("radio", name="benevolent").check(force=True)
    page.get_by_role("group", name="Shown as").get_by_role("radio", name="positive").check(force=True)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("both of you raised it")).to_be_visible()
    assert PracticeAttempt.objects.get().data["flags"] == ["backfire"]


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_the_round_is_accessible(
    open_site: Opener, annie: User, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = open_site(annie, width=width)
    page.goto("/practice/")
    assert audit(page) == []
    room(page, 5)
    assert audit(page) == []
    page.keyboard.press("j")
    for digit in "4443313":
        page.keyboard.press(digit)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Criterion by criterion")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_text("The story, with the passages").click()
    assert audit(page) == []
    page.goto("/practice/")
    expect(page.get_by_text("1 of 6 stories rated")).to_be_visible()
    assert audit(page) == []
