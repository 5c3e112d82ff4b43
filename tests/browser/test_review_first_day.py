"""The first day: after the consent a choice, and in the room one short hint, once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Assignment, Queue
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of, review_by

HINT = "Read the story first."


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie", publish=None)


@pytest.fixture
def queue(annie: User) -> Queue:
    stories = [add_story(title="The Door"), add_story(title="Two Spoons")]
    return queue_of(annie, person(), stories=stories, name="Night stories", slug="night")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_choice_comes_before_the_first_story_and_a_hint_with_it(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = open_site(annie, width=width)
    page.goto("/review/night/")
    page.get_by_role("button", name="No, keep mine out").click()
    choice = page.get_by_role("region", name="How would you like to begin?")
    expect(choice).to_be_visible()
    assert not Assignment.objects.exists()
    assert audit(page) == []
    expect(choice.get_by_role("link", name="Practise first")).to_be_visible()
    expect(page.get_by_role("link", name="Start", exact=True)).to_have_count(0)
    choice.get_by_role("link", name="Start with “Night stories”").click()
    page.wait_for_selector("html[data-ready=review]")
    expect(page.get_by_text(HINT)).to_be_visible()
    assert audit(page) == []
    page.get_by_role("button", name="All right").first.click()
    expect(page.get_by_text(HINT)).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("4")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.reload()
    page.wait_for_selector("html[data-ready=review]")
    expect(page.get_by_text(HINT)).to_have_count(0)


def test_practising_first_is_one_click(open_site: Opener, annie: User, queue: Queue) -> None:
    page = open_site(annie, java_script_enabled=False)
    page.goto("/review/night/")
    page.get_by_role("button", name="Yes, publish my ratings").click()
    page.get_by_role("link", name="Practise first").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The Gust")
    expect(page.get_by_text(HINT)).to_have_count(0)


def test_who_has_read_before_is_neither_asked_nor_told(open_site: Opener, annie: User, queue: Queue) -> None:
    review_by(annie, queue)
    page = open_site(annie)
    page.goto("/review/night/")
    page.get_by_role("button", name="Yes, publish my ratings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(page.get_by_text(HINT)).to_have_count(0)


def test_a_queue_that_asks_for_practice_offers_only_that(open_site: Opener, annie: User, queue: Queue) -> None:
    Queue.objects.update(requires_practice=True)
    page = open_site(annie)
    page.goto("/review/night/")
    page.get_by_role("button", name="Yes, publish my ratings").click()
    choice = page.get_by_role("region", name="How would you like to begin?")
    expect(choice.get_by_role("link")).to_have_count(1)
