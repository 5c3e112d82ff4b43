"""Answers that a real Argilla server tells of, by a message that it signs, as they are given."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer
from standardwebhooks.webhooks import Webhook

from annotations.models import Review
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.argilla import client, hearing, told
from curation.argilla.actions import end_link, remove_server, replace_key, sync_link
from curation.argilla.carrying import carry_out, claim
from curation.argilla.keys import webhook_secret_of
from curation.argilla.listening import keep_listening
from curation.argilla.models import ArgillaRecord, Link, Listener
from curation.argilla.tasks import sync
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, person, queue_of
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True)
UNSIGNED = ("v1", "v1,a", "v1,%%%", "v2,QUJD", "v1,QUJD v1", "x" * 2_000)
RECORDS = ("7", '{"id": 7, "dataset": {"id": 7}}')
STRANGE = ("null", "[]", "{", "[" * 100_000, *(f'{{"data": {{"record": {one}}}}}' for one in RECORDS))
NEVER = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TRIES", 1)


@pytest.fixture(autouse=True)
def alone(argilla: Argilla) -> Iterator[None]:
    """Leave no webhook behind: a server has ten at most, and would call where nobody is any more."""
    yield
    if argilla.process is None:
        argilla.start()
    argilla.order()
    for one in argilla.call("GET", "webhooks")["items"]:
        argilla.call("DELETE", f"webhooks/{one['id']}")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that workers were woken for."""
    found: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, **_options: found.append(task))
    return found


@pytest.fixture
def linked(argilla: Argilla, live_server: LiveServer, settings: Any, woken: list[str]) -> Linked:
    """A queue of three stories on a server that tells of answers."""
    settings.PUBLIC_URL = live_server.url
    made = Linked(argilla, queue_of(stories=[add_story() for _ in range(3)]))
    keep_listening()
    assert made.synced().fault == ""
    assert heard().error == ""
    woken.clear()
    return made


def heard() -> Listener:
    return Listener.objects.get()


def look_again() -> Listener:
    """Look after the listener, due or not."""
    Listener.objects.update(next_at="2020-01-01T00:00Z")
    keep_listening()
    return heard()


def there(linked: Linked) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = linked.argilla.call("GET", "webhooks")["items"]
    return found


def told_of() -> list[str]:
    return list(ArgillaRecord.objects.filter(told_at__isnull=False).values_list("record", flat=True))


def event(linked: Linked, record: str = "", dataset: str = "") -> dict[str, Any]:
    """What is told of an answer to a record, as far as it is looked at."""
    record = record or ArgillaRecord.objects.order_by("pk")[0].record
    about = {"id": record, "dataset": {"id": dataset or linked.link.dataset}}
    return {"type": "response.created", "version": 1, "data": {"id": NEVER, "record": about}}


def sent(body: str, *, key: str = "", at: datetime | None = None, **changed: str) -> Any:
    """Send a message to the listener, signed with its secret or another."""
    listener, at = heard(), at or datetime.now(UTC)
    secret = webhook_secret_of(listener)
    assert secret is not None
    headers = {
        "webhook-id": f"msg_{uuid4()}",
        "webhook-timestamp": str(int(at.timestamp())),
        **changed,
    }
    headers.setdefault("webhook-signature", Webhook(key or secret.value).sign(headers["webhook-id"], at, body))
    caller = Client(enforce_csrf_checks=True)
    return caller.post(address(listener), body.encode(), content_type="application/json", headers=headers)


def address(listener: Listener) -> str:
    return reverse("argilla_event", args=[listener.uuid])


