"""Languages and stories that are written from right to left: pages mirror, and each text takes its own direction."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Page, expect

from annotations.models import Queue
from curation.accounts.models import Role, User
from tests.browser.conftest import Opener
from tests.builders import accepted_stories, add_story, answers, built_release, dataset, person, queue_of, review_by

HEBREW = "היא ביקשה דלת. נתתי לה את הדלת, והיא נפתחה.\n\n" * 8 + "היומן עדיין שם."
ENGLISH = "She asked for a door. I gave her the door, and it opened.\n\n" * 8 + "The log is still there."
SELECT = """([from, to]) => {
  const node = document.querySelector('.text p').firstChild, range = document.createRange();
  range.setStart(node, from); range.setEnd(node, to);
  getSelection().removeAllRanges(); getSelection().addRange(range);
}"""
Audit = Callable[[Page], list[str]]
PAGES = {
    "annie": ["/", "/queues/", "/work/", "/guidelines/", "/practice/", "/accounts/preferences/"],
    "curator": [
        "/stories/",
        "/",
        "/adjudication/",
        "/queues/night/",
        "/datasets/exempla/samples/v0.1.0/",
        "/datasets/exempla/samples/",
        "/datasets/exempla/samples/v0.1.0/rows/?q=story",
    ],
}


@pytest.fixture
def people(transactional_db: None, settings: Any, tmp_path: Path) -> dict[str, User]:
    """A workspace with a story to read, one to adjudicate and a release. Arabic is among its languages."""
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    settings.HOME = tmp_path
    found = {"annie": person(username="annie"), "curator": person(Role.CURATOR, "curator")}
    annie, ben = found["annie"], person()
    split = queue_of(annie, ben, stories=[add_story(title="The Lamp")])
    review_by(annie, split, answers(5, flags={"near_duplicate": {}}))
    review_by(ben, split, answers(5))
    accepted_stories(2, annie, ben)
    built_release(dataset("samples"))
    night(annie, ENGLISH, "The Door")
    return found


def night(reader: User, text: str, title: str) -> Queue:
    return queue_of(reader, stories=[add_story(text, title=title)], name="Night", slug="night", overlap=1)


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first.bounding_box()
    assert found, selector
    return found


def enter(page: Page) -> Page:
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", PAGES)
def test_pages_mirror(open_site: Opener, people: dict[str, User], audit: Audit, name: str, width: int) -> None:
    page = open_site(people[name], width=width, locale="ar")
    for path in PAGES[name]:
        page.goto(path)
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert fits(page, width), path
        account = box(page, '[popovertarget="account"]')
        assert box(page, ".brand")["x"] > width / 2 > account["x"], path
    page.goto(PAGES[name][0])
    assert audit(page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_review_room_mirrors(open_site: Opener, people: dict[str, User], audit: Audit, width: int) -> None:
    page = enter(open_site(people["annie"], width=width, locale="ar"))
    assert fits(page, width)
    title, text = box(page, "#title"), box(page, ".text")
    if width > 900:
        panel = box(page, "#review")
        assert panel["x"] + panel["width"] < text["x"]
        assert box(page, "#submit")["x"] < panel["x"] + panel["width"] / 2
    # The story is English and stays so: its lines begin at the left.
    assert page.locator(".text").evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert abs(title["x"] - text["x"]) < 2
    page.evaluate(SELECT, [0, 9])
    page.locator("#linker button").first.click()
    expect(page.locator("#gutter .pin")).to_have_count(1)
    assert fits(page, width)
    assert audit(page) == []
    page.keyboard.press("?")
    assert fits(page, width)


def test_a_hebrew_story_reads_from_the_right_in_an_english_page(open_site: Opener, transactional_db: None) -> None:
    annie = person(username="annie")
    night(annie, HEBREW, "הדלת")
    page = enter(open_site(annie))
    for text in (".text", "#title"):
        style = page.locator(text).evaluate("one => [getComputedStyle(one).direction, getComputedStyle(one).textAlign]")
        assert style == ["rtl", "start"], text
    assert page.locator("html").get_attribute("dir") == "ltr"
    # What is linked is the passage that was selected, and it reads from the right in the list too.
    page.evaluate(SELECT, [0, 13])
    page.locator("#linker button").first.click()
    quote = page.locator("#evidence .quote")
    expect(quote).to_have_text("היא ביקשה דלת")
    assert quote.evaluate("one => getComputedStyle(one).direction") == "rtl"
    # The sentences under the cursor follow the story: on is to the left.
    page.evaluate("getSelection().removeAllRanges(); scrollTo(0, 0)")
    page.keyboard.press("e")
    said = page.locator("#live")
    expect(said).to_have_text("היא ביקשה דלת.")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("נתתי לה את הדלת")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("היא ביקשה דלת.")
