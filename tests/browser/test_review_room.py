"""Reviewing in a real browser: by keyboard alone, with evidence, with drafts, with nothing lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Draft, Queue, Review
from annotations.views import review as views
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of

TEXT = (
    "The library’s night desk has no desk. At 2:41 a message came down.\n\n"
    "“sorry 🙃🙃 words slide,” she wrote. She had asked for a door. I gave her the door.\n\n"
    "In the log the full stop was still there. I left it. It was hers."
)
SELECT = """([paragraph, words]) => {
  const node = document.querySelectorAll('.text p')[paragraph].firstChild;
  const at = node.data.indexOf(words), range = document.createRange();
  range.setStart(node, at); range.setEnd(node, at + words.length);
  getSelection().removeAllRanges(); getSelection().addRange(range);
}"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a review at once, without the moment in which it can be taken back."""
    monkeypatch.setattr(views, "UNDO_SECONDS", 0)


def sent(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-unsent", "0")


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    stories = [add_story(TEXT, title="The Night Desk", content_notes=["bereavement"]), add_story(title="Two Spoons")]
    return queue_of(annie, person(), stories=stories, name="Night stories", slug="night")


def room(open_site: Opener, user: User, queue: Queue, **more: object) -> Page:
    page = open_site(user, **more)  # type: ignore[arg-type]
    page.goto(f"/review/{queue.slug}/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def test_a_story_is_reviewed_by_keyboard_alone(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    expect(page.get_by_role("heading", level=1)).to_have_text("The Night Desk")
    page.keyboard.press("1")
    page.keyboard.press("j")
    page.keyboard.press("e")
    for key in ("j", "j", "Shift+J", "Enter"):
        page.keyboard.press(key)
    for digit in "4045453":
        page.keyboard.press(digit)
    expect(page.get_by_text("7 of 8 rated")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type("A quiet one.")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    sent(page)
    review = Review.objects.get()
    rated = dict(review.ratings.values_list("criterion__key", "value"))
    assert rated == {"A1": 4, "A2": None, "A3": 4, "B1": 5, "B2": 4, "B3": 5, "C1": 3, "D1": 2}
    assert review.themes == ["boundaries"]
    assert review.comment == "A quiet one."
    span = review.spans.get()
    assert span.criterion is not None
    assert span.criterion.key == "A1"
    assert span.quote == TEXT[span.start : span.end] == "“sorry 🙃🙃 words slide,” she wrote. She had asked for a door."


def test_a_passage_selected_by_mouse_counts_code_points(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.evaluate(SELECT, [1, "🙃 words"])
    page.get_by_role("toolbar", name="Link the selected passage").get_by_role("button", name="Honesty").click()
    expect(page.locator("#saved")).to_have_text("Saved")
    (span,) = Draft.objects.get().data["spans"]
    assert span["criterion"] == "A2"
    assert TEXT[span["start"] : span["end"]] == span["quote"] == "🙃 words"
    for _ in range(2):
        assert page.evaluate("[...CSS.highlights.get('group-A')].map(String)") == ["🙃 words"]
        page.reload()
        page.wait_for_selector("html[data-ready=review]")


def test_a_passage_over_two_paragraphs_keeps_the_blank_line(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.evaluate("""() => {
      const all = document.querySelectorAll('.text p'), range = document.createRange();
      range.setStart(all[0].firstChild, 4); range.setEnd(all[2], 0);
      getSelection().removeAllRanges(); getSelection().addRange(range);
    }""")
    page.locator("#linker button").first.click()
    expect(page.locator("#saved")).to_have_text("Saved")
    (span,) = Draft.objects.get().data["spans"]
    assert TEXT[span["start"] : span["end"]] == span["quote"] == TEXT[4 : TEXT.index("\n\nIn the log")]


def test_a_passage_that_is_linked_twice_is_there_once(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    for _ in range(2):
        page.evaluate(SELECT, [2, "It was hers"])
        page.locator("#linker button").first.click()
    expect(page.locator("#evidence .quote")).to_have_count(1)


def test_a_draft_survives_a_reload_and_reaches_another_device(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.get_by_role("checkbox", name="Equanimity").check()
    page.get_by_role("group", name="Equanimity").get_by_role("radio", name="4, Steady").check()
    page.get_by_label("Comment").fill("Come back to the door 🚪")
    page.evaluate(SELECT, [2, "It was hers"])
    page.locator("#linker button").first.click()
    expect(page.locator("#saved")).to_have_text("Saved")
    for again in (page, open_site(annie, width=390)):
        again.goto(f"/review/{queue.slug}/")
        again.wait_for_selector("html[data-ready=review]")
        assert again.locator("[name=rating_C3]:checked").input_value() == "4"
        assert again.get_by_label("Comment", exact=False).input_value() == "Come back to the door 🚪"
        assert again.locator("#evidence .quote").text_content() == "It was hers"


def test_a_second_window_is_told_and_may_choose(open_site: Opener, annie: User, queue: Queue) -> None:
    first, second = room(open_site, annie, queue), room(open_site, annie, queue)
    for page, words in ((first, "from the first"), (second, "from the second")):
        page.get_by_label("Comment").fill(words)
        if page is first:
            expect(first.locator("#saved")).to_have_text("Saved")
    expect(second.get_by_text("open somewhere else")).to_be_visible()
    second.get_by_role("button", name="Keep this one").click()
    expect(second.locator("#saved")).to_have_text("Saved")
    assert Draft.objects.get().data["comment"] == "from the second"


def test_a_hard_flag_asks_for_its_passage_and_its_conduct(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.keyboard.press("j")
    for digit in "4444444":
        page.keyboard.press(digit)
    page.keyboard.press("f")
    page.keyboard.press("Space")
    expect(page.get_by_text("Select the passage that shows “Backfire”.")).to_be_in_viewport(ratio=1)
    expect(page.locator("#guide")).to_contain_text("Backfire")
    page.keyboard.press("Enter")
    assert not Review.objects.exists()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Backfire")).to_be_visible()
    page.get_by_role("group", name="Conduct").get_by_role("radio", name="misaligned").check(force=True)
    page.get_by_role("group", name="Intent").get_by_role("radio", name="malevolent").check(force=True)
    expect(page.locator("#said").get_by_text("That is a backfire")).to_have_count(0)
    page.get_by_role("group", name="Shown as").get_by_role("radio", name="positive").check(force=True)
    expect(page.locator("#said").get_by_text("That is a backfire")).to_have_count(1)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    sent(page)
    span = Review.objects.get().spans.get()
    assert (span.flag and span.flag.key, span.conduct, span.portrayal) == ("backfire", "misaligned", "positive")


def test_a_backfire_is_computed_on_the_passage_of_another_flag(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.keyboard.press("j")
    for digit in "4444444":
        page.keyboard.press(digit)
    page.evaluate(SELECT, [1, "I gave her the door"])
    page.get_by_role("checkbox", name="Glorified villain").check(force=True)
    for name, word in (("Conduct", "misaligned"), ("Intent", "benevolent"), ("Shown as", "positive")):
        page.get_by_role("group", name=name).get_by_role("radio", name=word).check(force=True)
    expect(page.locator("#said").get_by_text("It counts as that flag.")).to_be_visible()
    page.get_by_role("group", name="Shown as").get_by_role("radio", name="negative").check(force=True)
    expect(page.locator("#said").get_by_text("It counts as that flag.")).to_have_count(0)
    page.get_by_role("group", name="Shown as").get_by_role("radio", name="positive").check(force=True)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    sent(page)
    review = Review.objects.get()
    assert set(review.flags.values_list("flag__key", flat=True)) == {"villain_trope", "backfire"}
    page.goto(f"/work/reviews/{review.pk}/")
    expect(page.get_by_text("A backfire", exact=True)).to_be_visible()


def test_a_story_without_an_ai_needs_no_ratings(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.keyboard.press("9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    sent(page)
    assert Review.objects.get().out_of_scope


def test_passing_asks_why_and_brings_the_next(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.keyboard.press("n")
    page.get_by_role("radio", name="I know this story or who made it").check()
    page.get_by_role("dialog").get_by_role("button", name="Pass").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    page.wait_for_selector("html[data-ready=review]")
    page.keyboard.press("n")
    page.get_by_label("Or in your own words").fill("Too close to home")
    page.get_by_role("dialog").get_by_role("button", name="Pass").click()
    expect(page.get_by_role("heading", name="Nothing left for you here")).to_be_visible()


def test_single_keys_can_be_switched_off(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.keyboard.press("?")
    with page.expect_response("**/preferences/part/"):
        page.get_by_role("checkbox", name="Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert not page.get_by_role("checkbox", name="Healthy boundaries").is_checked()
    page.reload()
    page.wait_for_selector("html[data-ready=review]")
    page.keyboard.press("1")
    assert not page.get_by_role("checkbox", name="Healthy boundaries").is_checked()


def test_the_same_work_is_possible_without_javascript(open_site: Opener, annie: User, queue: Queue) -> None:
    page = open_site(annie, java_script_enabled=False)
    page.goto(f"/review/{queue.slug}/")
    for key in ("A1", "A2", "A3", "B1", "B2", "B3"):
        page.locator(f"[name=rating_{key}][value='4']").check(force=True)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Still to rate: D1 Craft")
    assert page.locator("[name=rating_A1]:checked").input_value() == "4"
    said = page.get_by_role("alert").bounding_box()
    assert said
    assert said["y"] + said["height"] < 300, "the first thing on the page"
    page.get_by_role("link", name="Go to the first that is missing").click()
    expect(page.locator("#ask-D1")).to_be_in_viewport(ratio=1)
    page.locator("[name=rating_D1][value='5']").check(force=True)
    page.get_by_role("checkbox", name="Leaked scaffold").check(force=True)
    page.get_by_label("Leaked scaffold").nth(1).fill("not in it")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("copy it exactly as it stands")
    expect(page.get_by_label("Leaked scaffold").nth(1)).to_have_value("not in it")
    assert page.locator("[name=rating_D1]:checked").input_value() == "5"
    page.get_by_label("Leaked scaffold").nth(1).fill("🙃🙃 words")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    assert Review.objects.get().spans.get().start == TEXT.index("🙃🙃")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_flag_without_its_passage_is_told_in_view_and_the_story_stays_where_it_was(
    open_site: Opener, annie: User, width: int
) -> None:
    queue = queue_of(annie, stories=[add_story("She asked for a door. I gave her the door. " * 300)])
    page = room(open_site, annie, queue, width=width)
    page.keyboard.press("j")
    for _ in range(7):
        page.keyboard.press("4")
    page.evaluate("scrollTo(0, 900)")
    flag = page.locator("[name=flag][data-passage=hard]").first
    flag.evaluate("one => one.click()")
    page.evaluate("document.querySelector('.sheet').scrollTop = 0")
    page.get_by_role("button", name="Submit").click()
    hint = page.locator("#flag-hint")
    expect(hint).to_contain_text("Select the passage that shows")
    expect(hint).to_be_in_viewport(ratio=1)
    expect(flag).to_be_focused()
    sheet, box = page.locator(".sheet").bounding_box(), hint.bounding_box()
    assert sheet
    assert box
    assert box["y"] + box["height"] <= sheet["y"] + sheet["height"] - 8
    assert page.evaluate("scrollY") == 900


@pytest.mark.parametrize("width", [920, 1000, 1180])
def test_the_story_fits_beside_the_panel_on_a_small_screen(
    open_site: Opener, annie: User, queue: Queue, width: int
) -> None:
    page = room(open_site, annie, queue, width=width)
    assert page.locator(".story .text").evaluate("text => text.getBoundingClientRect().left") > 0


def test_without_javascript_the_rubric_stands_beside_the_story_where_there_is_room(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    wide = open_site(annie, java_script_enabled=False)
    wide.goto(f"/review/{queue.slug}/")
    story, sheet = wide.locator("#story").bounding_box(), wide.locator("#review").bounding_box()
    assert story
    assert sheet
    assert sheet["x"] > story["x"] + story["width"]
    assert sheet["y"] < 100
    expect(wide.get_by_text("It violates a principle and the story is content with that.")).to_be_attached()
    narrow = open_site(annie, java_script_enabled=False, width=390)
    narrow.goto(f"/review/{queue.slug}/")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390


def test_going_back_after_a_review_shows_no_form_that_was_sent_already(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    Queue.objects.update(reveal=True)
    for scripts in (True, False):
        page = open_site(annie, java_script_enabled=scripts)
        page.goto(f"/review/{queue.slug}/")
        title = page.get_by_role("heading", level=1).inner_text()
        for key in ("A1", "A2", "A3", "B1", "B2", "B3", "D1"):
            page.locator(f"[name=rating_{key}][value='4']").check(force=True)
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_role("link", name="Next story")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", level=1)).not_to_have_text(title)
        assert not page.locator("[name^=rating_]:checked").count()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_room_is_accessible_in_every_state(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = room(open_site, annie, queue, width=width)
    assert page.evaluate("window.shifted") <= 0.01
    assert audit(page) == []
    page.keyboard.press("1")
    page.keyboard.press("j")
    page.keyboard.press("4")
    page.evaluate(SELECT, [1, "words slide"])
    page.wait_for_selector("#linker:not([hidden])")
    assert audit(page) == []
    page.keyboard.press("e")
    page.keyboard.press("f")
    page.keyboard.press("Space")
    page.evaluate(SELECT, [2, "It was hers"])
    page.keyboard.press("e")
    page.wait_for_selector("#evidence li:nth-child(2)")
    assert audit(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert audit(page) == []


def test_the_room_fits_a_small_phone_and_mirrors(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    wide = room(open_site, annie, queue)
    wide.evaluate("document.documentElement.dir = 'rtl'")
    box = wide.locator("#review").bounding_box()
    assert box is not None
    assert box["x"] < 10
