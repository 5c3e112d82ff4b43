"""Webhooks out: what is told, to whom, signed by whom, and what becomes of a message that is not taken."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from curation.accounts.actors import SYSTEM
from curation.core import encryption
from curation.core.errors import Conflict
from curation.webhooks.actions import (
    create_endpoint,
    pause_endpoint,
    remove_endpoint,
    replay,
    rotate_secret,
)
from curation.webhooks.actions.taking import TakenDelivery, record, take_due
from curation.webhooks.emitting import emit, emit_rows
from curation.webhooks.keys import secrets_of
from curation.webhooks.models import Delivery, Endpoint, Message
from curation.webhooks.parcels import AttemptResult
from tests.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_this_machine(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def endpoint_at(url: str = "http://127.0.0.1:1/", name: str = "Ours", **fields: Any) -> tuple[Endpoint, str]:
    given = {"events": ["import.finished", "story.scored"], **fields}
    endpoint, secret = create_endpoint(actor=SYSTEM, name=name, url=url, **given)
    return endpoint, secret.value


def told(key: int = 7, **data: Any) -> int:
    return emit(event="import.finished", thing="import", key=key, **data)


def sent() -> list[tuple[TakenDelivery, AttemptResult]]:
    """Send what is due as a worker does, in this thread and transaction, and write down what came of it."""
    from curation.webhooks.network import ReceiverBackend, pool_for
    from curation.webhooks.sending import send

    async def all_of_it(taken: list[TakenDelivery]) -> list[AttemptResult]:
        backend = ReceiverBackend(to_private=True)
        async with pool_for(backend, connections=50) as pool:
            sends = [send(pool, one.parcel, to_private=True) for one in taken if one.parcel]
            outcomes = await asyncio.gather(*sends)
        backend.close()
        return outcomes

    taken = take_due({})
    found = list(zip(taken, asyncio.run(all_of_it(taken)), strict=True))
    record(found)
    return found


# What is told


def test_an_event_is_told_to_those_who_want_it_and_to_nobody_else() -> None:
    wants, _ = endpoint_at()
    also, _ = endpoint_at(name="Also", events=["import.finished"])
    endpoint_at(name="Other", events=["release.built"])
    gone, _ = endpoint_at(name="Gone")
    remove_endpoint(actor=SYSTEM, endpoint=gone)
    pause_endpoint(actor=SYSTEM, endpoint=also)
    assert told(created=3) == 2
    message = Message.objects.get()
    body = json.loads(message.body)
    data = {"object": "import", "id": 7, "url": "/api/v1/imports/7", "created": 3}
    assert (body["type"], body["data"]) == ("import.finished", data)
    assert timezone.datetime.fromisoformat(body["timestamp"]) - message.created_at < timedelta(seconds=5)
    assert set(Delivery.objects.values_list("endpoint", "state")) == {(wants.pk, "pending"), (also.pk, "pending")}


def test_where_nobody_wants_it_nothing_is_written() -> None:
    endpoint_at(events=["release.built"])
    assert told() == 0
    assert not Message.objects.exists()


def test_what_is_told_goes_with_its_transaction() -> None:
    endpoint_at()
    with transaction.atomic():
        assert told() == 1
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_outside_of_a_transaction() -> None:
    endpoint_at()
    with pytest.raises(transaction.TransactionManagementError):
        told()
    assert not Message.objects.exists()


def test_telling_takes_one_statement_and_rings_once_after_the_commit(
    django_capture_on_commit_callbacks: Any,
) -> None:
    endpoint_at()
    for count, nudges in ((1, 1), (0, 0)):
        with CaptureQueriesContext(connection) as made, django_capture_on_commit_callbacks() as nudged:
            assert told() == count
        assert (len(made), len(nudged)) == (1, nudges)
        Endpoint.objects.update(events=["release.built"])


def test_each_story_is_told_only_to_those_who_ask() -> None:
    endpoint_at()
    each, _ = endpoint_at(name="Each", each_story=True)
    rows = "SELECT id, jsonb_build_object('run', 3) FROM unnest(%(stories)s::bigint[]) AS id"
    stories = {"stories": [11, 12]}
    assert emit_rows(event="story.scored", thing="story", rows=rows, values=stories, each_story=True) == 2
    assert emit(event="story.scored", thing="run", key=3) == 2
    mine = [json.loads(one.message.body)["data"]["object"] for one in Delivery.objects.filter(endpoint=each)]
    assert sorted(mine) == ["run", "story", "story"]


def test_a_key_may_be_a_name() -> None:
    endpoint_at(events=["queue.completed"])
    emit(event="queue.completed", thing="queue", key="samples")
    data = json.loads(Message.objects.get().body)["data"]
    assert data == {"object": "queue", "id": "samples", "url": "/api/v1/queues/samples"}


def test_an_event_or_a_thing_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        emit(event="story.stolen", thing="story", key=1)
    with pytest.raises(KeyError):
        emit(event="story.scored", thing="ghost", key=1)


# Signing and sending


def test_a_message_is_signed_and_what_is_sent_again_is_the_same_but_for_its_time(receiver: Receiver) -> None:
    _endpoint, secret = endpoint_at(receiver.url())
    told(created=3)
    assert [outcome.status for _taken, outcome in sent()] == [204]
    delivery = Delivery.objects.select_related("message").get()
    assert (delivery.state, delivery.tries, delivery.status, delivery.error) == ("done", 1, 204, "")
    replay(actor=SYSTEM, delivery=delivery)
    sent()
    first, again = receiver.got
    assert first.verified(secret)["data"]["created"] == 3
    assert (first.id, first.body) == (again.id, again.body)
    assert first.id == delivery.message.public_id
    assert first.body.decode() == delivery.message.body
    assert again.verified(secret)
    with pytest.raises(WebhookVerificationError):
        first.verified("whsec_" + "A" * 43 + "=")
    assert first.headers["content-type"] == "application/json"
    assert first.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_after_a_rotation_the_old_secret_signs_too_for_a_while(receiver: Receiver) -> None:
    endpoint, old = endpoint_at(receiver.url())
    endpoint, new = rotate_secret(actor=SYSTEM, endpoint=endpoint, overlap_hours=2)
    told()
    sent()
    (got,) = receiver.got
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    assert got.verified(old) == got.verified(new.value)
    Endpoint.objects.update(former_until=timezone.now() - timedelta(seconds=1))
    told()
    sent()
    receiver.got[1].verified(new.value)
    with pytest.raises(WebhookVerificationError):
        receiver.got[1].verified(old)
    endpoint, newest = rotate_secret(actor=SYSTEM, endpoint=endpoint, overlap_hours=0)
    assert [one.value for one in secrets_of(endpoint)] == [newest.value], "at once, where the old one has leaked"


def test_a_secret_is_stored_encrypted_and_bound_to_its_endpoint() -> None:
    endpoint, secret = endpoint_at()
    other, _ = endpoint_at(name="Other")
    assert secret.encode() not in bytes(Endpoint.objects.get(pk=endpoint.pk).encrypted_secret or b"")
    Endpoint.objects.filter(pk=other.pk).update(encrypted_secret=endpoint.encrypted_secret)
    with pytest.raises(Conflict, match="Make a new one"):
        secrets_of(Endpoint.objects.get(pk=other.pk))
    with pytest.raises(encryption.CannotDecrypt):
        encryption.decrypt(bytes(endpoint.encrypted_secret or b""), use="provider keys", of=str(endpoint.uuid))


def test_what_cannot_be_signed_is_not_sent_and_says_why(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url())
    Endpoint.objects.update(encrypted_secret=b"\x01" * 40)
    told()
    assert take_due({})[0].parcel is None
    rotated, secret = rotate_secret(actor=SYSTEM, endpoint=endpoint)
    assert rotated.encrypted_former_secret is None
    assert secrets_of(rotated)[0].value == secret.value


@pytest.mark.parametrize("unreadable", ["encrypted_former_secret", "encrypted_secret"])
def test_the_former_secret_never_signs_without_the_newest(unreadable: str) -> None:
    endpoint, _old = endpoint_at()
    endpoint, newest = rotate_secret(actor=SYSTEM, endpoint=endpoint)
    Endpoint.objects.update(**{unreadable: b"\x01" * 40})
    endpoint.refresh_from_db()
    if unreadable == "encrypted_former_secret":
        assert [one.value for one in secrets_of(endpoint)] == [newest.value]
    else:
        with pytest.raises(Conflict, match="Make a new one"):
            secrets_of(endpoint)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (500, 500, "It answered 500."),
        (404, 404, "It answered 404."),
        (302, 302, "It answered 302, a redirect that drops"),
        ("reset", None, "The connection broke before it answered."),
        (204, 204, ""),
        (299, 299, ""),
        ("huge", 200, ""),
    ],
)
def test_what_an_answer_counts_as(receiver: Receiver, answer: int | str, status: int | None, error: str) -> None:
    receiver.always, receiver.body = answer, b"<b>\xff\x00" + b"x" * 5000
    endpoint_at(receiver.url())
    told()
    sent()
    delivery = Delivery.objects.get()
    assert delivery.status == status
    assert delivery.error.startswith(error)
    assert bool(delivery.error) == bool(error)
    assert delivery.state == ("pending" if error else "done")
    assert len(delivery.answer) <= 1000
    assert "\0" not in delivery.answer


def test_a_receiver_that_says_nothing_or_never_ends_is_left_in_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curation.webhooks.sending.TOTAL_SECONDS", 0.4)
    receiver.answers.extend(["slow", "drip"])
    endpoint_at(receiver.url())
    told(), told()
    for _taken, outcome in sent():
        assert outcome.error.startswith("It did not answer within")
        assert outcome.seconds < 5


def test_redirects_that_keep_what_is_sent_are_followed_three_times(receiver: Receiver) -> None:
    _endpoint, secret = endpoint_at(receiver.url("/a"))
    receiver.headers["location"] = "/b"
    receiver.answers.extend([307, 308, 307, 204])
    told()
    sent()
    assert [got.path for got in receiver.got] == ["/a", "/b", "/b", "/b"]
    assert len({got.body for got in receiver.got}) == 1
    assert receiver.got[-1].verified(secret)
    assert Delivery.objects.get().state == "done"
    receiver.always = 307
    Delivery.objects.update(state="pending")
    sent()
    assert Delivery.objects.get().error == "It redirects more than 3 times."
    assert len(receiver.got) == 8


def test_no_proxy_of_the_environment_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    endpoint_at(receiver.url())
    told()
    assert [outcome.status for _taken, outcome in sent()] == [204]


# What becomes of one that is not taken


# Keeping endpoints


# What the database holds
