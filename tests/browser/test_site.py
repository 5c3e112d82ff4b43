"""Every page in a real browser: accessible, steady, and whole on a narrow screen, in light and dark."""

import gzip
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import Page, Route, expect

from annotations.models import Queue
from curation.accounts.models import Role, User
from curation.core.staticfiles import without_comments
from curation.llm.actions import create_provider, set_price
from curation.webhooks.actions import create_endpoint
from curation.webhooks.emitting import emit
from curation.webhooks.models import Delivery
from tests.browser.conftest import Opener
from tests.browser.targets import small_targets
from tests.builders import add_story, answers, failed, person, queue_of, review_by, scored_stories

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
    provider = create_provider(actor=found["admin"], name="Ours", kind="openai", default_model="llama", key="sk-x")
    set_price(actor=found["admin"], provider=provider, model="llama", input=Decimal(1), output=Decimal(5))
    url, events = "https://hooks.example.org/exempla", ["queue.completed", "release.built"]
    create_endpoint(actor=found["admin"], name="Our own", url=url, events=events)
    with transaction.atomic():
        emit(event="release.built", thing="release", key=1)
    failed(Delivery, "It answered 500.")
    Delivery.objects.update(answer="a-long-word-in-the-answer-of-somebody-else" * 20)
    with transaction.atomic():
        emit(event="queue.completed", thing="queue", key="samples")
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
    ("annotator", "/guidelines/"),
    ("annotator", "/practice/"),
    ("curator", "/"),
    ("curator", "/stories/"),
    ("curator", "/stories/?q=nothing+at+all"),
    ("curator", "/stories/1/"),
    ("curator", "/adjudication/"),
    ("curator", "/queues/"),
    ("curator", "/queues/new/"),
    ("curator", "/scoring/"),
    ("curator", "/stories/import/"),
    ("curator", "/stories/imports/"),
    ("curator", "/datasets/"),
    ("curator", "/datasets/new/"),
    ("admin", "/"),
    ("admin", "/people/"),
    ("admin", "/people/invite/"),
    ("admin", "/activity/"),
    ("admin", "/models/"),
    ("admin", "/models/new/"),
    ("admin", "/models/1/"),
    ("admin", "/models/spending/"),
    ("admin", "/webhooks/"),
    ("admin", "/webhooks/1/"),
    ("admin", "/webhooks/dead/"),
    ("researcher", "/"),
    ("researcher", "/datasets/"),
]


def real(path: str) -> str:
    from curation.llm.models import Provider
    from curation.stories.models import Story
    from curation.webhooks.models import Endpoint

    if path.startswith("/webhooks/"):
        return path.replace("/1/", f"/{Endpoint.objects.get().pk}/")
    if path.startswith("/models/"):
        return path.replace("/1/", f"/{Provider.objects.get().pk}/")
    return path.replace("/1/", f"/{Story.objects.order_by('pk')[0].pk}/")


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_steady_and_its_targets_are_large_enough(
    open_site: Opener, people: dict[str, User], audit: Callable[[Page], list[str]], width: int
) -> None:
    tabs = {name: open_site(people.get(name), width=width) for name in dict(PAGES)}
    faults: list[str] = []
    for name, path in PAGES:
        page = tabs[name]
        page.goto(real(path))
        page.wait_for_load_state()
        faults += audit(page) + small_targets(page)
        if (shifted := page.evaluate("window.shifted")) > 0.01:
            faults.append(f"{path} shifts by {shifted:.3f}")
    assert not faults, "\n".join(faults)


def test_what_comes_late_of_the_sign_in_page_moves_nothing_above_it(open_site: Opener) -> None:
    page = open_site(width=390)
    page.goto("/accounts/login/")
    top = "document.querySelector('main .brand').getBoundingClientRect().top"
    before = page.evaluate(top)
    page.evaluate(
        "document.querySelector('main').append(Object.assign(document.createElement('p'), {textContent: 'x'}))"
    )
    assert page.evaluate(top) == before


def test_fonts_that_come_late_move_nothing(open_site: Opener) -> None:
    page = open_site(width=390)
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto("/accounts/login/", wait_until="commit")
    page.evaluate("new Promise(seen => new PerformanceObserver(seen).observe({type: 'paint', buffered: true}))")
    for route in held:
        route.continue_()
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    assert len(held) == 2
    assert page.evaluate("window.shifted") == 0


def test_a_page_that_comes_slowly_moves_nothing(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["curator"])
    page.goto("/queues/")
    wire = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": 20_000, "uploadThroughput": -1}
    wire.send("Network.emulateNetworkConditions", slow)
    page.goto("/stories/")
    assert page.evaluate("window.shifted") == 0


@pytest.mark.long
def test_nothing_is_wider_than_a_small_phone(open_site: Opener, people: dict[str, User]) -> None:
    tabs = {name: open_site(people.get(name), width=320) for name in dict(PAGES)}
    wide = []
    for name, path in PAGES:
        page = tabs[name]
        page.goto(real(path))
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path)
    assert not wide


