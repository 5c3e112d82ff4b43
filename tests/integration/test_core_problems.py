"""Errors as pages, fragments and problem documents, with codes that stay."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

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
