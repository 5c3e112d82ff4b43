"""Argilla servers: who adds them, where their keys go, and what is told of one that does not do as it is asked."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.argilla import client
from curation.argilla.actions import create_server, remove_server, replace_key, try_server
from curation.argilla.client import Argilla
from curation.argilla.faults import ArgillaTrouble, RecordsMoved
from curation.argilla.models import ArgillaServer
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from tests import environments
from tests.argilla.running import Argilla as Running
from tests.builders import person

pytestmark = pytest.mark.django_db


def server_at(argilla: Running, *, key: str = "", workspace: str = "argilla", **changed: Any) -> ArgillaServer:
    fields = {"name": "Ours", "url": argilla.url, "workspace": workspace, "key": key or argilla.owner_key, **changed}
    return create_server(actor=SYSTEM, **fields)


@contextmanager
def trouble(words: str, **expected: Any) -> Iterator[None]:
    with pytest.raises(ArgillaTrouble, match=words) as caught:
        yield
    assert {name: getattr(caught.value, name) for name in expected} == expected


def test_a_server_is_added_tried_and_removed_on_its_pages(argilla: Running) -> None:
    admin = Client()
    admin.force_login(person(Role.ADMIN))
    sent = {"name": "Ours", "url": f"{argilla.url}/", "workspace": "argilla", "key": argilla.owner_key}
    there = admin.post(reverse("argilla_new"), sent)
    server = ArgillaServer.objects.get()
    assert (there["Location"], server.url, server.verify_tls) == (
        reverse("argilla_server", args=[server.pk]),
        argilla.url,
        False,
    )
    said = admin.post(reverse("argilla_try", args=[server.pk]), follow=True).content.decode()
    assert "It answers: Argilla 2.8.0, with the key of owner (owner)." in said
    assert "Its certificate is not looked at." in said
    # The key is neither shown nor stored as it is.
    for page in (said, admin.get(reverse("argilla_list")).content.decode()):
        assert argilla.owner_key not in page
    assert argilla.owner_key.encode() not in bytes(server.encrypted_key or b"")
    again = admin.post(reverse("argilla_new"), sent)
    assert (again.status_code, "is there already" in again.content.decode()) == (422, True)
    move = reverse("argilla_move", args=[server.pk])
    admin.post(move, {"move": "key", "key": "another"})
    said = admin.post(reverse("argilla_try", args=[server.pk]), follow=True).content.decode()
    assert "Argilla does not take the key (401)" in said
    admin.post(move, {"move": "remove"})
    assert admin.get(reverse("argilla_server", args=[server.pk])).status_code == 404
    server.refresh_from_db()
    assert server.encrypted_key is None
    # What was removed is no longer in the way of the same workspace.
    assert admin.post(reverse("argilla_new"), sent).status_code == 302


def test_only_admins_keep_servers_and_only_real_addresses(settings: Any) -> None:
    place = {"name": "Ours", "url": "https://argilla.example.org", "workspace": "ours", "key": "a-key"}
    with pytest.raises(NotAllowed):
        create_server(actor=person(Role.CURATOR), **place)
    for url in ("http://argilla.example.org", "https://10.0.0.1", "https://localhost", "https://u:p@a.example", "a"):
        with pytest.raises(InvalidInput, match="no private network"):
            create_server(actor=SYSTEM, **{**place, "url": url})
    for missing in ("name", "workspace"):
        with pytest.raises(InvalidInput, match="Give the server a name"):
            create_server(actor=SYSTEM, **{**place, missing: " "})
    for key in ("a key", "schlüssel", "a\0"):
        with pytest.raises(InvalidInput, match="no key"):
            create_server(actor=SYSTEM, **{**place, "key": key})
    made = create_server(actor=SYSTEM, **place)
    remove_server(actor=SYSTEM, server=made)
    with pytest.raises(Conflict, match="removed"):
        replace_key(actor=SYSTEM, server=made, key="a-key")


def test_nothing_is_sent_to_a_private_address(argilla: Running, settings: Any) -> None:
    server = server_at(argilla)
    settings.ARGILLA_TO_PRIVATE_ADDRESSES = False
    with Argilla(server) as calls, trouble("Nothing may be sent to 127.0.0.1", passes=False):
        calls.me()


def test_a_key_opens_for_its_server_alone(argilla: Running) -> None:
    server, (name, _id) = server_at(argilla), argilla.workspace()
    other = server_at(argilla, workspace=name)
    ArgillaServer.objects.filter(pk=other.pk).update(encrypted_key=server.encrypted_key)
    other.refresh_from_db()
    with trouble("cannot be read"):
        Argilla(other)


def test_what_is_in_the_way_is_told(argilla: Running) -> None:
    name, workspace = argilla.workspace()
    reader = argilla.person(workspace)
    with pytest.raises(Conflict, match="no workspace nowhere"):
        try_server(actor=SYSTEM, server=server_at(argilla, workspace="nowhere"))
    server = server_at(argilla, workspace=name, key=reader.key)
    assert try_server(actor=SYSTEM, server=server).role == "annotator"
    with Argilla(server) as calls:
        with trouble(r"may not do that in Argilla \(403\)", status=403):
            calls.people()
        with trouble(r"hides it from the key \(404\)", status=404):
            calls.dataset("00000000-0000-0000-0000-000000000000")
        with trouble("does not take what was sent"):
            calls.call("POST", "datasets", body={"name": "", "workspace_id": workspace})
    elsewhere = server_at(argilla, url=f"{argilla.url}/elsewhere")
    with Argilla(elsewhere) as calls, trouble("no Argilla server of version 2"):
        calls.version()


def test_nobody_else_s_key_is_taken_in(argilla: Running) -> None:
    name, workspace = argilla.workspace()
    reader = argilla.person(workspace)
    with Argilla(server_at(argilla, workspace=name)) as calls:
        told = [calls.me(), *calls.people()]
    assert reader.username in {one["username"] for one in told}
    assert reader.key not in str(told)
    assert argilla.owner_key not in str(told)


def test_a_call_is_made_again_where_that_can_help(argilla: Running) -> None:
    waited: list[float] = []
    with Argilla(server_at(argilla), pause=waited.append) as calls:
        argilla.order(refuse=429, times=2, wait=3)
        assert calls.me()["username"] == "owner"
        assert waited == [3.0, 3.0]
        argilla.order(refuse=503, times=1)
        calls.me()
        assert waited == [3.0, 3.0, 0.5]
        # Longer than a worker should hold its work for: it is given back with the time that was asked for.
        argilla.order(refuse=429, times=1, wait=600)
        with trouble("asks to wait", passes=True, after=600.0):
            calls.me()
        argilla.order(refuse=503, times=9)
        with trouble("fault of its own", passes=True, status=503):
            calls.me()
        # Whether a call was carried out whose answer was lost is not known, so one that adds is not made again.
        argilla.order(refuse=503, times=1)
        before = list(waited)
        with trouble("fault of its own"):
            calls.call("POST", "workspaces", body={"name": "never"})
        assert waited == before
    argilla.kill()
    started = time.monotonic()
    with Argilla(server_at(argilla, workspace="other"), pause=waited.append) as calls, trouble("not be reached"):
        calls.me()
    assert time.monotonic() - started < 60
    argilla.start()


def deleting(calls: Argilla, argilla: Running, path: str, record: str) -> Callable[..., Any]:
    """A call that deletes a record there as soon as the first part of a page was read."""
    call, parts = calls.call, iter([lambda: argilla.call("DELETE", path, ids=record)])

    def hooked(*place: Any, **params: Any) -> Any:
        answer = call(*place, **params)
        next(parts, lambda: None)()
        return answer

    return hooked


def test_a_page_too_large_to_read_is_asked_for_in_parts(argilla: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    name, workspace = argilla.workspace()
    text = {"type": "text", "use_markdown": False}
    rated = {"type": "rating", "options": [{"value": n} for n in (1, 2)]}
    dataset = argilla.dataset(workspace, fields={"text": text}, questions={"q": rated})
    items = [{"external_id": str(n), "fields": {"text": "x" * 4_000}} for n in range(7)]
    argilla.call("POST", f"datasets/{dataset}/records/bulk", json={"items": items})
    with Argilla(server_at(argilla, workspace=name)) as calls:
        monkeypatch.setattr(client, "MOST_BYTES", 10_000)
        assert [one["external_id"] for one in calls.page(dataset)[0]] == [str(n) for n in range(7)]
        ids = [one["id"] for one in calls.page(dataset)[0]]
        assert [one["id"] for one in calls.page(dataset, offset=3, after=ids[2])[0]] == ids[3:]
        assert calls.page(dataset, offset=7, after=ids[6]) == ([], 7)
        with pytest.raises(RecordsMoved, match="deleted"):
            calls.page(dataset, offset=3, after=ids[3])
        with monkeypatch.context() as patched:
            patched.setattr(calls, "call", deleting(calls, argilla, f"datasets/{dataset}/records", ids[0]))
            with pytest.raises(RecordsMoved):
                calls.page(dataset)
        assert [one["id"] for one in calls.page(dataset)[0]] == ids[1:]
        monkeypatch.setattr(client, "MOST_BYTES", 1_000)
        with trouble("too much to read"):
            calls.page(dataset)
        assert (calls.fields(dataset)[0]["name"], calls.questions(dataset)[0]["name"]) == ("text", "q")
        assert calls.metadata_properties(dataset) == []


def test_without_the_server_tests_say_why(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = replace(environments.ARGILLA, folder=tmp_path / "environment")
    monkeypatch.setattr(environments, "ALL", [gone])
    with pytest.raises(environments.NotInstalled, match="not installed"):
        gone.python()
    # No Python of its versions, and no network that would bring one.
    monkeypatch.setattr(environments, "PYTHONS", ())
    refused = environments.NotInstalled("No network.")
    monkeypatch.setattr(environments, "run", lambda command: (_ for _ in ()).throw(refused))
    monkeypatch.setenv("CI", "1")
    assert environments.main() == 1
    monkeypatch.delenv("CI")
    assert environments.main() == 0
    with pytest.raises(environments.NotInstalled, match="No network"):
        gone.python()
