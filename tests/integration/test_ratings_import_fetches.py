"""Fetching a dataset from a real Argilla server, by page and by API."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from annotations.models import Review
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.argilla.actions import create_server, end_link, remove_server, replace_key
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.core.storage import storage
from curation.ratings_import.actions import carry_out_due
from curation.ratings_import.actions.fetches import cancel_fetch, fetch_due, start_fetch
from curation.ratings_import.models import DatasetFetch, RatingsImport
from curation.stories.actions.importing import claim, run_import
from curation.stories.files import key_of
from curation.stories.models import Story
from tests.api import Caller
from tests.argilla.annotated import Annotated, again, fetched
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, person, queue_of
from tests.workers import until, worker

pytestmark = pytest.mark.django_db


def work() -> None:
    while run := claim():
        run_import(run=run)
    carry_out_due()


def page_of(browser: Client, address: str, **more: Any) -> str:
    return browser.get(address, **more).content.decode()


def test_a_dataset_is_chosen_fetched_mapped_and_imported_on_pages(there: Annotated, browser: Client) -> None:
    address = reverse("ratings_import_server", args=[there.server.pk])
    assert address in page_of(browser, reverse("ratings_import_new"))
    there.argilla.call("POST", "datasets", json={"name": "unfinished", "workspace_id": there.workspace})
    page = page_of(browser, address)
    assert f'value="{there.called}"' in page
    assert "unfinished" in page
    assert "a draft there, without records" in page
    assert page.count('name="dataset"') == 1, "what is a draft there is not fetched"
    answer = browser.post(address, {"dataset": there.called})
    (made,) = DatasetFetch.objects.all()
    assert answer["Location"] == reverse("dataset_fetch", args=[made.pk])
    page = page_of(browser, answer["Location"])
    assert "hx-get" in page
    assert "Waiting for a worker" in page
    fetch_due()
    polled = browser.get(answer["Location"], headers={"hx-request": "true"})
    mapping = polled["HX-Redirect"]
    page = page_of(browser, answer["Location"])
    assert mapping.partition(":")[0] in page, "who comes later finds the way"
    assert "hx-get" not in page
    assert "3 records" in page
    page = page_of(browser, mapping)
    assert "3 records" in page
    assert there.anna.username in page
    assert "grader-2" in page
    assert not Story.objects.exists()
    browser.post(mapping, {"start": "1", "source": "harbour", "name": "Tales", "text": "fields.text"})
    work()
    assert (RatingsImport.objects.get().state, Review.objects.count(), Story.objects.count()) == ("done", 1, 3)
    assert there.called in page_of(browser, reverse("ratings_import_new")), "it is listed among what was fetched lately"
    # The same dataset once more is the same file, which is said.
    browser.post(address, {"dataset": there.called})
    fetch_due()
    second = DatasetFetch.objects.latest("created_at")
    assert second.pk != made.pk
    further = browser.get(reverse("dataset_fetch", args=[second.pk]), headers={"hx-request": "true"})["HX-Redirect"]
    assert "This very file was imported" in page_of(browser, further)


def test_a_program_starts_looks_and_maps(there: Annotated, curator: User) -> None:
    call = Caller(curator)
    (dataset,) = call.get(f"argilla/servers/{there.server.pk}/datasets")
    assert (dataset["name"], dataset["published"], dataset["link"]) == (there.called, True, None)
    new = {"server": there.server.pk, "name": there.called}
    answer = call("POST", "ratings-fetches", new)
    assert answer.status_code == 202, answer.content
    made = answer.json()
    assert answer["Location"] == f"/api/v1/ratings-fetches/{made['id']}"
    assert (made["state"], made["records_total"], made["problem"]) == ("pending", 0, "")
    assert call("GET", f"ratings-fetches/{made['id']}/look").status_code == 409
    fetch_due()
    found = call.get(f"ratings-fetches/{made['id']}")
    assert (found["state"], found["records_done"], found["records_total"]) == ("done", 3, 3)
    assert [one["id"] for one in call.get("ratings-fetches")["results"]] == [made["id"]]
    look = call.get(f"ratings-fetches/{made['id']}/look")
    assert (look["rows"], look["whole"]) == (3, True)
    assert look["names"][there.anna.id] == there.anna.username
    started = call.post("ratings-imports", {"upload": look["upload"], "name": "Tales", "people": {}})
    work()
    found = call.get(f"ratings-imports/{started['id']}")
    assert (found["state"], found["stories"], found["reviews"], found["scores"]) == ("done", 3, 1, 3)
    assert call("POST", "ratings-fetches", {**new, "server": there.server.pk + 1}).status_code == 422
    assert call("POST", f"ratings-fetches/{made['id']}/cancel").status_code == 409


def test_a_server_that_does_not_tell(there: Annotated, browser: Client, curator: User) -> None:
    address, call = reverse("ratings_import_server", args=[there.server.pk]), Caller(curator)
    datasets = f"argilla/servers/{there.server.pk}/datasets"
    replace_key(actor=SYSTEM, server=there.server, key="wrong")
    assert "Argilla does not take the key (401). Enter another one, then try again." in page_of(browser, address)
    assert call("GET", datasets).status_code == 409
    there.argilla.kill()
    page = page_of(browser, address)
    assert "Argilla could not be reached." in page
    assert "Ask it again" in page
    answer = call("GET", datasets)
    assert (answer.status_code, answer.json()["detail"]) == (503, "Argilla could not be reached. It is tried again.")
    assert not DatasetFetch.objects.exists()


def test_a_key_that_may_read_its_own_answers_alone(there: Annotated, browser: Client, curator: User) -> None:
    replace_key(actor=SYSTEM, server=there.server, key=there.anna.key)
    made = fetched(there, curator)
    assert (made.state, made.file_sha256) == ("failed", "")
    page = page_of(browser, reverse("dataset_fetch", args=[made.pk]))
    assert "Use the key of an owner, or of an admin there." in page
    assert "Fetch it again" in page
    replace_key(actor=SYSTEM, server=there.server, key=there.argilla.owner_key)
    assert fetched(there, curator).state == "done"


def test_who_may_have_one_be_fetched_and_which(there: Annotated, curator: User) -> None:
    with pytest.raises(NotAllowed):
        start_fetch(actor=person(Role.RESEARCHER), server=there.server, name=there.called)
    for name in ("", "x" * 201, "a\0b"):
        with pytest.raises(InvalidInput):
            start_fetch(actor=curator, server=there.server, name=name)
    made = start_fetch(actor=curator, server=there.server, name="nothing")
    again(made)
    said = f"There is no dataset “nothing” there. There are: {there.called}."
    assert (made.state, made.error) == ("failed", said)
    with pytest.raises(NotAllowed):
        cancel_fetch(actor=person(), fetching=made)
    remove_server(actor=SYSTEM, server=there.server)
    there.server.refresh_from_db()
    with pytest.raises(Conflict, match="removed"):
        start_fetch(actor=curator, server=there.server, name=there.called)


def test_a_dataset_that_is_reviewed_from_here_is_not_fetched(
    argilla: Argilla, browser: Client, curator: User, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    linked = Linked(argilla, queue_of(stories=[add_story()]))
    assert linked.synced().fault == ""
    server, name = linked.server, linked.link.name
    page = page_of(browser, reverse("ratings_import_server", args=[server.pk]))
    assert reverse("argilla_link", args=[linked.link.pk]) in page
    assert 'name="dataset"' not in page
    answer = browser.post(reverse("ratings_import_server", args=[server.pk]), {"dataset": name})
    assert answer.status_code == 409
    assert "is reviewed in this dataset" in answer.content.decode()
    (told,) = Caller(curator).get(f"argilla/servers/{server.pk}/datasets")
    assert told["link"] == linked.link.pk
    with pytest.raises(CommandError, match="is reviewed in this dataset"):
        call_command("import_argilla", name, "--server", server.name)
    # Once the link has ended it is a dataset as any other.
    end_link(actor=SYSTEM, link=linked.link)
    made = start_fetch(actor=curator, server=server, name=name)
    again(made)
    assert (made.state, made.records_done) == ("done", 1)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_ask_at_once_are_given_the_same(there: Annotated) -> None:
    found: list[int] = []
    barrier = threading.Barrier(2)
    people = [person(Role.CURATOR), person(Role.CURATOR)]

    def ask(actor: User) -> None:
        try:
            barrier.wait(20)
            found.append(start_fetch(actor=actor, server=there.server, name=there.called).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[actor]) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 2
    assert len(set(found)) == DatasetFetch.objects.count() == 1
    browsers = [Client(headers={"sec-fetch-site": "same-origin"}) for _ in people]
    said = []
    for browser, actor in zip(browsers, people, strict=True):
        browser.force_login(actor)
        address = reverse("ratings_import_server", args=[there.server.pk])
        said.append(browser.post(address, {"dataset": there.called}, follow=True).content.decode())
    assert sum("Somebody else has it fetched already." in page for page in said) == 1
    # Each goes on to map it by themselves.
    fetch_due()
    page = reverse("dataset_fetch", args=[found[0]])
    ways = [browser.get(page, headers={"hx-request": "true"})["HX-Redirect"] for browser in browsers]
    assert [browser.get(way).status_code for browser, way in zip(browsers, ways, strict=True)] == [200, 200]
    assert browsers[0].get(ways[1]).status_code == 404


def test_what_nobody_imports_is_gone_after_a_while_and_that_is_said(
    there: Annotated, browser: Client, curator: User
) -> None:
    made = fetched(there, curator)
    storage().remove(key_of(made.file_sha256))
    page = page_of(browser, reverse("dataset_fetch", args=[made.pk]))
    assert "kept for two days" in page
    assert "Fetch it again" in page
    answer = Caller(curator)("GET", f"ratings-fetches/{made.pk}/look")
    assert (answer.status_code, "no file of this fetch" in answer.json()["detail"]) == (409, True)
    assert fetched(there, curator).file_sha256 == made.file_sha256


def test_a_workspace_without_datasets(argilla: Argilla, browser: Client) -> None:
    name, _id = argilla.workspace()
    server = create_server(actor=SYSTEM, name="Empty", url=argilla.url, workspace=name, key=argilla.owner_key)
    assert "There is no dataset in this workspace" in page_of(
        browser, reverse("ratings_import_server", args=[server.pk])
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_it_up_by_itself(
    there: Annotated, curator: User, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = str(settings.HOME)
    ours = {"ARGILLA_TO_PRIVATE_ADDRESSES": "1", "SECRET_KEY": settings.SECRET_KEY, "EXEMPLA_HOME": home}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    made = start_fetch(actor=curator, server=there.server, name=there.called)
    with worker(tmp_path):
        until(lambda: DatasetFetch.objects.filter(pk=made.pk, state="done").exists())
    made.refresh_from_db()
    assert (made.records_done, made.records_total) == (3, 3)
    assert Caller(curator).get(f"ratings-fetches/{made.pk}/look")["rows"] == 3
