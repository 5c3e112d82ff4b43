"""Nothing that a signed-in person saw is left in a cache, for whoever uses the computer next."""

from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from curation.accounts.models import SCOPES_OF, Role
from curation.accounts.tokens import create_token
from tests.builders import accepted_stories, built_release, dataset, person
from tests.integration.test_who_may import address_of, may_be_kept, routes, workspace

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    """Every address of our own pages that needs no further word."""
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            address = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, address)
            elif not {"<", "(", "\\"} & set(address):
                found.append(f"/{address}")

    walk(get_resolver().url_patterns, "")
    return found


def test_every_page_of_a_signed_in_person_stays_out_of_caches(client: Client) -> None:
    client.force_login(person(Role.ADMIN))
    pages = [*addresses(), "/no/such/page/", "/stories/0/"]
    assert len(pages) > 20
    assert {page for page in pages if may_be_kept(client.get(page))} == {reverse("favicon")}


def test_every_address_keeps_out_of_caches_what_it_says_to_who_shows_a_token(settings: Any, tmp_path: Path) -> None:
    """With what each is about, for the clients of the Hub too. Those of who may look with a session, and at the API."""
    settings.HOME = tmp_path
    people, kept = workspace(tmp_path)
    program, scopes = Client(raise_request_exception=False), SCOPES_OF[Role.ADMIN]
    _token, secret = create_token(actor=people["admin"], user=people["admin"], name="looks", scopes=scopes)
    left, seen = set(), set()
    for route, pattern in routes():
        for method in ("get", "post"):
            cookies = program.cookies.output()
            with transaction.atomic():
                answer = getattr(program, method)(
                    address_of(pattern, kept), headers={"Authorization": f"Bearer {secret}"}
                )
                transaction.set_rollback(True)
            program.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
            if answer.streaming:
                list(answer)
            seen.add((route.split("_")[0], answer.status_code))
            if may_be_kept(answer):
                left.add((route, method, answer.status_code))
    assert {("hub", 200), ("feed", 200)} <= seen
    assert left == {("favicon", "get", 302)}


def test_a_file_may_be_kept_by_the_browser_that_asks_whether_it_changed(client: Client) -> None:
    reviewers = person(), person()
    accepted_stories(3, *reviewers)
    release = built_release(dataset())
    client.force_login(person(Role.RESEARCHER))
    place = {"org": release.dataset.org, "name": release.dataset.name, "version": release.version}
    for answer in (
        client.get(reverse("release_file", kwargs={**place, "path": "README.md"})),
        client.get(reverse("release_zip", kwargs=place)),
    ):
        assert (answer.headers["Cache-Control"], bool(answer.headers["ETag"])) == ("private, no-cache", True)
        answer.close()


def test_the_door_of_somebody_who_is_not_signed_in_leaves_no_token_behind(client: Client) -> None:
    assert "no-store" in client.get(reverse("login")).headers["Cache-Control"]
    assert "Cache-Control" not in client.get(reverse("healthz")).headers
