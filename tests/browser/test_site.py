"""Every page in a real browser: accessible, steady, and whole on a narrow screen, in light and dark."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from curation.accounts.models import Role, User
from tests.browser.conftest import Opener
from tests.builders import add_story, answers, person, queue_of, review_by, scored_stories

STATIC = Path(settings.BASE_DIR) / "curation" / "static"


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """A workspace in which every page has something to show."""
    found = {role.value: person(role, role.value) for role in Role}
    ben = person()
    queue = queue_of(found["annotator"], ben, stories=[*scored_stories(2), add_story(title="Waiting")], reveal=True)
    for reader, value in ((found["annotator"], 5), (ben, 1)):
        review_by(reader, queue, answers(value, flags={"near_duplicate": {}} if value == 1 else None))
    review_by(found["annotator"], queue)
    return found


PAGES = [
    ("", "/accounts/login/"),
    ("", "/nowhere/"),
    ("annotator", "/"),
    ("annotator", "/accounts/password/"),
    ("annotator", "/accounts/preferences/"),
    ("annotator", "/queues/"),
    ("annotator", "/standards/"),
    ("annotator", "/work/"),
    ("curator", "/"),
    ("curator", "/stories/"),
    ("curator", "/stories/?q=nothing+at+all"),
    ("curator", "/stories/1/"),
    ("curator", "/adjudication/"),
    ("curator", "/queues/"),
    ("curator", "/queues/new/"),
    ("curator", "/scoring/"),
    ("curator", "/stories/import/"),
    ("admin", "/"),
    ("researcher", "/"),
]


def real(path: str) -> str:
    from curation.stories.models import Story

    return path.replace("/1/", f"/{Story.objects.order_by('pk')[0].pk}/")


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_steady(
    open_site: Opener, people: dict[str, User], audit: Callable[[Page], list[str]], width: int
) -> None:
    tabs = {name: open_site(people.get(name), width=width) for name in dict(PAGES)}
    faults: list[str] = []
    for name, path in PAGES:
        page = tabs[name]
        page.goto(real(path))
        page.wait_for_load_state()
        faults += audit(page)
        if (shifted := page.evaluate("window.shifted")) > 0.01:
            faults.append(f"{path} shifts by {shifted:.3f}")
    assert not faults, "\n".join(faults)


def test_nothing_is_wider_than_a_small_phone(open_site: Opener, people: dict[str, User]) -> None:
    tabs = {name: open_site(people.get(name), width=320) for name in dict(PAGES)}
    wide = []
    for name, path in PAGES:
        page = tabs[name]
        page.goto(real(path))
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path)
    assert not wide


def test_every_entry_of_the_navigation_is_in_view_on_a_phone(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["curator"], width=320, java_script_enabled=False)
    page.goto("/standards/")
    entries = page.get_by_role("navigation", name="Main").get_by_role("link").all()
    assert len(entries) == 8
    for entry in entries:
        box = entry.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert box["y"] + box["height"] <= 200


def test_signing_in_and_out_by_keyboard(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site()
    page.goto("/queues/")
    page.keyboard.type("annotator")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    page.get_by_label("Password").fill("a-long-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
    page.get_by_role("button", name="Account of annotator").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_theme_is_remembered_and_there_before_the_first_paint(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["annotator"])
    page.goto("/")
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Theme and text size").click()
    with page.expect_response("**/preferences/part/"):
        page.get_by_role("radio", name="Dark").check(force=True)
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert dark != paper
    page.goto("/standards/")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


def test_pages_mirror_for_languages_from_right_to_left(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["curator"], width=390)
    page.goto("/stories/")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.locator(".brand").bounding_box()["x"] > 195  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_review_page_is_light() -> None:
    scripts = [*STATIC.glob("js/*.js"), *STATIC.glob("js/*/*.js")]
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in scripts}
    assert sum(sizes.values()) <= 25_000, sizes
    rest = [*STATIC.glob("css/*.css"), *STATIC.glob("fonts/*normal.woff2")]
    whole = sum(sizes.values()) + sum(len(gzip.compress(path.read_bytes())) for path in rest)
    assert whole <= 150_000, whole
