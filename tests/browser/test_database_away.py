"""What somebody sees while the database is away, and that it goes on by itself."""

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.urls import reverse
from playwright.sync_api import Page, expect

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.argilla.actions import create_server
from curation.ratings_import.actions.fetches import cancel_fetch, start_fetch
from curation.ratings_import.views import fetches
from tests.browser.conftest import Opener
from tests.builders import person


def test_what_asks_by_itself_stays_as_it_is_and_goes_on(
    open_site: Opener, audit: Callable[[Page], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"url": "https://argilla.example.org", "workspace": "ours"}
    server = create_server(actor=SYSTEM, name="Ours", key="none", **place)
    fetching = start_fetch(actor=SYSTEM, server=server, name="Tales")
    page = open_site(person(Role.CURATOR), width=390)
    page.goto(reverse("dataset_fetch", args=[fetching.pk]))
    waiting = page.get_by_text("Waiting for a worker")

    def away(*_args: object, **_named: object) -> None:
        raise OperationalError("the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(fetches, "load_fetch", away)
        for _again in range(2):
            with page.expect_response(lambda answer: answer.status == 503):
                expect(waiting).to_be_visible()
        expect(waiting).to_be_visible()
    cancel_fetch(actor=SYSTEM, fetching=fetching)
    expect(page.get_by_text("Nothing of it is kept.")).to_be_visible()
    monkeypatch.setattr(fetches, "load_fetch", away)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("One moment, please")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not audit(page)
