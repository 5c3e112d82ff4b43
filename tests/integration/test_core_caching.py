"""Nothing that a signed-in person saw is left in a cache, for whoever uses the computer next."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from curation.accounts.models import Role
from tests.builders import accepted_stories, built_release, dataset, person

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
