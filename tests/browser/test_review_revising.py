"""After a commit that stays: revising it by keyboard, in the review room with everything in it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.actions import recuse
from annotations.models import Review
from curation.accounts.models import User
from tests.browser.conftest import Opener
from tests.builders import add_story, answers, person, queue_of, review_by

TEXT = "The night desk has no desk. It asked twice 🙃, and then it waited.\n\nIn the log the full stop was still there."


@pytest.fixture
def annie(transactional_db: None) -> User:
    return person(username="annie")


@pytest.fixture
def mine(annie: User) -> Review:
    story = add_story(TEXT, title="The Night Desk")
    passage = {"criterion": "A1", "flag": None, "start": 28, "end": 43, "quote": TEXT[28:43]}
    queue = queue_of(annie, person(), stories=[story])
    review = review_by(annie, queue, answers(spans=[passage], comment="A quiet one."))
    recuse(user=annie, story=story)
    return review


def room(open_site: Opener, user: User, review: Review, **more: Any) -> Page:
    page = open_site(user, **more)
    page.goto(f"/work/reviews/{review.pk}/")
    page.keyboard.press("r")
    page.wait_for_selector("html[data-ready=review]")
    return page


def test_a_review_is_revised_by_keyboard_alone(open_site: Opener, annie: User, mine: Review) -> None:
    page = room(open_site, annie, mine)
    expect(page.locator("#evidence .quote")).to_have_text(TEXT[28:43])
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why do you see it differently now?")).to_be_focused()
    page.keyboard.type("It never asked.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("a curator is asked to look at the story again")).to_be_visible()
    expect(page.get_by_text("It never asked.")).to_be_visible()
    revision = Review.objects.get(kind="revision")
    assert (revision.asks_curator, revision.comment) == (True, "A quiet one.")
    assert revision.ratings.get(criterion__key="A1").value == 2
    assert revision.spans.get().quote == TEXT[28:43]
    assert mine.ratings.get(criterion__key="A1").value == 4


def test_leaving_keeps_nothing(open_site: Opener, annie: User, mine: Review) -> None:
    page = room(open_site, annie, mine)
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_role("link", name="Leave").click()
    expect(page.get_by_role("heading", name="What you said")).to_be_visible()
    assert not Review.objects.filter(kind="revision").exists()


def test_revising_without_javascript_keeps_the_passages(open_site: Opener, annie: User, mine: Review) -> None:
    page = open_site(annie, java_script_enabled=False)
    page.goto(f"/work/reviews/{mine.pk}/revise/")
    page.locator("[name=rating_B1][value='3']").check(force=True)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Say in a sentence why")
    page.get_by_label("Why do you see it differently now?").fill("Too short.")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Your revision is kept beside your first review.")).to_be_visible()
    revision = Review.objects.get(kind="revision")
    assert revision.spans.get().quote == TEXT[28:43]
    assert revision.ratings.get(criterion__key="B1").value == 3


@pytest.mark.parametrize("width", [1440, 390])
def test_the_room_and_the_page_after_it_are_accessible(
    open_site: Opener, annie: User, mine: Review, audit: Callable[[Page], list[str]], width: int
) -> None:
    page = room(open_site, annie, mine, width=width)
    assert audit(page) == []
    page.keyboard.press("c")
    assert audit(page) == []
    page.get_by_label("Why do you see it differently now?").fill("It never asked.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Revised")).to_be_visible()
    assert audit(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
