"""Deliveries over time: tried again, given up, paused, and dropped; and what the database refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core import leases
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.webhooks.actions import (
    change_endpoint,
    create_endpoint,
    discard_old,
    pause_endpoint,
    remove_endpoint,
    replay,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    try_endpoint,
)
from curation.webhooks.actions.taking import PER_ENDPOINT, anything_due, record, take_due
from curation.webhooks.emitting import emit
from curation.webhooks.models import Delivery, DeliveryState, Endpoint, Message
from curation.webhooks.parcels import AttemptResult
from curation.webhooks.timetable import TRIES, longest_wait, wait_after
from tests.builders import person
from tests.integration.test_webhooks import endpoint_at, sent, told
from tests.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_this_machine(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def admin() -> User:
    return person(Role.ADMIN)


def due_now() -> None:
    Delivery.objects.filter(state="pending").update(next_at=timezone.now() - timedelta(seconds=1))


def came_to(*outcomes: AttemptResult) -> Delivery:
    """Take the one delivery and let it come to each of these, one after the other; returns it as it then is."""
    for outcome in outcomes:
        due_now()
        record([(take_due({})[0], outcome)])
    return Delivery.objects.get()


def test_the_timetable_is_the_one_that_the_guide_shows() -> None:
    waits = [longest_wait(tries) for tries in range(1, TRIES)]
    assert waits[:7] == [15, 60, 240, 960, 3840, 15360, 61440]
    assert set(waits[7:]) == {86400}
    assert timedelta(days=2.5) < timedelta(seconds=sum(waits) / 2) < timedelta(days=3.5)
    assert [wait_after(1, chance=chance) for chance in (0.0, 0.5, 1.0)] == [0.0, 7.5, 15.0]
    assert wait_after(1, chance=0.5, asked_for=600) == 600
    assert wait_after(1, chance=0.5, asked_for=10**9) == 86400
    assert wait_after(TRIES, chance=0.5) is None


def test_after_the_last_try_it_is_a_dead_letter_and_can_be_sent_again(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url())
    told()
    refused = AttemptResult(status=500, error="It answered 500.", answer="no")
    delivery = came_to(*[refused] * (TRIES - 1))
    assert (delivery.state, delivery.tries) == ("pending", TRIES - 1)
    delivery = came_to(refused)
    assert (delivery.state, delivery.tries, delivery.status, delivery.answer) == ("failed", TRIES, 500, "no")
    assert not take_due({})
    assert replay_dead(actor=SYSTEM) == 1
    assert replay_dead(actor=SYSTEM, endpoint=endpoint) == 0
    sent()
    assert Delivery.objects.get().state == "done"
    assert Delivery.objects.get().tries == 1


def test_it_waits_longer_each_time_and_as_long_as_the_receiver_asks(receiver: Receiver) -> None:
    endpoint_at(receiver.url())
    receiver.always, receiver.headers["retry-after"] = 503, "3600"
    told()
    sent()
    delivery = Delivery.objects.get()
    assert timedelta(minutes=59) < delivery.next_at - timezone.now() <= timedelta(minutes=60)
    assert not take_due({})


def test_one_that_is_gone_for_good_is_paused_and_nothing_is_lost(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url())
    receiver.always = 410
    told(), told()
    sent()
    endpoint.refresh_from_db()
    assert endpoint.paused_because == "gone"
    assert Entry.objects.filter(verb="webhook.paused", actor=None, target_id=str(endpoint.pk)).count() == 1
    told()
    assert not take_due({})
    receiver.always = 204
    resume_endpoint(actor=SYSTEM, endpoint=endpoint)
    assert len(sent()) == 3
    assert set(Delivery.objects.values_list("state", "tries")) == {("done", 1)}


def test_what_a_worker_left_in_the_middle_is_sent_again(receiver: Receiver) -> None:
    endpoint_at(receiver.url())
    told()
    (left,) = take_due({})
    assert not take_due({}), "it is somebody's"
    leases.Lease(Delivery, [left.id], left.token).update(lease_until="2020-01-01T00:00Z")
    assert anything_due()
    (taken,) = take_due({})
    assert taken.token > left.token
    record([(left, AttemptResult(status=500, error="It answered 500."))])
    assert Delivery.objects.get().state == "sending", "what comes late changes nothing"
    record([(taken, AttemptResult(status=204))])
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.attempts) == ("done", 1, 0)


def test_no_endpoint_takes_more_than_its_share(receiver: Receiver) -> None:
    slow, _ = endpoint_at(receiver.url())
    quick, _ = endpoint_at(receiver.url(), name="Quick", events=["release.built"])
    for _ in range(2 * PER_ENDPOINT):
        told()
    emit(event="release.built", thing="release", key=1)
    first = take_due({})
    assert [one.endpoint for one in first] == [slow.pk] * PER_ENDPOINT + [quick.pk]
    assert take_due({slow.pk: PER_ENDPOINT}) == []
    assert len(take_due({slow.pk: PER_ENDPOINT - 2})) == 2


def test_what_is_no_endpoint_is_refused(settings: Any, admin: User) -> None:
    for fields in (
        {"name": ""},
        {"name": "x" * 61},
        {"url": "ftp://x.example/"},
        {"events": []},
        {"events": ["story.stolen"]},
    ):
        with pytest.raises(InvalidInput):
            endpoint_at(**fields)
    endpoint, _ = endpoint_at()
    with pytest.raises(Conflict, match="has this name"):
        endpoint_at()
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    for url in ("http://hooks.example.org/", "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://a:b@x.org/"):
        with pytest.raises(InvalidInput, match="Nothing may be sent"):
            change_endpoint(actor=admin, endpoint=endpoint, url=url)
    with pytest.raises(InvalidInput):
        rotate_secret(actor=admin, endpoint=endpoint, overlap_hours=169)


def test_nobody_but_an_admin_keeps_them() -> None:
    endpoint, _ = endpoint_at()
    told()
    delivery = came_to(AttemptResult(status=204))
    for role in (Role.ANNOTATOR, Role.RESEARCHER, Role.CURATOR):
        actor = person(role)
        for refused in (
            lambda actor=actor: create_endpoint(actor=actor, name="x", url="http://x.org/", events=["release.built"]),
            lambda actor=actor: change_endpoint(actor=actor, endpoint=endpoint, name="y"),
            lambda actor=actor: rotate_secret(actor=actor, endpoint=endpoint),
            lambda actor=actor: remove_endpoint(actor=actor, endpoint=endpoint),
            lambda actor=actor: pause_endpoint(actor=actor, endpoint=endpoint),
            lambda actor=actor: resume_endpoint(actor=actor, endpoint=endpoint),
            lambda actor=actor: try_endpoint(actor=actor, endpoint=endpoint),
            lambda actor=actor: replay(actor=actor, delivery=delivery),
            lambda actor=actor: replay_dead(actor=actor),
        ):
            with pytest.raises(NotAllowed):
                refused()


def test_a_test_shows_what_came_back_and_is_kept_nowhere(receiver: Receiver) -> None:
    endpoint, secret = endpoint_at(receiver.url())
    pause_endpoint(actor=SYSTEM, endpoint=endpoint)
    receiver.always, receiver.body = 418, b"a teapot"
    tested = try_endpoint(actor=SYSTEM, endpoint=endpoint)
    (got,) = receiver.got
    assert got.id == tested.message
    assert got.verified(secret)["type"] == "webhook.test"
    assert (tested.outcome.status, tested.outcome.answer, tested.outcome.taken) == (418, "a teapot", False)
    assert not Delivery.objects.exists()


def test_removing_forgets_the_secrets_and_sends_nothing_more() -> None:
    endpoint, _ = endpoint_at()
    rotate_secret(actor=SYSTEM, endpoint=endpoint)
    told()
    (held,) = take_due({})
    told()
    for _ in range(2):
        remove_endpoint(actor=SYSTEM, endpoint=endpoint)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["closed", "sending"]
    record([(held, AttemptResult(status=500, error="It answered 500."))])
    assert set(Delivery.objects.values_list("state", flat=True)) == {"closed"}
    removed = Endpoint.objects.get()
    assert (removed.encrypted_secret, removed.encrypted_former_secret, removed.former_until) == (None, None, None)
    with pytest.raises(Conflict, match="removed"):
        rotate_secret(actor=SYSTEM, endpoint=endpoint)
    with pytest.raises(Conflict, match="removed"):
        replay(actor=SYSTEM, delivery=Delivery.objects.all()[0])
    assert told() == 0
    endpoint_at()


def test_what_is_old_is_dropped_whatever_became_of_it() -> None:
    (endpoint, _), (other, _) = endpoint_at(), endpoint_at(name="Other")
    for days, state in ((31, "done"), (31, "failed"), (31, "pending"), (31, "sending"), (29, "done")):
        at = timezone.now() - timedelta(days=days)
        message = Message.objects.create(public_id=f"msg_{days}_{state}", event="x", body="{}", created_at=at)
        held = {"lease_until": timezone.now() + timedelta(minutes=1)} if state == "sending" else {}
        Delivery.objects.create(message=message, endpoint=endpoint, state=state, status=200, **held)
    # One that goes to two stays with both while it is on its way to either.
    Delivery.objects.create(message=Message.objects.get(public_id="msg_31_sending"), endpoint=other, state="done")
    assert discard_old() == 3
    assert set(Message.objects.values_list("public_id", flat=True)) == {"msg_31_sending", "msg_29_done"}
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"events": []}, "endpoint_wants_something"),
        ({"url": "gopher://x"}, "endpoint_speaks_http"),
        ({"encrypted_secret": None}, "endpoint_has_a_secret_until_removed"),
        ({"encrypted_former_secret": b"x"}, "endpoint_former_secret_ends"),
        ({"paused_because": "admin"}, "endpoint_paused_says_why"),
        ({"paused_at": "2026-01-01T00:00Z", "paused_because": "mood"}, "endpoint_paused_says_why"),
        ({"uuid": "00000000-0000-4000-8000-000000000000"}, "append-only"),
    ],
)
def test_the_database_refuses_an_endpoint_that_is_none(change: dict[str, Any], constraint: str) -> None:
    endpoint_at()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Endpoint.objects.update(**change)


def test_the_database_keeps_messages_and_what_they_go_to_as_they_are() -> None:
    endpoint, _ = endpoint_at()
    told()
    delivery = Delivery.objects.get()
    for attempt in (
        lambda: Delivery.objects.update(state="done"),
        lambda: Delivery.objects.update(state="sending"),
        lambda: Delivery.objects.update(message=Message.objects.create(public_id="msg_2", event="x", body="{}")),
        lambda: Delivery.objects.create(message=delivery.message, endpoint=endpoint),
        lambda: Message.objects.create(public_id="2", event="x", body="{}"),
        lambda: Message.objects.create(public_id="msg_3", event="x", body="text"),
        lambda: Endpoint.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()
    take_due({})
    with pytest.raises(IntegrityError, match="held by somebody"), transaction.atomic():
        Delivery.objects.update(tries=3)
    assert DeliveryState(Delivery.objects.get().state) == DeliveryState.SENDING
