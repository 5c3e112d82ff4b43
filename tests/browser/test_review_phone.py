"""The review room on a phone: the anchor sentences are what is tapped, and nothing lies over the story's end."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotations.models import Queue, Review
from annotations.views import review as views
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of

TEXT = "She asked for a door. I gave her the door.\n\n" * 12 + "The log is still there."
UNCOVERED = """() => {
  scrollTo(0, document.documentElement.scrollHeight);
  const box = document.querySelector('.ending').getBoundingClientRect();
  return Boolean(document.elementFromPoint(box.left + box.width / 2, box.bottom - 1)?.closest('.reading'));
}"""


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(views, "UNDO_SECONDS", 0)
    stories = [add_story(TEXT, title="The Door"), add_story(title="Two Spoons"), add_story(title="A Weir")]
    return queue_of(annie, person(), stories=stories, name="Night stories", slug="night")


def room(open_site: Opener, user: User, width: int = 390, **more: Any) -> Page:
    page = open_site(user, width=width, **more)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def tap(page: Page, words: Locator) -> None:
    """Press where the words stand, whatever lies there."""
    words.scroll_into_view_if_needed()
    box = words.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize("width", [390, 320])
def test_the_five_sentences_are_the_five_rows_that_are_tapped(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = room(open_site, annie, width)
    submits = page.locator("#submit")
    before = submits.bounding_box()
    page.get_by_role("button", name="0 of 7 rated").click()
    for key in ("A1", "A2", "A3", "B1", "B2", "B3", "D1"):
        rows = page.locator(f"#ask-{key} .steps-row label:has(.anchor):not(:has([value=na]))")
        expect(page.locator(f"#ask-{key}")).to_be_visible()
        said = rows.locator(".anchor").all_inner_texts()
        radios = [one.get_attribute("aria-label") or "" for one in rows.locator("input").all()]
        assert len(said) == 5
        for words, label in zip(said, radios, strict=True):
            assert label.endswith(words)
        for row in rows.all():
            expect(row).to_be_in_viewport(ratio=1)
            box = row.bounding_box()
            assert box
            assert box["height"] >= 44
            assert box["width"] > width * 0.8
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if key == "B1":
            assert audit(page) == []
        tap(page, rows.nth(3).locator(".anchor"))
    expect(page.locator("#saved")).to_have_text("Saved")
    assert submits.bounding_box() == before
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(page.locator("html")).to_have_attribute("data-unsent", "0")
    assert set(Review.objects.get().ratings.values_list("value", flat=True)) == {4}


def test_the_open_sheet_has_the_sentences_of_the_criterion_in_focus(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page = room(open_site, annie)
    page.get_by_role("button", name="All criteria").click()
    page.locator("#ask-B2 .name").click()
    expect(page.locator("#ask-B2 .anchor").nth(4)).to_be_visible()
    expect(page.locator("#ask-A1 .anchor").first).to_be_hidden()
    tap(page, page.locator("#ask-B2 .anchor").nth(4))
    assert page.locator("[name=rating_B2]:checked").input_value() == "5"


def test_the_sheet_goes_out_of_the_way_and_comes_back(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]]
) -> None:
    page = room(open_site, annie)
    page.keyboard.press("j")
    high = page.locator("#review").bounding_box()
    page.get_by_role("button", name="Just read").click()
    low = page.locator("#review").bounding_box()
    assert high
    assert low
    assert low["height"] < 130 < 300 < high["height"]
    assert audit(page) == []
    page.get_by_role("button", name="Rate", exact=True).click()
    expect(page.locator("#ask-A1 .anchor").first).to_be_visible()
    page.get_by_role("button", name="Just read").click()
    page.get_by_role("button", name="0 of 7 rated").click()
    expect(page.locator("#ask-A2 .anchor, #ask-A1 .anchor").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_covers_the_end_of_the_text(open_site: Opener, annie: User, queue: Queue, width: int) -> None:
    page = room(open_site, annie, width)
    assert page.evaluate(UNCOVERED)
    for _ in range(7):
        page.keyboard.press("j")
        page.wait_for_function(UNCOVERED)


def test_the_bar_names_the_queue_and_what_is_left(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    bar = page.locator(".review-bar")
    for words in ("Night stories", "2 stories left after this"):
        expect(bar.get_by_text(words)).to_be_in_viewport(ratio=1)
        assert bar.get_by_text(words).evaluate("one => one.scrollWidth <= one.clientWidth + 1 || !one.clientWidth")
    box = bar.bounding_box()
    assert box
    assert box["height"] <= 60


def test_conduct_is_asked_in_the_sheet(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    page.keyboard.press("f")
    page.keyboard.press("Space")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    for digit in "313":
        page.keyboard.press(digit)
    card = page.get_by_role("region", name="Backfire")
    expect(card).to_be_in_viewport(ratio=1)
    expect(page.locator("#evidence .saying")).to_have_text("misaligned · benevolent · negative")
