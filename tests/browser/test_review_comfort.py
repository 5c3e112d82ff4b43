"""Reading in comfort: how it looks, where one was, what is coming, and when to rest."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Draft, Queue
from curation.accounts.actions import save_preferences
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of, review_by

TEXT = "\n\n".join(
    f"{n}. The tug asked the harbour master twice, and then it waited for the tide. " * 4 for n in range(30)
)
TOP = """() => [...document.querySelectorAll('.text p')]
  .find((p) => p.getBoundingClientRect().bottom > document.querySelector('.bar').offsetHeight + 8).dataset.start"""
STYLE = "(name) => getComputedStyle(document.querySelector('.story .text'))[name]"


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    stories = [add_story(TEXT, title="The Long Wait", content_notes=["bereavement"]), add_story(title="Two Spoons")]
    return queue_of(annie, person(), stories=stories, slug="night")


def room(page: Page) -> Page:
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def test_size_measure_spacing_and_theme_follow_to_another_device(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site(annie))
    before = {name: page.evaluate(STYLE, name) for name in ("fontSize", "lineHeight", "width", "color")}
    page.get_by_role("button", name="Theme and text size").click()
    for name, value in (("size", "xl"), ("measure", "narrow"), ("spacing", "open"), ("theme", "sepia")):
        with page.expect_response("**/preferences/part/"):
            page.locator(f"#display [name={name}][value={value}]").check(force=True)
    after = {name: page.evaluate(STYLE, name) for name in before}
    assert not {name for name in before if before[name] == after[name]}
    elsewhere = room(open_site(annie, java_script_enabled=True))
    assert {name: elsewhere.evaluate(STYLE, name) for name in before} == after
    assert elsewhere.evaluate("window.shifted") <= 0.01
    bare = open_site(annie, java_script_enabled=False)
    bare.goto("/review/night/")
    assert bare.locator("html").get_attribute("data-theme") == "sepia"


def test_one_goes_on_reading_where_one_stopped_even_in_another_size(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page = room(open_site(annie))
    page.mouse.move(400, 400)
    page.evaluate("document.querySelectorAll('.text p')[17].scrollIntoView({block: 'start'})")
    page.wait_for_function("() => (localStorage.getItem('exempla.places') ?? '').includes(',')")
    was = page.evaluate(TOP)
    room(page)
    assert page.evaluate("scrollY") > 0
    assert page.evaluate(TOP) == was
    save_preferences(user=annie, changes={"size": "xl"})
    room(page)
    assert page.evaluate(TOP) == was


def test_a_story_with_a_note_stays_folded_for_who_asked(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site(annie))
    expect(page.locator(".text")).to_be_visible()
    expect(page.get_by_text("Content note")).to_be_visible()
    save_preferences(user=annie, changes={"ask_notes": True})
    room(page)
    expect(page.locator(".text")).to_be_hidden()
    expect(page.get_by_text("bereavement")).to_be_visible()
    page.get_by_text("Open the story").click()
    expect(page.locator(".text")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert Draft.objects.get().data["themes"]
    room(page)
    expect(page.locator(".text")).to_be_visible()


def test_a_folded_story_can_be_passed_on_or_picked_from(open_site: Opener, annie: User, queue: Queue) -> None:
    save_preferences(user=annie, changes={"ask_notes": True})
    page = room(open_site(annie, width=390))
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.locator(".text")).to_be_visible()
    expect(page.locator("#evidence .quote")).to_have_count(1)
    Draft.objects.all().delete()
    room(page)
    page.get_by_role("button", name="Pass on it").click()
    page.get_by_role("radio", name="I would rather not read about this").check()
    page.get_by_role("dialog").get_by_role("button", name="Pass").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(page.locator(".text")).to_be_visible()


@pytest.mark.parametrize(("pause", "shown"), [(25, True), (50, False), (0, False)])
def test_a_pause_is_suggested_once_and_never_in_the_way(
    open_site: Opener, annie: User, queue: Queue, pause: int, shown: bool
) -> None:
    save_preferences(user=annie, changes={"pause": pause})
    page = open_site(annie)
    page.clock.install()
    room(page)
    line = page.locator("#pause")
    for _ in range(29):
        page.keyboard.press("Shift")
        page.clock.run_for(55_000)
    assert line.is_visible() == shown
    if shown:
        expect(line).to_contain_text("You have been reading for about 25 minutes")
        page.keyboard.press("1")
        expect(page.get_by_role("checkbox", name="Healthy boundaries")).to_be_checked()
        line.get_by_role("button").click()
        expect(line).to_be_hidden()


def test_a_rest_counts_as_a_pause(open_site: Opener, annie: User, queue: Queue) -> None:
    save_preferences(user=annie, changes={"pause": 25})
    page = open_site(annie)
    page.clock.install()
    room(page)
    for _ in range(2):
        for _ in range(20):
            page.keyboard.press("Shift")
            page.clock.run_for(55_000)
        page.clock.run_for(400_000)
    expect(page.locator("#pause")).to_be_hidden()


def test_the_days_goal_is_said_in_words(open_site: Opener, annie: User, queue: Queue) -> None:
    save_preferences(user=annie, changes={"daily_words": 1500})
    page = room(open_site(annie))
    expect(page.locator(".today")).to_contain_text("0 of 1,500 words today")
    review_by(annie, queue)
    room(page)
    expect(page.locator(".today")).to_contain_text("words today: your goal is reached")


def touch(page: Page, kind: str, **init: Any) -> None:
    page.locator(".text p").first.dispatch_event(kind, {"pointerType": "touch", "isPrimary": True, **init})


def test_a_passage_is_linked_by_touch(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site(annie, width=390, has_touch=True, is_mobile=True))
    touch(page, "pointerdown")
    touch(page, "pointercancel")
    page.evaluate("""() => {
      const node = document.querySelector('.text p').firstChild, range = document.createRange();
      range.setStart(node, 3); range.setEnd(node, 10);
      getSelection().removeAllRanges(); getSelection().addRange(range);
    }""")
    bar = page.get_by_role("toolbar", name="Link the selected passage")
    expect(bar).to_be_visible()
    chosen = bar.get_by_role("button", name="Honesty")
    chosen.scroll_into_view_if_needed()
    box = chosen.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    assert box["y"] > 300, "the system's own toolbar stands above the selected words"
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#saved")).to_have_text("Saved")
    assert [(span["criterion"], span["quote"]) for span in Draft.objects.get().data["spans"]] == [("A2", "The tug")]
