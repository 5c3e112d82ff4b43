"""Errors as pages, fragments and problem documents, with codes that stay."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from psycopg_pool.base import AttemptWithBackoff

from annotations.actions.practising import NotPractised
from annotations.actions.resuming import DecidedMeanwhile, SeatTaken
from annotations.actions.revising import ReasonMissing
from annotations.schema import IncompleteReview
from curation.core import errors, problems
from tests.builders import person

TABLE = Path(__file__).resolve().parents[2] / "docs/reference/errors.md"
BARE = {"bad_request": 400, "broken": 500, "csrf": 403}
PROGRAMS = ["application/json", "application/problem+json", "text/html;q=0.5, application/json", "application/*"]
BROWSERS = ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "", "image/avif", "text/html, application/json;q=0.9"]


def kinds(root: type[errors.ExemplaError] = errors.ExemplaError) -> list[type[errors.ExemplaError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in kinds(child))]


def test_every_kind_of_error_has_a_code_of_its_own_that_the_docs_list_with_its_status() -> None:
    assert {NotPractised, SeatTaken, DecidedMeanwhile, ReasonMissing, IncompleteReview} <= set(kinds())
    codes = [kind.code for kind in kinds() if kind.__module__.startswith(("curation", "annotations"))]
    assert len(set(codes)) == len(codes)
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", TABLE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    told = {kind.code: kind.status for kind in kinds() if kind.code in codes} | BARE
    assert {code: int(status) for code, status in listed.items()} == told


@pytest.mark.django_db
@pytest.mark.parametrize("accept", PROGRAMS)
def test_a_program_gets_a_problem_document(client: Client, accept: str) -> None:
    client.force_login(person())
    answer = client.get(reverse("my_review", args=[999]), headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    told = answer.json()
    assert told["type"] == "urn:exempla:error:not_found"
    assert (told["code"], told["status"], told["title"]) == ("not_found", 404, "Not found")
    assert told["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("accept", BROWSERS)
def test_a_browser_gets_a_page_and_htmx_a_fragment(client: Client, accept: str) -> None:
    client.force_login(person())
    address = reverse("my_review", args=[999])
    page = client.get(address, headers={"Accept": accept})
    part = client.get(address, headers={"Accept": accept, "HX-Request": "true"})
    assert (page.status_code, part.status_code) == (404, 404)
    assert "<html" in page.content.decode()
    assert part.content.decode().startswith('<div class="problem"')


@pytest.mark.django_db
def test_what_django_refuses_by_itself_is_told_alike(settings: Any) -> None:
    client, json = Client(enforce_csrf_checks=True, raise_request_exception=False), {"Accept": "application/json"}
    client.force_login(person())
    lost = client.get("/nowhere/at/all/", headers=json)
    forged = client.post(reverse("preferences"), {}, headers=json)
    unreadable = client.get("/", {"q": "a\0b"}, headers=json)
    told = [(one.status_code, one.json()["code"]) for one in (lost, forged, unreadable)]
    assert told == [(404, "not_found"), (403, "csrf"), (400, "bad_request")]
    for page in (
        client.get("/nowhere/at/all/"),
        client.post(reverse("preferences"), {}),
        client.get("/", {"q": "a\0b"}),
    ):
        assert "<html" in page.content.decode()


@pytest.mark.django_db
def test_a_fault_of_our_own_is_told_alike_and_without_its_details(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_named: object) -> None:
        raise RuntimeError("the secret sauce")

    client = Client(raise_request_exception=False)
    client.force_login(person())
    monkeypatch.setattr("annotations.views.work.read_today", fails)
    told = client.get(reverse("my_work"), headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (500, "broken")
    page = client.get(reverse("my_work"))
    assert "<html" in page.content.decode()
    assert b"secret sauce" not in told.content + page.content


@pytest.fixture
def asked() -> Iterator[Client]:
    """A client of somebody who is signed in, on a database whose way there may be changed."""
    client = Client(raise_request_exception=False)
    client.force_login(person())
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    yield client
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def assert_told_to_try_again(ask: Callable[..., Any]) -> None:
    told = ask(headers={"Accept": "application/json"})
    assert (told.status_code, told.headers["Content-Type"]) == (503, "application/problem+json")
    assert (told.headers["Retry-After"], told.json()["code"]) == ("5", "unavailable")
    assert "Try again in a few seconds" in told.json()["detail"]
    page = ask(headers={"Accept-Language": "de"})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "<html" in page.content.decode()
    assert "Einen Moment bitte" in page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    # A part of a page that asks again by itself stays as it is, and goes on asking.
    part = ask(headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Reswap"]) == (503, "none")
    assert part.content.decode().startswith('<div class="problem"')


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/", "/api/v1/queues", "/datasets/"])
def test_a_database_that_is_away_is_told_kindly_until_it_is_there_again(
    asked: Client, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", str(tmp_path))
        patched.setitem(connection.settings_dict, "OPTIONS", {})
        if address.startswith("/api/"):
            told = asked.get(address)
            assert (told.status_code, told.headers["Retry-After"], told.json()["code"]) == (503, "5", "unavailable")
        else:
            assert_told_to_try_again(partial(asked.get, address))
        sent = asked.post(reverse("preferences"), {}, headers={"HX-Request": "true"})
        assert (sent.status_code, "HX-Reswap" in sent.headers) == (503, False), "whoever pressed a button is told"
    assert asked.get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_in_the_middle_is_told_alike(asked: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_args: object, **_named: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patched:
        patched.setattr("annotations.views.work.read_today", lose)
        told = asked.get(reverse("my_work"), headers={"Accept": "application/json"})
        assert (told.status_code, told.json()["code"]) == (503, "unavailable")
    connection.close()
    assert asked.get(reverse("my_work")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_whoever_gets_no_connection_in_time_is_told_to_try_again(
    asked: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 0.1}}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    connection.ensure_connection()
    with ThreadPoolExecutor(1) as another:
        assert_told_to_try_again(lambda **more: another.submit(asked.get, "/", **more).result())
        connection.close()
        assert another.submit(asked.get, "/").result().status_code == 200
        another.submit(connections.close_all).result()


def test_whoever_waits_for_a_connection_waits_past_the_next_try_to_make_one(settings: Any) -> None:
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    attempt, now, pauses = AttemptWithBackoff(timeout=pool["reconnect_timeout"]), 1.0, list[float]()
    while not attempt.time_to_give_up(now):
        attempt.update_delay(now)
        pauses.append(attempt.delay)
        now += attempt.delay
    assert len(pauses) > 3
    # Each differs a little, by chance.
    assert max(pauses) * 1.1 < pool["timeout"]


@pytest.mark.django_db
def test_too_many_tries_say_when_the_next_may_come(client: Client, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS = 1
    person(username="ann")
    sent = {"username": "ann", "password": "wrong"}
    client.post(reverse("login"), sent)
    page = client.post(reverse("login"), sent)
    assert (page.status_code, page.headers["Retry-After"]) == (429, str(settings.SIGN_IN_WINDOW_SECONDS))
    told = client.post(reverse("login"), sent, headers={"Accept": "application/json"})
    assert (told.status_code, told.headers["Retry-After"]) == (429, str(settings.SIGN_IN_WINDOW_SECONDS))
    assert told.json()["code"] == "too_many"


def test_data_never_replaces_what_every_problem_document_has() -> None:
    for kind in kinds():
        error = kind("No.", ["A1"]) if kind is IncompleteReview else kind("No.", data={"missing": ["A1"]})  # type: ignore[arg-type]
        assert error.data == {"missing": ["A1"]}
        assert not set(error.data) & set(problems.MEMBERS)
