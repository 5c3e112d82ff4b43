"""Every address of the API, called by everybody: strangers, roles, tokens of each scope. One without a row fails.

A new address takes a line in a table of `tests/integration/api_rows`.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, Scope, Token, User
from curation.accounts.people import close_account
from curation.accounts.tokens import create_token
from curation.api.urls import v1
from tests.builders import person
from tests.integration import api_rows
from tests.integration.test_who_may import may_be_kept

PARTS = [import_module(f"{api_rows.__name__}.{part.name}") for part in iter_modules(api_rows.__path__)]
ROLES = (Role.ANNOTATOR, Role.RESEARCHER, Role.CURATOR, Role.ADMIN)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class World:
    """Who calls, and something that every address can be about. Parts add what theirs are about as they fill it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.people: dict[str, User] = {role: person(role) for role in ROLES}
        admin = self.people[Role.ADMIN]
        self.token, _secret = create_token(actor=admin, user=admin, name="the one", scopes=["read"])
        self.about: dict[str, Any] = {}
        self.sent: dict[str, Any] = {}
        for part in PARTS:
            self.about |= part.about(self)
            self.sent |= part.sent(self)


def rows() -> dict[tuple[str, str], tuple[str, list[str]]]:
    """Read the tables: route and method -> the scope, and the status for each role."""
    found = {}
    for part in PARTS:
        for line in filter(None, map(str.strip, part.TABLE.splitlines())):
            call, scope, codes = (column.strip() for column in line.split("|"))
            route, method = call.split()
            said = codes.split()
            found[route, method] = (scope, said * len(ROLES) if len(said) == 1 else said)
    return found


def calls() -> Iterator[tuple[str, str]]:
    """Yield every route of the API with every method that its view answers to."""
    for pattern in v1:
        view = pattern.callback.cls  # type: ignore[union-attr]
        yield from ((str(pattern.name), method) for method in METHODS if hasattr(view, method.lower()))  # type: ignore[union-attr]


def answer_to(client: Client, method: str, address: str, body: Any, secret: str = "") -> Any:
    """Return an answer, and leave everything as it was."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
    content = {} if method == "GET" else {"data": {} if body is None else body, "content_type": kind}
    with transaction.atomic():
        answer = getattr(client, method.lower())(address, headers=headers, **content)
        transaction.set_rollback(True)
    if answer.streaming:
        list(answer)
    return answer


def status_of(answer: Any) -> tuple[int, str]:
    """Return status and code of an answer."""
    is_problem = answer.get("Content-Type") == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_problem else ""


def test_every_call_has_a_row_and_every_row_a_call() -> None:
    table, found = rows(), list(calls())
    assert [call for call in found if call not in table] == []
    assert [call for call in table if call not in found] == []


def test_every_call_names_a_scope() -> None:
    views = {str(pattern.name): pattern.callback.cls for pattern in v1}  # type: ignore[union-attr]
    table = rows()
    said = {call: str(views[call[0]].scopes.get(call[1], "")) for call in calls()}
    assert {call: scope for call, scope in said.items() if table[call][0] != scope} == {}


@pytest.mark.long
@pytest.mark.django_db
def test_who_may_call_what(settings: Any, tmp_path: Path) -> None:
    """And nothing that is said to somebody, or to whoever shows a token, is left in a cache."""
    settings.HOME, settings.API_CALLS_A_MINUTE = tmp_path, 10**9
    world = World(tmp_path)
    admin = world.people[Role.ADMIN]
    signed_in = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, client in signed_in.items():
        client.force_login(world.people[role])
    by_scope = {scope: create_token(actor=admin, user=admin, name=scope, scopes=[scope])[1] for scope in Scope.values}
    closed = person(Role.ADMIN)
    of_closed = create_token(actor=closed, user=closed, name="closed", scopes=Scope.values)[1]
    old_session = Client(raise_request_exception=False)
    old_session.force_login(closed)
    close_account(actor=SYSTEM, user=closed)
    nobody, wrong, left = Client(raise_request_exception=False), [], []
    for number, ((route, method), (scope, codes)) in enumerate(rows().items()):
        address = reverse(f"api:{route}", kwargs=world.about.get(route, {}))
        body = world.sent.get(f"{route} {method}")

        def found(who: str, expected: tuple[int, str], answer: Any, call: str = f"{route} {method}") -> None:
            got = status_of(answer)
            if who != "a stranger" and may_be_kept(answer):
                left.append(f"{call} by {who}: {got}")
            if got != expected and (expected[1] or got[0] != expected[0]):
                wrong.append(f"{call} by {who}: {got} for {expected}")

        found("a stranger", (401, "not_signed_in"), answer_to(nobody, method, address, body))
        # Told apart before a view is asked: at each address one of those who are nobody any more.
        match number % 3:
            case 0:
                found("a bad token", (401, "token_refused"), answer_to(nobody, method, address, body, "exempla_no"))
            case 1:
                found("a closed account", (401, "token_refused"), answer_to(nobody, method, address, body, of_closed))
            case 2:
                found("an ended session", (401, "not_signed_in"), answer_to(old_session, method, address, body))
        for role, code in zip(ROLES, codes, strict=True):
            found(role, (int(code), ""), answer_to(signed_in[role], method, address, body))
        # None of the scopes includes another: with every second of those that it does not need.
        others = [other for other in by_scope if other != scope][number % 2 :: 2]
        for other in [scope, *others]:
            expected = (int(codes[-1]), "") if other == scope else (403, "scope_missing")
            found(f"a token to {other}", expected, answer_to(nobody, method, address, body, by_scope[other]))
    assert wrong == []
    assert left == []


@pytest.mark.django_db
def test_a_session_changes_nothing_without_the_csrf_token(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    world = World(tmp_path)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.people[Role.ADMIN])
    taken = [
        (route, method)
        for route, method in rows()
        if method != "GET"
        and status_of(answer_to(client, method, reverse(f"api:{route}", kwargs=world.about.get(route, {})), {}))
        != (403, "csrf")
    ]
    assert taken == []
    assert Token.objects.get(pk=world.token.pk).is_live
