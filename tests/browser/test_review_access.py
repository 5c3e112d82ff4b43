"""The review room for everybody: every state in axe, by roles alone, at 400%, in forced colours, by thumb."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Queue, Review
from curation.accounts.actions import save_preferences
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of, review_by, scored_stories

TEXT = "She asked for a door. I gave her the door 🚪.\n\n" * 12 + "The log is still there."
SELECT = """(at) => {
  const node = document.querySelectorAll('.text p')[at].firstChild, range = document.createRange();
  range.setStart(node, 0); range.setEnd(node, 9);
  getSelection().removeAllRanges(); getSelection().addRange(range);
}"""
# Controls that are smaller than 24 px both ways; a choice counts with its label, links within a sentence do not count.
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest('.sr, .skip'))
  .filter((one) => !(one.matches('p a, li a') && getComputedStyle(one).display === 'inline'))
  .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""
# What has the focus, and whether something else lies over it.
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body) return ['', false];
  const x = Math.min(innerWidth - 2, Math.max(1, box.left + box.width / 2));
  const y = box.height > innerHeight ? innerHeight / 2 : box.top + box.height / 2;
  const over = document.elementFromPoint(x, y);
  const same = over && (one.contains(over) || over.contains(one) || over.closest('label')?.contains(one));
  return [one.outerHTML.slice(0, 120), !same];
}"""
MOVING = """() => [...document.querySelectorAll('*')].filter((one) => {
  const style = getComputedStyle(one);
  return style.transitionDuration.split(', ').some((time) => parseFloat(time) > 0) || style.animationName !== 'none';
}).map((one) => one.outerHTML.slice(0, 90))"""


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    stories = [add_story(TEXT, title="The Door", content_notes=["bereavement"]), add_story(title="Two Spoons")]
    return queue_of(annie, person(), stories=stories, slug="night")


