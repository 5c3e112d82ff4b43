"""Nothing that a signed-in person saw is left in a cache, for whoever uses the computer next."""

import re
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from curation.accounts.models import SCOPES_OF, Role
from curation.accounts.tokens import create_token
from curation.api.urls import v1
from tests.builders import accepted_stories, built_release, dataset, person
from tests.integration.test_who_may import address_of, routes, workspace

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
    kept = {page: client.get(page).headers.get("Cache-Control", "") for page in pages}
    public = {
        page
        for page, rule in kept.items()
        if "private" not in rule or not {"no-store", "no-cache"} & set(rule.split(", "))
    }
    assert public == {reverse("favicon")}


@pytest.mark.long
def test_every_address_keeps_out_of_caches_what_it_says_to_who_is_signed_in(settings: Any, tmp_path: Path) -> None:
    """With what each is about, for the clients of the Hub and by the API too; with a session and with a token."""
    settings.HOME, settings.API_CALLS_A_MINUTE = tmp_path, 10**9
    people, kept = workspace(tmp_path)
    browser, program = Client(raise_request_exception=False), Client(raise_request_exception=False)
    browser.force_login(people["admin"])
    scopes = SCOPES_OF[Role.ADMIN]
    _token, secret = create_token(actor=people["admin"], user=people["admin"], name="looks", scopes=scopes)
    found = {route: address_of(pattern, kept) for route, pattern in routes()}
    numbers = {name: "1" for pattern in v1 for name in pattern.pattern.converters}
    place = {name: kept[name] for name in ("org", "name", "version", "slug", "path", "split", "row", "uuid")}
    for pattern in v1:
        names = pattern.pattern.converters
        about = {name: {**numbers, **place}[name] for name in names}
        found[f"api {pattern}"] = f"/api/v1/{re.sub(r'<[^>]*>', '{}', str(pattern.pattern))}".format(
            *(about[name] for name in names)
        )
    public, seen = set(), set()
    for route, address in found.items():
        for client, headers in ((browser, {}), (program, {"Authorization": f"Bearer {secret}"})):
            for method in ("get", "post"):
                cookies = client.cookies.output()
                with transaction.atomic():
                    answer = getattr(client, method)(address, headers=headers)
                    transaction.set_rollback(True)
                client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
                if answer.streaming:
                    list(answer)
                seen.add((route.split(" ")[0].split("_")[0], answer.status_code))
                rule = set(answer.headers.get("Cache-Control", "").split(", "))
                if "private" not in rule or not rule & {"no-store", "no-cache"}:
                    public.add((route, method, answer.status_code))
    assert {("hub", 200), ("api", 200), ("argilla", 200), ("webhook", 200), ("release", 200), ("feed", 200)} <= seen
    assert public == {("favicon", "get", 302)}


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
