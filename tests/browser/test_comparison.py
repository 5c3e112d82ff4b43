"""The comparison after a commit: what differs at a glance, and one key onward or to a revision."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Queue
from curation.accounts.models import User
from curation.calibration.models import Exposure
from tests.browser.conftest import Opener
from tests.builders import person, queue_of, scored_stories


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    stories = scored_stories(2, title="The Tug")
    return queue_of(annie, person(), stories=stories, slug="tugs", reveal=True)


def commit(open_site: Opener, user: User, digits: str, **more: int) -> Page:
    page = open_site(user, **more)
    page.goto("/review/tugs/")
    page.wait_for_selector("html[data-ready=review]")
    page.keyboard.press("j")
    for digit in digits:
        page.keyboard.press(digit)
    assert not Exposure.objects.exists()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You and the model")).to_be_visible()
    return page


def test_one_key_goes_on_and_one_revises(open_site: Opener, annie: User, queue: Queue) -> None:
    page = commit(open_site, annie, "5555551")
    expect(page.get_by_text("the same or near; apart on")).to_be_visible()
    assert Exposure.objects.filter(user=annie).count() == 1
    done = page.url
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready=review]")
    assert page.url.endswith("/review/tugs/")
    page.goto(done)
    expect(page.get_by_role("heading", name="You and the model")).to_be_visible()
    page.get_by_role("heading", name="You and the model").click()
    page.keyboard.press("r")
    page.wait_for_url("**/revise/")


@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_accessible_and_fits(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = commit(open_site, annie, "5551115", width=width)
    page.locator(".compared details summary").first.click()
    assert audit(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(page.url.replace("review/done", "reviews") + "comparison/")
    assert audit(page) == []
