"""The loop that sends: many at once, none held up by another, and nothing lost when it is killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from curation.accounts.actors import SYSTEM
from curation.core import leases
from curation.core.locks import WEBHOOKS_SLOT, try_lock
from curation.webhooks import delivering
from curation.webhooks.actions import create_endpoint
from curation.webhooks.actions.taking import PER_ENDPOINT
from curation.webhooks.delivering import SLOTS, deliver
from curation.webhooks.emitting import emit
from curation.webhooks.models import Delivery
from tests.webhook_receiver import Got, Receiver
from tests.workers import ROOT, database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def on_this_machine(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


def told(receiver: Receiver, count: int, *, event: str = "release.built") -> str:
    _endpoint, secret = create_endpoint(actor=SYSTEM, name=event, url=receiver.url(), events=[event])
    with transaction.atomic():
        for key in range(count):
            emit(event=event, thing="story", key=key)
    return secret.value


def states() -> list[str]:
    return sorted(Delivery.objects.values_list("state", flat=True))


def test_all_that_is_due_is_sent_once_and_signed() -> None:
    with Receiver() as receiver:
        secret = told(receiver, 3 * PER_ENDPOINT)
        deliver()
        deliver()
    assert states() == ["done"] * 3 * PER_ENDPOINT
    assert sorted(got.verified(secret)["data"]["id"] for got in receiver.got) == list(range(3 * PER_ENDPOINT))


def test_a_slow_receiver_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow one answers nothing before the quick one has had everything."""
    quick_done = threading.Event()
    monkeypatch.setattr(delivering, "LOOKED_EVERY", 0.05)
    with Receiver() as slow, Receiver() as quick:
        slow.on_request = lambda _got: quick_done.wait(30)
        quick.on_request = lambda _got: quick_done.set() if len(quick.got) == 2 * PER_ENDPOINT else None
        told(slow, 2 * PER_ENDPOINT, event="story.scored")
        told(quick, 2 * PER_ENDPOINT)
        deliver()
        assert quick_done.is_set()
    assert states() == ["done"] * 4 * PER_ENDPOINT
    assert len(slow.got) == len(quick.got) == 2 * PER_ENDPOINT


def test_while_every_slot_is_taken_nothing_is_sent() -> None:
    with Receiver() as receiver:
        told(receiver, 1)
        with try_lock(WEBHOOKS_SLOT, 1), try_lock(WEBHOOKS_SLOT, SLOTS):
            deliver()
            assert states() == ["pending"]
        deliver()
        assert states() == ["done"]


def test_one_that_is_killed_between_sending_and_writing_that_down_has_it_sent_again(
    tmp_path: Path, settings: Any
) -> None:
    def kill(_got: Got) -> None:
        child.kill()

    ours = {"DATABASE_URL": database_url(), "EXEMPLA_HOME": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    environment = {**os.environ, **ours}
    with Receiver(on_request=kill) as receiver:
        secret = told(receiver, 1)
        child = subprocess.Popen([sys.executable, "-m", "tests.webhook_child"], cwd=ROOT, env=environment)
        assert child.wait(60) == -signal.SIGKILL
        assert states() == ["sending"]
        held = Delivery.objects.get()
        # As if its minute were over.
        leases.Lease(Delivery, [held.pk], held.token).update(lease_until="2020-01-01T00:00Z")
        receiver.on_request = None
        deliver()
    first, again = receiver.got
    assert (first.id, first.body) == (again.id, again.body)
    assert first.verified(secret) == again.verified(secret)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries) == ("done", 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [WEBHOOKS_SLOT])
        assert cursor.fetchone() == (0,)
