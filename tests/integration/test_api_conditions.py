"""At every address: what is read has an ETag, what changes takes a condition, what creates takes a key.

Found by walking the addresses. A call that is an exception has a line here, with why.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.models import Role, User
from curation.api.urls import v1
from tests.api import problem
from tests.builders import person
from tests.integration.test_api_who_may import World, calls, rows

VIEWS = {str(pattern.name): pattern.callback.cls for pattern in v1}  # type: ignore[union-attr]
# Changes without a condition.
UNSEEN = {
    "target_token": "a token is never read",
    "argilla_server_key": "a key is never read",
    "argilla_account": "it is listed only, and said anew as often as somebody likes",
}
# Calls that take no key, as sending one again creates nothing twice.
NOTHING_TWICE = {
    "dataset_preview": "it looks",
    "publication_plan": "it looks",
    "queue_fitting": "it counts",
    "story_scores": "the look is on record once",
    "review_comparison": "the look is on record once",
    "claims": "who holds a story gets it again",
    "assignment_resume": "it renews a lease",
    "assignment_pass": "a second pass changes nothing",
    "members": "who is a member stays one",
    "ratings_uploads": "a file is kept once, by its hash",
    "provider_test": "it makes a call that nothing is kept of but what it cost",
    "webhook_test": "it sends a message that nothing is kept of",
}
# Conflicts without a newest state.
NOTHING_NEWER = {"publication_plan": "it looks"}


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.HOME = tmp_path
    return World(tmp_path)


class Admin:
    """Calls every address as the admin of a world, and leaves everything as it was."""

    def __init__(self, world: World) -> None:
        self.world, self.client = world, Client(raise_request_exception=False)
        self.client.force_login(world.people[Role.ADMIN])

    def __call__(self, route: str, method: str, asked: str = "", **headers: str) -> Any:
        address = reverse(f"api:{route}", kwargs=self.world.about.get(route, {})) + asked
        body = self.world.sent.get(f"{route} {method}")
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        content = {} if method == "GET" else {"data": {} if body is None else body, "content_type": kind}
        with transaction.atomic():
            answer = getattr(self.client, method.lower())(address, headers=headers, **content)
            transaction.set_rollback(True)
        return answer

    def expected(self, *methods: str) -> Iterator[tuple[str, str, int]]:
        """Yield each route and method of these with the status that an admin gets."""
        yield from ((*call, int(codes[-1])) for call, (_scope, codes) in rows().items() if call[1] in methods)


def test_whatever_is_read_has_an_etag_and_is_not_sent_again(world: World) -> None:
    call, wrong = Admin(world), []
    for route, method, code in call.expected("GET"):
        if code != 200 or VIEWS[route].paged or VIEWS[route].in_bytes:
            continue
        etag = call(route, method).get("ETag", "")
        again = call(route, method, **{"If-None-Match": etag})
        if (again.status_code, again.content, again.get("ETag")) != (304, b"", etag):
            wrong.append(route)
    assert wrong == []


def test_a_parameter_that_is_none_is_refused_at_every_address(world: World) -> None:
    call, taken = Admin(world), []
    for route, method, code in call.expected("GET"):
        if code == 200 and problem(call(route, method, asked="?colour=blue")) != (422, "invalid_input"):
            taken.append(route)
    assert taken == []


def test_a_body_in_chunks_is_refused_at_every_address(world: World) -> None:
    call, taken = Admin(world), []
    for route, method, _code in call.expected("PUT", "PATCH", "DELETE", "POST"):
        if call(route, method, **{"Transfer-Encoding": "chunked"}).status_code not in {411, 403, 404}:
            taken.append(f"{method} {route}")
    assert taken == []


def test_every_change_takes_a_condition_and_tells_the_newest_state(world: World) -> None:
    call, wrong, tried = Admin(world), [], set()
    for route, method, code in call.expected("PUT", "PATCH", "DELETE", "POST"):
        if method not in VIEWS[route].conditional:
            if method in {"PUT", "PATCH"} and route not in UNSEEN:
                wrong.append(f"{method} {route} takes no condition")
            continue
        if code == 404:
            continue
        answer = call(route, method, **{"If-Match": '"another"'})
        tried.add(f"{method} {route}")
        if problem(answer) != (412, "changed_meanwhile") or not isinstance(answer.json().get("current"), dict):
            wrong.append(f"{method} {route}: {answer.status_code} {answer.content[:200]!r}")
    assert wrong == []
    assert len(tried) > 10


def test_a_condition_that_a_call_does_not_take_is_refused_and_nothing_is_done(world: World) -> None:
    call, wrong = Admin(world), []
    for route, method, code in call.expected("PUT", "PATCH", "DELETE", "POST"):
        if method in VIEWS[route].conditional or code in {403, 404}:
            continue
        answer = call(route, method, **{"If-Match": '"another"'})
        if answer.status_code != 422 or "If-Match" not in answer.json()["detail"]:
            wrong.append(f"{method} {route}: {answer.status_code}")
    assert wrong == []


def test_every_call_that_creates_takes_a_key() -> None:
    posts = {route: getattr(VIEWS[route].post, "takes_key", False) for route, method in calls() if method == "POST"}
    assert {route for route, takes in posts.items() if not takes} == set(NOTHING_TWICE)
    assert not any(getattr(getattr(VIEWS[route], "put", None), "takes_key", False) for route in VIEWS)


def test_a_conflict_tells_the_newest_state(world: World) -> None:
    call, wrong, tried = Admin(world), [], set()
    for route, method, code in call.expected("PUT", "PATCH", "DELETE", "POST"):
        if code != 409:
            continue
        answer = call(route, method)
        tried.add(route)
        assert answer.status_code == 409, route
        if (route in NOTHING_NEWER) is isinstance(answer.json().get("current"), dict):
            wrong.append(f"{method} {route}: {answer.content[:200]!r}")
    assert wrong == []
    assert len(tried) > 10


def test_whoever_was_slower_is_told_what_it_is_by_now(world: World) -> None:
    other: User = person()
    client = Client()
    client.force_login(world.people[Role.ADMIN])
    address = reverse("api:person", args=[other.pk])
    seen = client.get(address)["ETag"]
    named = {"If-Match": seen}
    changed = client.patch(address, {"role": "curator"}, "application/json", headers=named)
    assert (changed.status_code, changed.json()["role"]) == (200, "curator")
    late = client.patch(address, {"role": "researcher"}, "application/json", headers=named)
    assert (problem(late), late.json()["current"]["role"]) == ((412, "changed_meanwhile"), "curator")
    newer = client.patch(address, {"role": "researcher"}, "application/json", headers={"If-Match": changed["ETag"]})
    assert newer.json()["role"] == "researcher"
