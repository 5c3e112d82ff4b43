"""The comparison after a commit: what differs at a glance, and one key onward or to a revision."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Queue
from curation.accounts.models import User
from curation.calibration.models import Exposure
from tests.browser.conftest import Opener
from tests.builders import person, queue_of, review_by, scored_stories


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
    assert Exposure.objects.filter(recusal__user=annie).count() == 1
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


def test_the_room_stays_with_its_keys_a_legend_and_no_codes(open_site: Opener, annie: User, queue: Queue) -> None:
    page = commit(open_site, annie, "5555551")
    expect(page.get_by_text("You can still revise it.").first).to_be_in_viewport()
    bar, panel, story = (page.locator(one).bounding_box() for one in (".review-bar", ".panel", ".story .text"))
    assert bar
    assert panel
    assert story
    assert panel["x"] > story["x"] + story["width"]
    assert panel["y"] <= bar["y"] + bar["height"] + 1
    for words in ("you", "the model", "its spread"):
        expect(page.locator(".comparison .key").get_by_text(words, exact=True)).to_be_visible()
    assert not re.search(r"\b[A-D][1-9]\b", page.locator(".panel").inner_text())
    page.keyboard.press("u")
    expect(page.get_by_role("status").get_by_text("this review stays")).to_be_in_viewport(ratio=1)
    page.keyboard.press("l")
    expect(page.get_by_role("dialog", name="Your last reviews")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Guidelines")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_selector("html[data-ready=review]")
    assert page.url.endswith("/review/tugs/")


def test_before_anything_is_revealed_its_key_takes_the_review_back(open_site: Opener, annie: User) -> None:
    plain = queue_of(annie, person(), stories=scored_stories(1), slug="plain")
    review = review_by(annie, plain)
    page = open_site(annie)
    page.goto(f"/review/done/{review.pk}/")
    expect(page.get_by_text("Submitted. You can still take it back.")).to_be_visible()
    page.keyboard.press("u")
    page.wait_for_selector("html[data-ready=review]")
    assert page.locator("[name=rating_A1]:checked").input_value() == "4"