@pytest.mark.parametrize(("width", "locale"), [(320, "en"), (390, "en"), (390, "de"), (1000, "en"), (1380, "de")])
def test_every_entry_of_the_navigation_is_in_reach_from_a_bar_of_one_row(
    open_site: Opener, people: dict[str, User], width: int, locale: str
) -> None:
    page = open_site(people["admin"], width=width, java_script_enabled=False, locale=locale)
    page.goto("/standards/")
    bar = page.locator(".bar").bounding_box()
    assert bar
    assert bar["height"] <= 60
    entries = page.get_by_role("navigation").get_by_role("link")
    menu = page.locator(".nav").get_by_role("button")
    expect(page.locator(".nav [aria-current]")).to_be_hidden()
    menu.press("Enter")
    expect(page.locator(".nav [aria-current]")).to_have_text({"en": "Standards", "de": "Maßstäbe"}[locale])
    for entry in entries.all():
        box = entry.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 844
    assert entries.count() == 10
    menu.press("Tab")
    expect(entries.first).to_be_focused()
    entries.nth(3).click()
    assert page.url.endswith("/stories/")


@pytest.mark.parametrize(("who", "locale"), [("admin", "en"), ("curator", "de"), ("admin", "de")])
def test_every_entry_of_the_navigation_stands_in_the_bar_of_a_wide_screen(
    open_site: Opener, people: dict[str, User], who: str, locale: str
) -> None:
    page = open_site(people[who], locale=locale)
    page.goto("/standards/")
    for width in (1440, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator(".nav-open")).to_be_hidden()
        assert page.locator(".bar").bounding_box()["height"] <= 60  # type: ignore[index]
        assert all(entry.is_visible() for entry in page.locator(".nav a").all())
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_contents_of_the_guidelines_stay_in_view_on_a_wide_screen(
    open_site: Opener, people: dict[str, User]
) -> None:
    page = open_site(people["annotator"])
    page.goto("/guidelines/")
    contents = page.get_by_role("navigation", name="Criteria")
    contents.get_by_role("link", name="Flags").click()
    expect(page.get_by_text("The cold, superior machine of the films")).to_be_in_viewport()
    contents.get_by_role("link", name="Conduct").click()
    expect(page.get_by_role("heading", name="Conduct under pressure")).to_be_in_viewport()


def test_the_contents_of_the_guidelines_unfold_on_a_phone(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["annotator"], width=390, java_script_enabled=False)
    page.goto("/guidelines/")
    contents = page.get_by_role("navigation", name="Criteria")
    expect(contents).to_be_hidden()
    page.locator("summary", has_text="Contents").press("Enter")
    contents.get_by_role("link", name="Flags").press("Enter")
    expect(page.get_by_text("The cold, superior machine of the films")).to_be_in_viewport()


@pytest.mark.parametrize("role", ["annotator", "researcher"])
def test_a_home_fills_the_width_and_leaves_no_half_empty(open_site: Opener, people: dict[str, User], role: str) -> None:
    page = open_site(people[role])
    page.goto("/")
    main, aside = (page.locator(f".beside > {part}").bounding_box() for part in ("div", "aside"))
    assert main
    assert aside
    assert main["height"] >= aside["height"] / 2
    assert aside["height"] >= main["height"] / 4
    for card in page.locator(".beside > div > :is(.card, .columns, .empty)").all():
        assert card.bounding_box()["width"] >= main["width"] - 1  # type: ignore[index]
    assert page.locator(".columns > :only-child").count() == 0 or (
        page.locator(".columns > :only-child").bounding_box()["width"] >= main["width"] - 1  # type: ignore[index]
    )


def test_the_bar_of_the_review_room_ends_where_its_sheet_ends(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["annotator"], width=1900)
    page.goto(f"/review/{Queue.objects.get().slug}/")
    tools, sheet = (page.locator(part).bounding_box() for part in (".bar .tools", ".panel"))
    assert tools
    assert sheet
    assert 0 <= sheet["x"] + sheet["width"] - tools["x"] - tools["width"] <= 60


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


def loaded(page: str) -> set[Path]:
    """The scripts that a template's page loads, with all that they import."""
    waiting = [STATIC / name for name in re.findall(r"js/[\w/]+\.js", page)]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop().resolve()
        if path not in found:
            found.add(path)
            waiting += [path.parent / name for name in re.findall(r'from "(\..+?)"', path.read_text())]
    return found


def test_what_is_shown_once_is_copied_by_a_button(open_site: Opener, people: dict[str, User]) -> None:
    page = open_site(people["admin"], width=390, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/people/invite/")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_role("textbox").input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    # Without HTTPS a browser has no clipboard for pages: what is to be copied is selected.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("[data-copy]").click()
    assert page.evaluate("getSelection().toString()") == link


def test_the_review_page_is_light() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    names = ["_bare.html", "_components/outbox.html", "annotations/review/page.html"]
    scripts = loaded("".join((templates / name).read_text() for name in names))
    sizes = {path.name: len(gzip.compress(without_comments(path.read_text()).encode())) for path in scripts}
    assert {"ui.js", "main.js", "room.js", "send.js", "words.js"} <= set(sizes)
    assert sum(sizes.values()) <= 24_000, sizes
    rest = [*STATIC.glob("css/*.css"), *STATIC.glob("fonts/*normal.woff2")]
    whole = sum(sizes.values()) + sum(len(gzip.compress(path.read_bytes())) for path in rest)
    assert whole <= 150_000, whole
