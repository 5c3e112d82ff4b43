"""A real Chromium, one per worker, looking at the real site."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from curation.accounts.models import User
from tests.find_chromium import find_chromium

# Playwright keeps an event loop in this thread, which Django would take for code that must not wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Milliseconds; a busy machine is no fault of the page.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A page that is meant to answer with an error logs it, as does a lost network; all else in the console is a fault.
EXPECTED = (
    *(f"Failed to load resource: the server responded with a status of {status}" for status in ("4", "503")),
    "Failed to load resource: net::ERR_",
)
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""


class Opener(Protocol):
    """Opens the site for somebody, or for nobody."""

    def __call__(self, user: User | None = None, *, scheme: str = "light", width: int = 1440, **more: Any) -> Page: ...


def intercept(page: Page, pattern: str, handler: Callable[[Route], object], *, times: int | None = None) -> None:
    """Have requests of an open page answered by `handler`, from now on.

    Chromium says that it does before it does, so one is asked for until it is caught.
    """
    page.route("**/caught", lambda route: route.fulfill(body="caught"))
    page.route(pattern, handler, times=times)
    page.wait_for_function("async () => (await (await fetch('/caught')).text()) === 'caught'")
    page.unroute("**/caught")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        driving = asyncio._get_running_loop()
        yield browser
        asyncio._set_running_loop(driving)
        browser.close()


@pytest.fixture
def open_site(chromium: Browser, live_server: LiveServer, transactional_db: None) -> Iterator[Opener]:
    """Pages of the site, signed in; at the end none may have logged an error or asked another site for anything."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    under_way: set[Request] = set()

    def open_for(user: User | None = None, *, scheme: str = "light", width: int = 1440, **more: Any) -> Page:
        height = 900 if width > 900 else 844
        settled = {"color_scheme": scheme, "reduced_motion": "reduce", "viewport": {"width": width, "height": height}}
        context = chromium.new_context(base_url=live_server.url, **settled, **more)
        contexts.append(context)
        context.add_init_script(SHIFTS)
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _listen(message.type, message.text, complaints))
        page.on("request", lambda request: _stay(request.url, live_server.url, complaints))
        page.on("request", lambda request: under_way.add(request))
        page.on("requestfinished", lambda request: under_way.discard(request))
        page.on("requestfailed", lambda request: under_way.discard(request))
        return page

    yield open_for
    noticed = list(complaints)
    _let_finish(contexts, under_way)
    for context in contexts:
        # A page that closes sends its draft; by then the test's database would be gone.
        context.set_offline(True)
        context.close()
    assert not noticed


def _let_finish(contexts: list[BrowserContext], under_way: set[Request]) -> None:
    for page in (page for context in contexts for page in context.pages):
        for _ in range(200):
            if not under_way:
                return
            page.wait_for_timeout(20)


def _listen(kind: str, text: str, complaints: list[str]) -> None:
    if kind in {"error", "warning"} and not text.startswith(EXPECTED):
        complaints.append(text)


def _stay(url: str, own: str, complaints: list[str]) -> None:
    if not url.startswith((own, "data:", "blob:")):
        complaints.append(f"asked elsewhere: {url}")


@pytest.fixture
def audit() -> Callable[[Page], list[str]]:
    """What axe finds wrong with a page in light and in dark, as one line each."""
    from axe_playwright_python.base import AXE_SCRIPT

    def violations(page: Page, **options: Any) -> list[Any]:
        # What else it finds would be described at length, for nobody.
        found: list[Any] = page.evaluate(
            "options => axe.run(options).then(found => found.violations)", {"resultTypes": ["violations"], **options}
        )
        return found

    def run(page: Page) -> list[str]:
        page.evaluate(AXE_SCRIPT)
        found = violations(page)
        # In the dark only the colours differ.
        page.emulate_media(color_scheme="dark")
        dark = violations(page, runOnly=["color-contrast"])
        page.emulate_media(color_scheme="light")
        return [f"{page.url} {v['id']}: {v['nodes'][0]['html'][:160]}" for v in [*found, *dark]]

    return run
