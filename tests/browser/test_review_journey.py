"""A reviewer's way through several stories: at once from one to the next, with nothing lost and nothing doubled."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Count
from playwright.sync_api import Page, expect

from annotations.actions import claim, expire
from annotations.models import Assignment, Queue, Review
from annotations.views import review as views
from curation.accounts.models import User
from tests.browser.conftest import Opener, intercept
from tests.builders import add_story, person, queue_of

TITLES = ["The Night Desk", "Two Spoons", "A Weir", "Kilometre 612"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send without a moment to think, unless a test is about that moment."""
    monkeypatch.setattr(views, "UNDO_SECONDS", 0)


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def queue(annie: User) -> Queue:
    return queue_of(annie, stories=[add_story(title=title) for title in TITLES], slug="night", overlap=1)


def room(open_site: Opener, user: User, queue: Queue, **more: Any) -> Page:
    page = open_site(user, **more)
    page.goto(f"/review/{queue.slug}/")
    return ready(page)


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready=review]")
    page.wait_for_selector("html[data-next=ready]")
    return page


def rate(page: Page, digits: str = "4444444") -> None:
    page.keyboard.press("j")
    for digit in digits:
        page.keyboard.press(digit)
    expect(page.locator("#submit-label")).to_have_text("Submit")


def at(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def unsent(page: Page, count: int) -> None:
    expect(page.locator("html")).to_have_attribute("data-unsent", str(count))


def stored() -> list[tuple[str, int]]:
    """Each reviewed story with its number of reviews."""
    rows = Review.objects.values("story__title").annotate(n=Count("pk")).order_by("story_id")
    return [(row["story__title"], row["n"]) for row in rows]


def test_three_stories_with_the_network_lost_in_the_middle(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    rate(page)
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    unsent(page, 0)
    page.wait_for_selector("html[data-next=ready]")
    page.context.set_offline(True)
    rate(page, "5555555")
    page.keyboard.press("Enter")
    at(page, "A Weir")
    expect(page.get_by_text("1 review waiting for the network")).to_be_visible()
    rate(page, "3333333")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 reviews waiting for the network")).to_be_visible()
    assert stored() == [("The Night Desk", 1)]
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    page.context.set_offline(False)
    page.goto(f"/review/{queue.slug}/")
    at(page, "Kilometre 612")
    unsent(page, 0)
    assert stored() == [("The Night Desk", 1), ("Two Spoons", 1), ("A Weir", 1)]
    values = Review.objects.order_by("pk").values_list("ratings__value", flat=True).distinct()
    assert sorted(values) == [3, 4, 5]
    assert Assignment.objects.filter(reviewer=annie, state="active").count() == 1
    assert not [name for name in page.evaluate("Object.keys(localStorage)") if "outbox" in name]


def test_the_network_comes_back_without_a_reload(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    page.context.set_offline(True)
    for title in ("Two Spoons", "Two Spoons"):
        rate(page)
        page.keyboard.press("Enter")
        at(page, title)
    unsent(page, 2)
    page.context.set_offline(False)
    at(page, "A Weir")
    unsent(page, 0)
    assert stored() == [("The Night Desk", 1), ("Two Spoons", 1)]
    expect(page.locator("#outbox")).to_be_hidden()


def test_an_answer_that_got_lost_doubles_nothing(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    lost: list[str] = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    intercept(page, "**/submit/", lose)
    rate(page)
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    unsent(page, 0)
    assert lost
    assert stored() == [("The Night Desk", 1)]


def test_a_review_that_is_refused_for_too_many_requests_is_sent_again(
    open_site: Opener, annie: User, queue: Queue
) -> None:
    page, refused = room(open_site, annie, queue), list[str]()

    def refuse(route: Any) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=429, json={"detail": "Too many requests."})

    intercept(page, "**/submit/", refuse)
    rate(page)
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    unsent(page, 0)
    expect(page.locator("#outbox")).to_be_hidden()
    assert refused
    assert stored() == [("The Night Desk", 1)]


def test_undo_takes_back_what_is_not_yet_sent(
    open_site: Opener, annie: User, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "UNDO_SECONDS", 60)
    page = room(open_site, annie, queue)
    page.get_by_label("Comment").fill("A quiet one.")
    page.keyboard.press("Escape")
    rate(page, "4321234")
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    expect(page.get_by_text("Your review of “The Night Desk” goes off in a moment.")).to_be_visible()
    page.keyboard.press("u")
    at(page, "The Night Desk")
    expect(page.locator("#outbox")).to_be_hidden()
    assert page.locator("[name=rating_A2]:checked").input_value() == "3"
    assert page.get_by_label("Comment").input_value() == "A quiet one."
    page.get_by_role("radio", name="5, ").first.check(force=True)
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    page.goto("/")
    unsent(page, 0)
    review = Review.objects.get()
    assert review.comment == "A quiet one."
    assert review.ratings.get(criterion__key="A1").value == 5


def test_focus_and_title_follow_the_story_and_nothing_shifts(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    rate(page)
    page.evaluate("window.shifted = 0")
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    expect(page).to_have_title("Two Spoons · Review · Exempla")
    assert page.evaluate("document.activeElement.id") == "title"
    assert page.url.endswith("/review/night/")
    assert page.evaluate("history.length") == 2
    unsent(page, 0)
    page.wait_for_selector("html[data-next=ready]")
    assert page.evaluate("window.shifted") <= 0.01


def test_the_last_story_ends_in_a_kind_word(open_site: Opener, annie: User) -> None:
    queue = queue_of(annie, stories=[add_story(title="Alone")], slug="short", overlap=1)
    page = open_site(annie)
    page.goto("/review/short/")
    page.wait_for_selector("html[data-next=last]")
    rate(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    assert queue.items.get().assignments.get().state == "submitted"


def test_who_is_signed_out_meanwhile_keeps_the_reviews(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    rate(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sign in again; your reviews are kept.")).to_be_visible()
    assert not Review.objects.exists()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto("/")
    unsent(page, 0)
    assert stored() == [("The Night Desk", 1)]


def test_a_review_whose_seat_was_given_on_needs_its_reviewer(
    open_site: Opener, annie: User, queue: Queue, audit: Callable[[Page], list[str]]
) -> None:
    ben = person()
    queue.memberships.create(user=ben)
    page = room(open_site, annie, queue)
    Assignment.objects.filter(story__title="The Night Desk").update(lease_until="2020-01-01T00:00Z")
    expire()
    taken = claim(reviewer=ben, queue=queue)
    assert taken is not None
    assert taken.story.title == "The Night Desk"
    rate(page, "2222222")
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    expect(page.get_by_text("Your review of “The Night Desk” needs you.")).to_be_visible()
    assert audit(page) == []
    page.get_by_role("button", name="Open it").click()
    at(page, "The Night Desk")
    assert page.locator("[name=rating_B1]:checked").input_value() == "2"
    page.get_by_role("button", name="Keep as an extra review").click()
    at(page, "Two Spoons")
    unsent(page, 0)
    expect(page.locator("#outbox")).to_be_hidden()
    assert page.url.endswith("/review/night/")
    assert Review.objects.get().kind == "extra"


def test_signing_out_leaves_nothing_behind(open_site: Opener, annie: User, queue: Queue) -> None:
    page = room(open_site, annie, queue)
    intercept(page, "**/submit/", lambda route: route.abort())
    rate(page)
    page.keyboard.press("Enter")
    at(page, "Two Spoons")
    expect(page.get_by_text("1 review waiting for the network")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Account of annie").click()
    page.get_by_role("button", name="Sign out").click()
    at(page, "Sign in")
    assert stored() == [("The Night Desk", 1)]
    assert not [name for name in page.evaluate("Object.keys(localStorage)") if "outbox" in name]


def test_model_scores_and_other_reviews_are_not_fetched_ahead(open_site: Opener, annie: User, queue: Queue) -> None:
    page = open_site(annie)
    with page.expect_response("**/next/?after=*") as answer:
        page.goto(f"/review/{queue.slug}/")
    assert answer.value.status == 200
    text = answer.value.text()
    assert "Two Spoons" in text
    assert "score" not in text.replace("Model scores stay hidden until you submit.", "")
