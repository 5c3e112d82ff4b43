"""One review in two windows, on two devices, and after its lease: nothing that was marked is lost."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.actions import claim, expire
from annotations.models import Assignment, Draft, Queue, Review
from annotations.views import review as views
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, person, queue_of

# As the browser does for a window that another one covers.
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a review at once, without the moment in which it can be taken back."""
    monkeypatch.setattr(views, "UNDO_SECONDS", 0)


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def ben(transactional_db: None) -> User:
    return person(username="ben")


@pytest.fixture
def queue(annie: User, ben: User) -> Queue:
    stories = [add_story(title="The Night Desk"), add_story(title="Two Spoons")]
    return queue_of(annie, ben, stories=stories, slug="night", overlap=1)


def room(open_site: Opener, user: User, **more: Any) -> Page:
    page = open_site(user, **more)
    page.goto("/review/night/")
    page.wait_for_selector("html[data-ready=review]")
    return page


def rate(page: Page, digits: str = "4444444") -> None:
    page.keyboard.press("j")
    for digit in digits:
        page.keyboard.press(digit)
    expect(page.locator("#submit-label")).to_have_text("Submit")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")


def over(title: str) -> None:
    """Let the lease of a story run out, as time would."""
    Assignment.objects.filter(story__title=title).update(lease_until="2020-01-01T00:00Z")
    expire()


def test_the_second_window_can_take_what_the_first_kept(open_site: Opener, annie: User, queue: Queue) -> None:
    first, second = room(open_site, annie), room(open_site, annie, width=390)
    rate(first, "5432123")
    saved(first)
    second.get_by_role("button", name="All criteria").click()
    second.get_by_label("Comment").fill("From the telephone.")
    expect(second.get_by_text("open somewhere else")).to_be_visible()
    second.get_by_role("button", name="Show the newer").click()
    second.wait_for_selector("html[data-ready=review]")
    values = second.eval_on_selector_all("[name^=rating_]:checked", "all => all.map((one) => one.value).join('')")
    assert values == "5432123"
    assert Draft.objects.get().data["comment"] == ""
    second.get_by_role("button", name="All criteria").click()
    second.get_by_label("Comment").fill("From the telephone.")
    saved(second)
    assert Draft.objects.get().data["comment"] == "From the telephone."


def test_nothing_is_sent_before_it_is_chosen_which_window_counts(open_site: Opener, annie: User, queue: Queue) -> None:
    first, second = room(open_site, annie), room(open_site, annie)
    first.get_by_label("Comment").fill("From elsewhere.")
    saved(first)
    second.get_by_label("Comment").fill("Half of it.")
    expect(second.get_by_text("open somewhere else")).to_be_visible()
    sent: list[str] = []
    second.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    second.clock.install()
    second.get_by_label("Comment").fill("All of it.")
    second.clock.run_for(10_000)
    second.get_by_role("button", name="Keep this one").click()
    saved(second)
    assert len(sent) == 1
    assert Draft.objects.get().data["comment"] == "All of it."


def test_a_window_that_is_hidden_sends_what_is_not_kept_yet_and_nothing_else(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page, sent = room(open_site, annie), list[str]()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    # What is kept a moment after a change is not kept by itself.
    page.clock.install()
    page.evaluate(HIDE)
    page.get_by_label("Comment").fill("Half of it.")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.evaluate(HIDE)
    assert len(sent) == 1
    assert Draft.objects.get().data["comment"] == "Half of it."


def test_a_window_that_was_hidden_a_moment_after_a_change_is_not_taken_for_another(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page, sent = room(open_site, annie), list[str]()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.clock.install()
    page.get_by_label("Comment").fill("Half of it.")
    page.evaluate(HIDE)
    saved(page)
    page.clock.run_for(10_000)
    assert len(sent) == 1
    page.get_by_label("Comment").fill("All of it.")
    page.clock.run_for(10_000)
    saved(page)
    expect(page.get_by_text("open somewhere else")).to_be_hidden()
    assert len(sent) == 2
    assert Draft.objects.get().data["comment"] == "All of it."


def test_the_time_for_which_a_window_is_hidden_is_not_reading(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie)
    page.clock.install()
    page.reload()
    page.wait_for_selector("html[data-ready=review]")
    page.evaluate(HIDE)
    page.clock.run_for(50_000)
    page.get_by_label("Comment").fill("Half of it.")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.evaluate(HIDE)
    assert Draft.objects.get().data["active_seconds"] < 30


def test_a_window_is_told_that_another_has_submitted(open_site: Opener, annie: User, queue: Queue) -> None:
    first, second = room(open_site, annie), room(open_site, annie)
    rate(first)
    first.keyboard.press("Enter")
    expect(first.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(first.locator("html")).to_have_attribute("data-unsent", "0")
    rate(second, "1111111")
    expect(second.locator("#saved")).to_contain_text("This review is submitted.")
    second.keyboard.press("Enter")
    expect(second.get_by_text("needs you")).to_be_visible()
    second.get_by_role("button", name="Open it").click()
    expect(second.get_by_text("is in already")).to_be_visible()
    expect(second.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    assert set(Review.objects.get().ratings.values_list("value", flat=True)) == {4}


def test_a_lease_that_ran_out_does_not_matter_while_the_seat_is_free(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page = room(open_site, annie)
    over("The Night Desk")
    rate(page, "3333333")
    saved(page)
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-unsent", "0")
    review = Review.objects.get()
    assert (review.kind, review.story.title) == ("commit", "The Night Desk")


def test_what_was_marked_is_found_again_after_the_place_was_given_on(
    open_site: Opener, annie: User, ben: User, queue: Queue
) -> None:
    page = room(open_site, annie)
    rate(page, "2222222")
    saved(page)
    page.goto("/")
    over("The Night Desk")
    taken = claim(reviewer=ben, queue=queue)
    assert taken is not None
    assert taken.story.title == "The Night Desk"
    page.goto("/review/night/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    page.get_by_text("Your time with “The Night Desk” ran out").get_by_role("link", name="Open it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The Night Desk")
    assert page.locator("[name=rating_B1]:checked").input_value() == "2"
    page.get_by_role("button", name="Keep as an extra review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Spoons")
    expect(page.locator("html")).to_have_attribute("data-unsent", "0")
    assert Review.objects.get().kind == "extra"
    page.reload()
    expect(page.get_by_text("ran out")).to_have_count(0)
