"""Everybody's own keys: remapped, switched off, remembered, and the same on every keyboard layout."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from annotations.models import Queue
from curation.accounts.actions import save_preferences
from curation.accounts.models import User
from curation.accounts.preferences import KEYS
from tests.browser.conftest import Opener, intercept
from tests.builders import add_story, answers, person, queue_of, review_by

# A key press as the browser would report it on another layout or with another input method.
PRESS = """(init) => document.body.dispatchEvent(
  new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...init}))"""


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    return queue_of(annie, person(), stories=[add_story(title="Two Spoons"), add_story()], slug="night")


def room(open_site: Opener, user: User, **more: Any) -> Page:
    page = open_site(user, **more)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def active(page: Page) -> str:
    return page.locator(".ask.active").get_attribute("data-ask") or ""


def press(page: Page, **init: Any) -> None:
    page.evaluate(PRESS, init)


def test_remapped_keys_act_are_shown_and_hold_on_another_device(open_site: Opener, annie: User, queue: Queue) -> None:
    page = open_site(annie)
    page.goto("/accounts/preferences/")
    page.get_by_label("Next question").fill("s")
    page.get_by_label("Previous question").fill("e")
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_role("alert")).to_contain_text("cannot both have the key E")
    page.get_by_label("Previous question").fill("w")
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_role("status").first).to_contain_text("Kept, here and on every device")
    elsewhere = room(open_site, annie)
    elsewhere.keyboard.press("s")
    elsewhere.keyboard.press("s")
    assert active(elsewhere) == "A2"
    elsewhere.keyboard.press("w")
    elsewhere.keyboard.press("j")
    assert active(elsewhere) == "A1"
    elsewhere.keyboard.press("?")
    assert elsewhere.locator(".keys kbd").all_text_contents()[-len(KEYS) :][:2] == ["S", "W"]
    elsewhere.get_by_role("link", name="Choose your own keys").click()
    elsewhere.get_by_role("button", name="Default keys again").click()
    expect(elsewhere.get_by_label("Next question")).to_have_value("J")


def test_the_sentence_cursor_follows_the_same_keys(open_site: Opener, annie: User, queue: Queue) -> None:
    save_preferences(user=annie, changes={"keys": {"next": "s", "previous": "w", "evidence": "q"}})
    page = room(open_site, annie)
    page.keyboard.press("s")
    for key in ("q", "s", "w", "Shift+S", "Enter"):
        page.keyboard.press(key)
    quote = page.locator("#evidence .quote")
    expect(quote).to_have_count(1)
    assert (quote.text_content() or "").count(".") == 2


def test_only_a_bare_key_acts(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    for init in ({"ctrlKey": True}, {"altKey": True}, {"metaKey": True}, {"shiftKey": True}, {"isComposing": True}):
        press(page, **{"key": "j", "code": "KeyJ", **init})
    press(page, key="Process", code="KeyJ")
    press(page, key="Dead", code="KeyJ")
    assert active(page) == "themes"
    page.get_by_label("Comment").press_sequentially("jjn1")
    assert active(page) == "themes"
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    "init",
    [
        {"key": "J", "code": "KeyJ"},
        {"key": "о", "code": "KeyJ"},
        {"key": "ت", "code": "KeyJ"},
        {"key": "j", "code": "KeyC"},
    ],
    ids=["capslock", "cyrillic", "arabic", "dvorak"],
)
def test_a_key_is_the_same_on_every_layout(open_site: Opener, annie: User, queue: Queue, init: dict[str, str]) -> None:
    page = room(open_site, annie)
    press(page, **init)
    assert active(page) == "A1"


def test_digits_work_where_they_need_shift_and_in_other_scripts(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    page.keyboard.press("j")
    press(page, key="'", code="Digit4")
    press(page, key="5", code="Digit5", shiftKey=True)
    press(page, key="٣", code="Digit3")
    chosen = page.eval_on_selector_all("[name^=rating_]:checked", "all => all.map((one) => one.value)")
    assert chosen == ["4", "5", "3"]


def test_a_digit_that_is_held_down_answers_one_question(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    page.keyboard.press("j")
    for _ in range(3):
        page.keyboard.down("4")
    page.keyboard.up("4")
    expect(page.locator("[name^=rating_]:checked")).to_have_count(1)


def test_not_applicable_has_a_key_where_it_is_allowed(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    for key in "jxj":
        page.keyboard.press(key)
    assert page.locator("[name=rating_A1]:checked").input_value() == "na"
    assert json.loads(page.locator("#keys").get_attribute("data-keys") or "")["x"] == "na"
    page.keyboard.press("x")
    assert active(page) == "A3"


def test_keys_that_are_off_stay_off_on_another_device(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    page.keyboard.press("?")
    with page.expect_response("**/preferences/part/"):
        page.get_by_role("checkbox", name="Single-key shortcuts").uncheck()
    elsewhere = room(open_site, annie, width=390)
    elsewhere.keyboard.press("j")
    elsewhere.keyboard.press("1")
    assert active(elsewhere) == "themes"
    elsewhere.keyboard.press("ArrowDown")
    assert active(elsewhere) == "A1"


def test_the_last_ten_reviews_open_by_keyboard_and_the_story_waits(
    open_site: Opener, annie: User, audit: Callable[[Page], list[str]]
) -> None:
    stories = [add_story(title=f"Story {number}") for number in range(1, 13)]
    night = queue_of(annie, person(), stories=stories, slug="night")
    for _ in stories[:11]:
        review_by(annie, night, answers(comment="Said then."))
    page = room(open_site, annie)
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.keyboard.press("l")
    dialog = page.get_by_role("dialog", name="Your last reviews")
    expect(dialog.get_by_role("listitem")).to_have_count(10)
    assert audit(page) == []
    expect(dialog.get_by_role("link", name="Story 11")).to_be_focused()
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.locator("[name=rating_A1]:checked").input_value() == "2"
    held: list[Route] = []
    intercept(page, "**/work/reviews/last/**", lambda route: held.append(route), times=1)
    with page.expect_request("**/work/reviews/last/**"):
        page.keyboard.press("l")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_count(0)
    held[0].continue_()
    expect(dialog.get_by_role("link", name="Story 11")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Story 10")
    expect(page.get_by_text("Said then.")).to_be_visible()
    assert page.locator("main :is(input, textarea, select):not([type=hidden])").count() == 0
    page.go_back()
    page.wait_for_selector("html[data-ready=review]")
    assert page.locator("[name=rating_A1]:checked").input_value() == "2"
    plain = open_site(annie, java_script_enabled=False)
    plain.goto("/review/night/")
    plain.get_by_role("link", name="Your last reviews").click()
    plain.get_by_role("link", name="Story 11").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Story 11")