def test_an_answer_is_told_of_and_its_record_alone_is_read(
    linked: Linked, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (webhook,) = there(linked)
    assert webhook["url"] == heard().address
    assert sorted(webhook["events"]) == ["response.created", "response.deleted", "response.updated"]
    anna, someone = linked.reader()
    record = ArgillaRecord.objects.order_by("pk")[1].record
    monkeypatch.setattr(client.Argilla, "page", lambda *_args, **_named: pytest.fail("all of it was read"))
    for value in (2, 5):
        linked.answer(someone, record, linked.rated(value))
        until(lambda: told_of() == [record])
        assert woken.pop() == "argilla.sync"
        claimed = claim(linked.link.pk)
        assert claimed is not None, "it is not due"
        assert carry_out(*claimed).found == 1
        assert (told_of(), Review.objects.live_commits().get().reviewer) == ([], anna)
        # Nothing has happened that was not told of.
        assert linked.synced().found == 0
    assert set(Review.objects.live_commits().get().ratings.values_list("value", flat=True)) == {5}
    linked.argilla.call("DELETE", f"records/{record}")
    ArgillaRecord.objects.filter(record=record).update(told_at=timezone.now())
    assert (linked.synced().fault, told_of()) == ("", [])
    assert ArgillaRecord.objects.get(record=record).gone_at is not None


def test_what_was_not_told_of_is_found_by_reading_all(linked: Linked) -> None:
    heard().delete()
    _anna, someone = linked.reader()
    first, second, third = ArgillaRecord.objects.order_by("pk")
    linked.answer(someone, first.record, linked.rated())
    assert linked.synced().found == 1
    # It is told of one, and another was lost: found an hour later, or as soon as anything else is not told of.
    linked.answer(someone, second.record, linked.rated())
    ArgillaRecord.objects.filter(pk=third.pk).update(told_at=timezone.now())
    assert linked.synced().found == 0
    Link.objects.update(read_at=timezone.now() - timedelta(hours=2))
    assert linked.synced().found == 1


def test_one_that_is_told_of_while_a_round_is_under_way_is_read_right_after(linked: Linked) -> None:
    Link.objects.update(next_at="2020-01-01T00:00Z")
    claimed = claim(linked.link.pk)
    assert claimed is not None
    with_it = json.dumps(event(linked))
    reading = told.read_one

    def told_again(*args: Any) -> int:
        done = reading(*args)
        assert sent(with_it).status_code == 204
        return done

    assert sent(with_it).status_code == 204
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(told, "read_one", told_again)
        assert carry_out(*claimed).fault == ""
    assert len(told_of()) == 1
    again = claim(linked.link.pk)
    assert again is not None
    carry_out(*again)
    assert (told_of(), claim(linked.link.pk)) == ([], None)


def test_many_that_are_told_of_are_read_as_pages(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "A_FEW", 1)
    _anna, someone = linked.reader()
    for row in ArgillaRecord.objects.all():
        linked.answer(someone, row.record, linked.rated())
    until(lambda: len(told_of()) == 3)
    monkeypatch.setattr(client.Argilla, "record", lambda *_args: pytest.fail("they were read one by one"))
    assert (linked.synced().found, told_of()) == (3, [])


def test_what_is_not_signed_or_names_nothing_of_ours_does_nothing(linked: Linked, woken: list[str]) -> None:
    body, now = json.dumps(event(linked)), datetime.now(UTC)
    other_secret = "whsec_" + "QUJD" * 8
    at = {"webhook-timestamp": "yesterday"}
    refused = [
        sent(body, key=other_secret),
        sent(body, at=now - timedelta(minutes=6)),
        sent(body, at=now + timedelta(minutes=6)),
        sent(body, **at),
        sent(body, **{"webhook-timestamp": "9" * 400}),
        sent(body, **{"webhook-timestamp": "²"}),
        sent(body, **{"webhook-id": ""}),
        *(sent(body, **{"webhook-signature": one}) for one in UNSIGNED),
    ]
    assert [one.status_code for one in refused] == [401] * len(refused)
    nothing = [
        sent(json.dumps(event(linked, dataset=NEVER))),
        sent(json.dumps(event(linked, record=NEVER))),
        *(sent(one) for one in STRANGE),
    ]
    assert [one.status_code for one in nothing] == [204] * len(nothing)
    assert (told_of(), woken) == ([], [])
    caller, url = Client(), address(heard())
    assert [caller.get(url).status_code, caller.put(url).status_code, caller.delete(url).status_code] == [405] * 3
    large = {"CONTENT_LENGTH": str(hearing.MOST_BYTES + 1)}
    assert caller.post(url, b"", content_type="application/json", **large).status_code == 413
    assert caller.post(url, b"", content_type="application/json", CONTENT_LENGTH="").status_code == 411
    assert caller.post(reverse("argilla_event", args=[uuid4()])).status_code == 404


def test_a_message_counts_once(linked: Linked, woken: list[str]) -> None:
    body, headers = json.dumps(event(linked)), {"webhook-id": f"msg_{uuid4()}"}
    assert sent(body, **headers).status_code == 204
    assert (len(told_of()), woken) == (1, ["argilla.sync"])
    linked.synced()
    assert sent(body, **headers).status_code == 204
    assert (told_of(), woken) == ([], ["argilla.sync"])


def test_events_of_another_dataset_there_are_nothing_of_ours(linked: Linked) -> None:
    other = Linked(linked.argilla, queue_of(stories=[add_story()]))
    other.synced()
    record = ArgillaRecord.objects.get(link=other.link).record
    body = json.dumps(event(other, record=record))
    first = Listener.objects.get(server=linked.server)
    keep_listening()
    assert Listener.objects.count() == len(there(linked)) == 2
    secret = webhook_secret_of(first)
    assert secret is not None
    at = datetime.now(UTC)
    signed = {"webhook-id": "one", "webhook-timestamp": str(int(at.timestamp())),
              "webhook-signature": Webhook(secret.value).sign("one", at, body)}  # fmt: skip
    caller = Client()
    said = {"content_type": "application/json", "headers": signed}
    assert caller.post(address(first), body, **said).status_code == 204
    assert told_of() == []
    # The secret of one opens nothing at the address of the other.
    second = Listener.objects.get(server=other.server)
    assert caller.post(address(second), body, **said).status_code == 401


def test_it_is_made_once_and_found_again(
    argilla: Argilla, live_server: LiveServer, settings: Any, woken: list[str]
) -> None:
    settings.PUBLIC_URL = live_server.url
    linked = Linked(argilla, queue_of(stories=[add_story()]))
    argilla.order(**{"break": "after", "only": "POST"})
    keep_listening()
    assert "not be reached" in heard().error
    assert (heard().webhook, heard().next_at < timezone.now() + timedelta(minutes=2)) == ("", True)
    argilla.start()
    (made,) = there(linked)
    assert (look_again().webhook, heard().error, len(there(linked))) == (made["id"], "", 1)
    secret = webhook_secret_of(heard())
    assert secret is not None
    assert secret.value == made["secret"]
    assert made["secret"].encode() not in bytes(heard().encrypted_secret or b"")
    # What somebody removed there is made again, and what they turned off stays so.
    argilla.call("DELETE", f"webhooks/{made['id']}")
    assert (look_again().error, heard().webhook != made["id"]) == ("", True)
    argilla.call("PATCH", f"webhooks/{heard().webhook}", json={"enabled": False})
    assert "turned off" in look_again().error
    argilla.call("PATCH", f"webhooks/{heard().webhook}", json={"enabled": True})
    # A site that has moved is called at its new address alone.
    settings.PUBLIC_URL = live_server.url.replace("localhost", "127.0.0.1")
    settings.ALLOWED_HOSTS = ["*"]
    assert (look_again().error, [one["url"] for one in there(linked)]) == ("", [heard().address])
    # Nor does a secret that this installation cannot read any more stay in the way.
    Listener.objects.update(encrypted_secret=b"what")
    assert look_again().error == ""
    assert webhook_secret_of(heard()) is not None


def test_it_ends_with_the_last_link_and_with_the_server(linked: Linked, woken: list[str]) -> None:
    url = address(heard())
    end_link(actor=SYSTEM, link=linked.link)
    assert woken == ["argilla.sync"]
    sync()
    assert (there(linked), Listener.objects.count(), Client().post(url).status_code) == ([], 0, 404)
    other = Linked(linked.argilla, queue_of(stories=[add_story()]))
    keep_listening()
    assert len(there(linked)) == 1
    end_link(actor=SYSTEM, link=other.link)
    remove_server(actor=SYSTEM, server=other.server)
    assert (there(linked), Listener.objects.count()) == ([], 0)
    # One that is away is removed all the same.
    third = Linked(linked.argilla, queue_of(stories=[add_story()]))
    keep_listening()
    end_link(actor=SYSTEM, link=third.link)
    linked.argilla.kill()
    remove_server(actor=SYSTEM, server=third.server)
    third.server.refresh_from_db()
    assert (third.server.encrypted_key, Listener.objects.count()) == (None, 0)


def test_the_page_says_why_answers_come_by_the_minute(
    argilla: Argilla, live_server: LiveServer, settings: Any, woken: list[str]
) -> None:
    linked = Linked(argilla, queue_of(stories=[add_story()]))
    curator = Client()
    curator.force_login(person(Role.CURATOR))

    def said() -> str:
        return curator.get(reverse("argilla_link", args=[linked.link.pk])).content.decode()

    keep_listening()
    assert "by the minute. This site is not told its own address" in said()
    settings.PUBLIC_URL = live_server.url
    assert "by the minute. Argilla has not been asked yet" in said()
    admin = argilla.person(linked.workspace, role="admin")
    replace_key(actor=SYSTEM, server=linked.server, key=admin.key)
    keep_listening()
    assert "by the minute. The key is no owner’s" in said()
    replace_key(actor=SYSTEM, server=linked.server, key=argilla.owner_key)
    argilla.order(refuse=404, times=1, path="/webhooks")
    keep_listening()
    assert "by the minute. This version of Argilla calls no other programs." in said()
    argilla.order(clock=600)
    look_again()
    assert "by the minute. Argilla could not call" in said()
    argilla.order()
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    look_again()
    assert "by the minute. Argilla could not call http://127.0.0.1:9." in said()
    assert heard().next_at > timezone.now() + timedelta(hours=5)
    settings.PUBLIC_URL = live_server.url
    sync_link(actor=SYSTEM, link=linked.link)
    sync()
    assert "at once: Argilla tells of each" in said()
    # One that does not say its own address any more is called no more.
    settings.PUBLIC_URL = ""
    Listener.objects.update(next_at="2020-01-01T00:00Z")
    keep_listening()
    assert (there(linked), Listener.objects.count()) == ([], 0)


def test_the_secret_is_told_nobody(linked: Linked, caplog: pytest.LogCaptureFixture) -> None:
    secret = webhook_secret_of(heard())
    assert secret is not None
    caplog.set_level(logging.DEBUG)
    admin = Client()
    admin.force_login(person(Role.ADMIN))
    pages = [reverse("argilla_link", args=[linked.link.pk]), reverse("argilla_server", args=[linked.server.pk])]
    shown = [admin.get(one).content.decode() for one in pages]
    sent(json.dumps(event(linked)))
    sent(json.dumps(event(linked)), key="whsec_" + "QUJD" * 8)
    look_again()
    linked.argilla.kill()
    look_again()
    assert secret.value.removeprefix("whsec_") not in caplog.text + heard().error + "".join(shown)
