"""What befalls the fetching of a dataset: its server dies, asks to wait or loses it, and its worker is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.accounts.models import User
from curation.argilla import client
from curation.core import leases
from curation.core.errors import Conflict
from curation.core.leases import LeaseLost
from curation.core.storage import storage
from curation.ratings_import.actions import fetches
from curation.ratings_import.actions.fetches import cancel_fetch, carry_out_fetch, claim_fetch, fetch_due, start_fetch
from curation.ratings_import.models import DatasetFetch
from tests.argilla.annotated import Annotated, again, fetched, lines
from tests.workers import ROOT, database_url

pytestmark = pytest.mark.django_db
RECORDS = "/records"


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of one record each."""
    monkeypatch.setitem(client.Argilla.page.__kwdefaults__, "limit", 1)  # type: ignore[index]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that are waited, which pass at once."""
    waited: list[float] = []
    monkeypatch.setattr(fetches, "sleep", waited.append)
    monkeypatch.setattr(fetches, "monotonic", lambda: sum(waited))
    return waited


@pytest.mark.usefixtures("one_by_one")
def test_a_server_that_dies_in_the_middle_is_waited_for(
    there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.argilla.order(**{"break": "before"}, after=1, only="GET", path=RECORDS)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        if not waited:
            there.argilla.start()
            there.argilla.order()
        waited.append(seconds)

    monkeypatch.setattr(fetches, "sleep", sleep)
    monkeypatch.setattr(fetches, "monotonic", lambda: sum(waited))
    made = fetched(there, curator)
    assert (made.state, made.records_done, made.error) == ("done", 3, "")
    assert waited, "it waited, and went on where it was"
    assert [one["id"] for one in lines(made)] == ["tale-0", "tale-1", "tale-2"]


@pytest.mark.usefixtures("one_by_one")
def test_a_server_that_stays_away_is_asked_again_later_from_the_beginning(
    there: Annotated, browser: Client, curator: User, waits: list[float]
) -> None:
    there.argilla.order(**{"break": "before"}, after=1, only="GET", path=RECORDS)
    made = fetched(there, curator)
    assert sum(waits) == 63, "twice as long each time, and two minutes at most"
    assert (made.state, made.records_done, made.file_sha256) == ("pending", 1, "")
    assert made.next_at > timezone.now()
    page = browser.get(reverse("dataset_fetch", args=[made.pk])).content.decode()
    assert "It is tried again." in page
    assert "1 of 3 records." in page
    # However often: who has it fetched sees why it does not get on, and may cancel it.
    for _ in range(6):
        again(made)
        assert made.state == "pending"
    there.argilla.wait_until_ended()
    there.argilla.start()
    again(made)
    assert (made.state, made.records_done, len(lines(made))) == ("done", 3, 3)


@pytest.mark.usefixtures("one_by_one")
def test_a_server_that_asks_to_wait_is_given_the_time(there: Annotated, curator: User, waits: list[float]) -> None:
    there.argilla.order(refuse=429, wait=45, after=1, times=1, only="GET", path=RECORDS)
    made = fetched(there, curator)
    assert (made.state, made.records_done) == ("done", 3)
    assert sum(waits) == 45


@pytest.mark.usefixtures("one_by_one")
def test_a_server_that_asks_to_wait_for_long_is_asked_later(
    there: Annotated, curator: User, waits: list[float]
) -> None:
    there.argilla.order(refuse=429, wait=300, after=1, times=1, only="GET", path=RECORDS)
    made = fetched(there, curator)
    assert (made.state, made.error) == ("pending", "Argilla asks to wait (429). It goes on by itself.")
    assert 290 < (made.next_at - timezone.now()).total_seconds() < 301
    assert not waits
    again(made)
    assert made.state == "done"


def after_one(monkeypatch: pytest.MonkeyPatch, done: Any) -> None:
    """Have something be done once the first page is written."""
    fetch, calls = fetches.fetch, iter([done])

    def hooked(*place: Any, progress: Any, **more: Any) -> int:
        def then(*figures: int) -> None:
            progress(*figures)
            next(calls, lambda: None)()

        return fetch(*place, progress=then, **more)

    monkeypatch.setattr(fetches, "fetch", hooked)


@pytest.mark.usefixtures("one_by_one")
def test_a_dataset_that_is_deleted_meanwhile(there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    after_one(monkeypatch, lambda: there.argilla.call("DELETE", f"datasets/{there.dataset}"))
    made = fetched(there, curator)
    assert (made.state, made.error) == (
        "failed",
        "The dataset is not there any more. What was read of it is not kept.",
    )
    assert not list(storage().entries("files/imports"))


@pytest.mark.usefixtures("one_by_one")
def test_records_that_are_deleted_meanwhile_are_no_reason_to_leave_others_out(
    there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = there.records["tale-0"]
    after_one(monkeypatch, lambda: there.argilla.call("DELETE", f"datasets/{there.dataset}/records", ids=gone))
    made = fetched(there, curator)
    assert (made.state, made.file_sha256) == ("pending", "")
    assert "read again from the beginning" in made.error
    again(made)
    assert [one["id"] for one in lines(made)] == ["tale-1", "tale-2"]


@pytest.mark.usefixtures("one_by_one")
def test_records_that_are_added_meanwhile_come_last(
    there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = {"items": [{"fields": {"text": "A late tale."}, "external_id": "tale-9"}]}
    path = f"datasets/{there.dataset}/records/bulk"
    after_one(monkeypatch, lambda: there.argilla.call("POST", path, json=late))
    made = fetched(there, curator)
    assert [one["id"] for one in lines(made)] == ["tale-0", "tale-1", "tale-2", "tale-9"]
    assert (made.state, made.records_done, made.records_total) == ("done", 4, 4)


@pytest.mark.usefixtures("one_by_one")
def test_one_that_is_deleted_while_another_is_added_is_no_reason_either(
    there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, gone = f"datasets/{there.dataset}/records", there.records["tale-0"]
    late = {"items": [{"fields": {"text": "A late tale."}, "external_id": "tale-9"}]}

    def exchange() -> None:
        there.argilla.call("DELETE", path, ids=gone)
        there.argilla.call("POST", f"{path}/bulk", json=late)

    after_one(monkeypatch, exchange)
    made = fetched(there, curator)
    assert (made.state, made.file_sha256) == ("pending", ""), "there are as many as before"
    assert "read again from the beginning" in made.error
    again(made)
    assert [one["id"] for one in lines(made)] == ["tale-1", "tale-2", "tale-9"]


@pytest.mark.usefixtures("one_by_one")
def test_what_is_deleted_before_it_is_read_is_not_waited_for(
    there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, gone = f"datasets/{there.dataset}/records", there.records["tale-2"]
    after_one(monkeypatch, lambda: there.argilla.call("DELETE", path, ids=gone))
    made = fetched(there, curator)
    assert (made.state, [one["id"] for one in lines(made)]) == ("done", ["tale-0", "tale-1"])


@pytest.mark.usefixtures("one_by_one")
def test_a_fetch_is_cancelled_at_any_time_but_after_its_end(
    there: Annotated, browser: Client, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # While it waits for a worker.
    made = start_fetch(actor=curator, server=there.server, name=there.called)
    browser.post(reverse("dataset_fetch_cancel", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert fetch_due() == 0
    assert "Nothing of it is kept." in browser.get(reverse("dataset_fetch", args=[made.pk])).content.decode()
    with pytest.raises(Conflict, match="ended already"):
        cancel_fetch(actor=curator, fetching=made)
    # While it is carried out: it stores nothing from then on.
    made = start_fetch(actor=curator, server=there.server, name=there.called)
    after_one(monkeypatch, lambda: cancel_fetch(actor=curator, fetching=made))
    claimed = claim_fetch(made.pk)
    assert claimed is not None
    with pytest.raises(LeaseLost):
        carry_out_fetch(*claimed)
    made.refresh_from_db()
    assert (made.state, made.records_done, made.file_sha256) == ("cancelled", 1, "")
    assert not list(storage().entries("files/imports"))
    # What is cancelled does not stand in the way of another.
    assert fetched(there, curator).state == "done"


@pytest.mark.usefixtures("one_by_one")
def test_a_fetch_is_cancelled_while_it_waits_for_the_server(
    there: Annotated, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.argilla.order(refuse=503, after=1, times=100, only="GET", path=RECORDS)
    made = start_fetch(actor=curator, server=there.server, name=there.called)
    monkeypatch.setattr(fetches, "sleep", lambda _: cancel_fetch(actor=curator, fetching=made))
    claimed = claim_fetch(made.pk)
    assert claimed is not None
    with pytest.raises(LeaseLost):
        carry_out_fetch(*claimed)
    made.refresh_from_db()
    assert made.state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_middle_is_followed_by_one_that_begins_anew(
    there: Annotated, curator: User, tmp_path: Path, settings: Any
) -> None:
    made = start_fetch(actor=curator, server=there.server, name=there.called)
    ours = {"DATABASE_URL": database_url(), "EXEMPLA_HOME": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    ours["TMPDIR"] = str(tmp_path)
    command = [sys.executable, "-m", "tests.argilla.fetch_child", "1"]
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ours}, stdin=subprocess.PIPE)
    assert child.stdin is not None
    there.argilla.order(kill=child.pid, after=1, only="GET", path=RECORDS)
    before = set(tmp_path.iterdir())
    child.stdin.write(b"\n")
    child.stdin.close()
    assert child.wait(120) == -signal.SIGKILL
    assert {one for one in tmp_path.iterdir() if one.is_file()} <= before, "nothing of what it read is left"
    made.refresh_from_db()
    assert (made.state, made.records_done) == ("running", 1)
    # As if its minute were over.
    leases.Lease(DatasetFetch, [made.pk], made.token).update(lease_until="2020-01-01T00:00Z")
    assert fetch_due() == 1
    made.refresh_from_db()
    assert (made.state, made.records_done, len(lines(made))) == ("done", 3, 3)
