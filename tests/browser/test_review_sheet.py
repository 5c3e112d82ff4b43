"""The sheet beside the story: everything in view, conduct by key, and nothing that hurries or accuses."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Assignment, Queue, Review
from annotations.queries.work import IMPLAUSIBLE
from annotations.views import review as views
from curation.accounts.actions import save_preferences
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of

TEXT = "She asked for a door. I gave her the door.\n\n" * 12 + "The log is still there."
LONG = "She asked for a door. I gave her the door.\n\n" * 80
SECTIONS = ("#flags .chips", "#evidence-heading", "#comment", ".blind", "#submit")


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "UNDO_SECONDS", 0)


def queue(annie: User, *, text: str = TEXT, **fields: Any) -> Queue:
    stories = [add_story(text, title="The Door", **fields), add_story(title="Two Spoons")]
    return queue_of(annie, person(), stories=stories, slug="night")


def room(open_site: Opener, user: User, **more: Any) -> Page:
    page = open_site(user, **more)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def keys(page: Page, pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def whole(page: Page, selector: str) -> bool:
    """Whether all of it can be seen: within the window and not cut by what scrolls around it."""
    return bool(
        page.locator(selector).first.evaluate("""(one) => {
      const box = one.getBoundingClientRect();
      const at = (y) => document.elementFromPoint(box.left + Math.min(12, box.width / 2), y);
      return [box.top + 2, box.bottom - 2].every((y) => {
        const over = at(y);
        return over && (one.contains(over) || over.contains(one) && !over.matches('footer, body'));
      });
    }""")
    )


@pytest.mark.parametrize("themes", ["", "1", "123"])
def test_flags_evidence_and_comment_are_in_view_whatever_is_marked(open_site: Opener, annie: User, themes: str) -> None:
    queue(annie)
    page = room(open_site, annie)
    keys(page, themes)
    for selector in SECTIONS:
        assert whole(page, selector), selector
    if len(themes) < 2:
        assert whole(page, ".criterion:last-of-type")
    keys(page, "jjjjjjj")
    for selector in (*SECTIONS, ".ask.active"):
        assert whole(page, selector), selector
    keys(page, "k4eejjjj"[:3])
    page.keyboard.press("Enter")
    for selector in SECTIONS:
        assert whole(page, selector), selector
    flags = page.locator("#flags label").all()
    assert all(whole(page, f"#flags label:nth-child({at})") for at in range(1, len(flags) + 1))


def test_conduct_intent_and_portrayal_are_three_digits_in_the_card(
    open_site: Opener, annie: User, audit: Callable[[Page], list[str]]
) -> None:
    queue(annie)
    page = room(open_site, annie)
    keys(page, "j4444444")
    panel = page.locator("#review").bounding_box()
    keys(page, "f")
    page.keyboard.press("Space")
    expect(page.locator("#flag-hint")).to_contain_text("Or press E to pick it by sentence.")
    keys(page, "e")
    page.keyboard.press("Enter")
    card = page.get_by_role("region", name="Backfire")
    expect(card).to_be_visible()
    expect(page.locator("#guide")).to_be_hidden()
    box = card.bounding_box()
    assert box
    assert panel
    assert abs(box["y"] - panel["y"]) < 2
    assert audit(page) == []
    page.keyboard.press("3")
    expect(card.get_by_role("radio", name="misaligned")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("1")
    expect(card.get_by_role("radio", name="aligned", exact=True)).to_be_checked()
    keys(page, "k3")
    page.keyboard.press("Enter")
    expect(card).to_be_visible()
    assert not Review.objects.exists()
    keys(page, "11")
    expect(card).to_contain_text("That is a backfire")
    assert page.locator("[name=rating_A1]:checked").input_value() == "4"
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.locator("#guide")).to_be_visible()
    page.get_by_role("button", name="misaligned · benevolent · positive").click()
    card.get_by_role("radio", name="neutral").check(force=True)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(page.locator("html")).to_have_attribute("data-unsent", "0")
    span = Review.objects.get().spans.get()
    assert (span.conduct, span.intent, span.portrayal) == ("misaligned", "benevolent", "neutral")


def test_the_card_goes_with_its_passage(open_site: Opener, annie: User) -> None:
    queue(annie)
    page = room(open_site, annie)
    card = page.locator("#said")
    for end in ("#evidence .remove", "#flags label >> nth=0"):
        page.locator("[name=flag]:checked").evaluate_all("all => all.map((one) => one.click())")
        page.locator("[name=flag]").first.evaluate("one => one.click()")
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        expect(card).to_be_visible()
        page.locator(end).click()
        expect(card).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("3")
    assert page.locator("[name^=rating_]:checked").count() == 2


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_passage_in_its_card_is_not_under_the_button_that_closes_it(
    open_site: Opener, annie: User, width: int, language: str
) -> None:
    save_preferences(user=annie, changes={"language": language})
    queue(annie, text=f"{'The lamp at the weir was lit, and ' * 8} stayed lit. It waited.")
    page = room(open_site, annie, width=width)
    page.locator("[name=flag]").first.evaluate("one => one.click()")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_be_visible()
    words = page.locator("#said-quote").evaluate(
        """one => {
          const range = document.createRange();
          range.selectNodeContents(one);
          return [...range.getClientRects()].map((box) => [box.right, box.bottom, box.top]);
        }"""
    )
    button = page.locator("#said-done").bounding_box()
    assert button
    assert words
    line = page.locator("#said-quote").bounding_box()
    assert line
    for right, bottom, top in words:
        if top < line["y"] + line["height"] - 1:
            assert right <= button["x"] or bottom <= button["y"] or top >= button["y"] + button["height"]


def test_without_single_keys_no_key_is_named(open_site: Opener, annie: User) -> None:
    queue(annie)
    save_preferences(user=annie, changes={"keys_on": False})
    page = room(open_site, annie)
    page.locator("[name=flag][data-passage=hard]").first.evaluate("one => one.click()")
    page.get_by_role("button", name="0 of 7 rated").wait_for()
    page.locator("[name=flag][data-passage=hard]").first.focus()
    expect(page.locator("#flag-hint")).to_contain_text("Select the passage")
    expect(page.locator("#flag-hint")).not_to_contain_text("press")


def test_what_is_unfinished_is_quiet_and_leads_to_the_next_question(open_site: Opener, annie: User) -> None:
    queue(annie)
    page = room(open_site, annie)
    button = page.locator("#submit")
    colour = "one => getComputedStyle(one).backgroundColor"
    quiet = button.evaluate(colour)
    keys(page, "jj4")
    expect(button).to_have_accessible_name("1 of 7 rated next: Principle fit Enter")
    assert button.evaluate(colour) == quiet
    keys(page, "kkk")
    button.click()
    assert page.locator(".ask.active").get_attribute("data-ask") == "A1"
    keys(page, "444444")
    expect(button).to_have_accessible_name("Submit Enter")
    assert button.evaluate(colour) != quiet


def test_a_commit_that_nobody_can_have_read_is_asked_about_once_and_before(
    open_site: Opener, annie: User, audit: Callable[[Page], list[str]]
) -> None:
    queue(annie, text=LONG)
    page = room(open_site, annie)
    keys(page, "j4444444")
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog", name="Have you read it to the end?")
    expect(asked).to_be_visible()
    expect(asked).to_contain_text("This story has been open for")
    assert audit(page) == []
    expect(asked.get_by_role("button", name="Read on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked).to_be_hidden()
    assert not Review.objects.exists()
    # Within one frame, in which the closed dialog's button still has the focus.
    page.evaluate("""() => {
      const shown = document.querySelector("#hasty");
      shown.showPopover();
      shown.querySelector(".primary").click();
      const enter = new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true});
      document.activeElement.dispatchEvent(enter);
    }""")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(page.locator("html")).to_have_attribute("data-unsent", "0")
    page.goto("/work/")
    expect(page.get_by_role("heading", name="Your pace")).to_be_visible()
    expect(page.get_by_text("quick")).to_have_count(0)
    page.goto(f"/work/reviews/{Review.objects.get().pk}/")
    expect(page.get_by_text("quick")).to_have_count(0)


def test_submitting_from_the_question_sends_it(open_site: Opener, annie: User) -> None:
    queue(annie, text=LONG)
    page = room(open_site, annie)
    keys(page, "j4444444")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")


def test_who_had_the_time_is_not_asked(open_site: Opener, annie: User) -> None:
    waiting = queue(annie, text=LONG)
    page = room(open_site, annie)
    least = int(page.locator("#desk").get_attribute("data-least") or 0)
    words = waiting.items.order_by("pk")[0].story.n_words
    assert least == words * 60 // IMPLAUSIBLE
    page.clock.install()
    page.reload()
    page.wait_for_selector("html[data-ready=review]")
    page.mouse.move(5, 5)
    page.clock.run_for((least + 1) * 1000)
    keys(page, "j4444444")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")


def test_a_pass_can_be_taken_back_by_its_key(
    open_site: Opener, annie: User, audit: Callable[[Page], list[str]]
) -> None:
    queue(annie)
    page = room(open_site, annie)
    keys(page, "j2")
    expect(page.locator("#saved")).to_have_text("Saved")
    for undo in ("key", "button"):
        page.keyboard.press("n")
        page.get_by_role("radio", name="I know this story or who made it").check()
        page.get_by_role("dialog").get_by_role("button", name="Pass").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
        expect(page.get_by_text("Passed. It does not count against you.")).to_be_visible()
        page.wait_for_selector("html[data-ready=review]")
        assert audit(page) == []
        if undo == "key":
            page.keyboard.press("u")
        else:
            page.get_by_role("button", name="Take the pass back").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The Door")
        page.wait_for_selector("html[data-ready=review]")
        assert page.locator("[name=rating_A1]:checked").input_value() == "2"
    assert Assignment.objects.get(story__title="The Door").pass_reason == ""


def test_the_last_pass_can_be_taken_back_without_a_script(open_site: Opener, annie: User) -> None:
    queue_of(annie, person(), stories=[add_story(TEXT, title="The Door")], slug="night")
    page = open_site(annie)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_role("radio").first.check()
    page.get_by_role("dialog").get_by_role("button", name="Pass").click()
    expect(page.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    plain = open_site(annie, java_script_enabled=False)
    plain.goto(page.url)
    plain.get_by_role("button", name="Take the pass back").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("The Door")


def test_tags_say_whose_they_are(open_site: Opener, annie: User) -> None:
    queue(annie, principles=["restraint"], themes=["equanimity"])
    page = room(open_site, annie)
    expect(page.locator(".context")).to_contain_text("tags of the imported file")
    expect(page.locator(".themes .by")).to_have_text("Tagged already: Equanimity · tags of the imported file")
    keys(page, "jjjjjjj")
    expect(page.locator("#ask-C3")).to_be_visible()