def room(page: Page) -> Page:
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_in_any_state(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = open_site(annie, width=width)
    faults: list[str] = []

    def look(state: str) -> None:
        faults.extend(f"{state}: {fault}" for fault in audit(page))

    save_preferences(user=annie, changes={"ask_notes": True, "daily_words": 2000, "theme": "auto"})
    room(page)
    look("folded")
    page.get_by_text("Open the story").click()
    keys(page, "j", "4", "e", "j")
    look("evidence by sentence")
    keys(page, "Enter", "k", "4", "f", "Space")
    look("flag asks for its passage")
    keys(page, "Escape", "e", "Enter")
    page.wait_for_selector("#said:not([hidden])")
    look("conduct")
    page.evaluate("document.querySelector('#pause').hidden = false")
    keys(page, "n")
    look("pass and pause")
    keys(page, "Escape", "?")
    look("keys")
    save_preferences(user=annie, changes={"theme": "sepia"})
    room(page)
    page.locator("#review").evaluate("form => HTMLFormElement.prototype.submit.call(form)")
    expect(page.locator("#problem")).to_be_visible()
    page.wait_for_selector("html[data-ready=review]")
    look("refused, in sepia")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_after_the_review(
    open_site: Opener, annie: User, audit: Callable[[Page], list[str]], width: int
) -> None:
    queue_of(annie, person(), stories=scored_stories(1), slug="night", reveal=True)
    review_by(annie, Queue.objects.get())
    page = open_site(annie, width=width)
    page.goto("/review/night/")
    expect(page.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    faults = audit(page)
    page.goto(f"/review/done/{Review.objects.get().pk}/")
    expect(page.get_by_role("heading", name="You and the model")).to_be_visible()
    faults += audit(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/accounts/preferences/")
    page.get_by_label("Next question").fill("e")
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    faults += audit(page)
    assert not faults, "\n".join(faults)


def test_the_whole_job_is_done_by_roles_and_names_in_reading_order(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page = room(open_site(annie))
    story, panel = page.get_by_role("main"), page.get_by_role("form", name="Ratings")
    order = page.evaluate("""() => {
      const at = (one) => document.querySelector(one);
      const list = ['h1', '.context', '.text', '#rows', '#flags', '#evidence', '#comment', '#submit'].map(at);
      return list.every((one, i) => !i || list[i - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    }""")
    assert order
    expect(story.get_by_role("article", name="The Door")).to_contain_text("Content note")
    themes = panel.get_by_role("group", name="Which themes are in it?")
    expect(themes.get_by_role("checkbox")).to_have_count(4)
    themes.get_by_role("checkbox", name="Healthy boundaries").check()
    names = panel.get_by_role("group").evaluate_all("all => all.map((one) => one.querySelector('legend').innerText)")
    for name in names[1:-1]:
        group = panel.get_by_role("group", name=name, exact=True)
        if not group.is_visible():
            continue
        expect(group).to_have_accessible_description(group.locator(".question").text_content() or "")
        group.get_by_role("radio", name="4,").check()
    page.evaluate(SELECT, 0)
    page.get_by_role("toolbar", name="Link the selected passage").get_by_role("button").first.click()
    region = panel.get_by_role("region", name="Evidence")
    expect(region.get_by_role("listitem")).to_have_count(1)
    expect(page.locator("#live")).to_contain_text("Linked to")
    region.get_by_role("button", name="Remove the passage for").click()
    expect(region.get_by_role("listitem")).to_have_count(0)
    panel.get_by_role("group", name="Flags").get_by_role("checkbox", name="Moral lecture").check()
    panel.get_by_role("textbox", name="Comment").fill("By name alone.")
    panel.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")


@pytest.mark.parametrize(("width", "height"), [(720, 450), (320, 256)], ids=["200%", "400%"])
def test_everything_is_within_reach_when_enlarged(
    open_site: Opener, annie: User, queue: Queue, width: int, height: int
) -> None:
    page = open_site(annie, width=width)
    page.set_viewport_size({"width": width, "height": height})
    room(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in ("#comment", "#flags label", ".themes label", "footer .quiet", "#submit"):
        page.locator(control).first.scroll_into_view_if_needed()
        assert page.locator(control).first.is_visible(), control
    page.get_by_text("The log is still there.").scroll_into_view_if_needed()
    covered = page.evaluate("""() => {
      const box = document.querySelector('.text p:last-child').getBoundingClientRect();
      return !document.elementFromPoint(box.left + 20, box.top + box.height / 2).closest('.text');
    }""")
    assert not covered


def test_nothing_moves_for_who_asked_for_less_motion(open_site: Opener, annie: User, queue: Queue) -> None:
    page = open_site(annie)
    for path in ("/", "/queues/", "/accounts/preferences/", "/review/night/"):
        page.goto(path)
        assert page.evaluate(MOVING) == []
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_choices_can_be_seen_in_forced_colours(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site(annie, forced_colors="active"))
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    keys(page, "1", "j", "4")
    look = "(one) => { const s = getComputedStyle(one); return [s.backgroundColor, s.color].join(); }"
    step = page.locator("[data-ask=A1] .steps-row label span")
    assert step.nth(3).evaluate(look) != step.nth(2).evaluate(look)
    theme = page.locator(".themes label span")
    assert theme.nth(0).evaluate(look) != theme.nth(1).evaluate(look)
    outline = "(one) => getComputedStyle(one).outlineStyle"
    assert page.locator(".ask.active").evaluate(outline) == "solid"
    page.get_by_role("button", name="Theme and text size").click()
    segment = page.locator("#display .segments").first.locator("span")
    assert segment.nth(0).evaluate(look) != segment.nth(1).evaluate(look)


@pytest.mark.parametrize("width", [1440, 390])
def test_targets_are_large_enough_for_a_thumb(open_site: Opener, annie: User, queue: Queue, width: int) -> None:
    page = room(open_site(annie, width=width))
    keys(page, "1", "j", "e", "Enter", "k", "4", "f", "Space", "Escape", "e", "Enter")
    page.wait_for_selector("#said:not([hidden])")
    small = page.evaluate(SMALL)
    page.evaluate(SELECT, 1)
    page.wait_for_selector("#linker:not([hidden])")
    small += page.evaluate(SMALL)
    for key in ("?", "n"):
        keys(page, "Escape", key)
        small += page.evaluate(SMALL)
    page.goto("/accounts/preferences/")
    small += page.evaluate(SMALL)
    assert not small, "\n".join(small)


def test_the_sheet_never_lies_over_what_has_the_focus(open_site: Opener, annie: User, queue: Queue) -> None:
    save_preferences(user=annie, changes={"ask_notes": True})
    page = room(open_site(annie, width=390))
    page.get_by_text("Open the story").click()
    seen: dict[str, Any] = {}
    for _ in range(40):
        page.keyboard.press("Tab")
        what, covered = page.evaluate(COVERED)
        if what:
            seen[what] = covered
    assert len(seen) > 8
    assert not [what for what, covered in seen.items() if covered]
