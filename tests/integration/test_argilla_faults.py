"""What befalls a link: its process is killed, the clock there is wrong, and somebody changes the dataset there."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from annotations.models import Review
from curation.argilla import client
from curation.argilla.models import ArgillaAnswer, ArgillaRecord, Link
from curation.core import leases
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, queue_of
from tests.workers import ROOT, database_url, until

HOUR = 3_600


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TRIES", 1)


@pytest.fixture
def linked(argilla: Argilla) -> Linked:
    """A queue of five stories, whose dataset is there and empty."""
    made = Linked(argilla, queue_of(stories=[add_story() for _ in range(5)]))
    assert made.synced(pushes=False).fault == ""
    return made


def killed(linked: Linked, tmp_path: Path, settings: Any, part: int, page: int, **at: Any) -> None:
    """Carry out a round in another process, and kill that when Argilla gets the call that `at` says."""
    Link.objects.update(next_at="2020-01-01T00:00Z", read_at=None)
    ours = {"DATABASE_URL": database_url(), "EXEMPLA_HOME": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, "-m", "tests.argilla.round_child", str(part), str(page)]
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ours}, stdin=subprocess.PIPE)
    assert child.stdin is not None
    linked.argilla.order(kill=child.pid, **at)
    child.stdin.write(b"\n")
    child.stdin.close()
    assert child.wait(120) == -signal.SIGKILL
    link = Link.objects.get()
    assert link.state == "running"
    # As if its minute were over.
    leases.Lease(Link, [link.pk], link.token).update(lease_until="2020-01-01T00:00Z")
    leases.reclaim(Link)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_while_it_sends(linked: Linked, tmp_path: Path, settings: Any) -> None:
    killed(linked, tmp_path, settings, 2, 200, after=1, only="PUT", path="/records/bulk")
    # The second part is carried out there, and nobody heard of that.
    until(lambda: len(linked.records()) == 4)
    assert ArgillaRecord.objects.count() == 2
    assert linked.synced().fault == ""
    there = linked.records()
    assert len({one["external_id"] for one in there}) == len(there) == ArgillaRecord.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_while_it_reads(linked: Linked, tmp_path: Path, settings: Any) -> None:
    linked.synced()
    _anna, there = linked.reader()
    for one in linked.records():
        linked.answer(there, one["id"], linked.rated())
    killed(linked, tmp_path, settings, 200, 1, after=2, only="GET", path=f"{linked.link.dataset}/records")
    assert (Review.objects.count(), Link.objects.get().read_to) == (2, 2)
    assert (linked.synced().fault, Link.objects.get().read_to) == ("", 0)
    # Each once, and a round that reads all of it again changes nothing.
    assert set(Counter(Review.objects.values_list("story", flat=True)).values()) == {1}
    Link.objects.update(read_at=None)
    assert (linked.synced().found, Review.objects.count(), ArgillaAnswer.objects.count()) == (0, 5, 5)


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_clock_that_is_an_hour_wrong_there(linked: Linked, ahead: int) -> None:
    linked.synced()
    _anna, there = linked.reader()
    first, second = (one["id"] for one in linked.records()[:2])
    linked.answer(there, first, linked.rated(2))
    assert linked.synced().found == 1
    linked.argilla.order(clock=ahead)
    linked.answer(there, second, linked.rated(3))
    assert linked.synced().found == 1
    linked.answer(there, second, linked.rated(4))
    assert linked.synced().found == 1
    values = {one.pk: set(one.ratings.values_list("value", flat=True)) for one in Review.objects.live_commits()}
    assert list(values.values()) == [{2}, {4}]
    assert linked.synced().found == 0
    # Once it is right again, what is said looks as if it were older, or much later.
    linked.argilla.order(clock=0)
    linked.answer(there, second, linked.rated(5))
    assert (linked.synced().found, linked.synced().found) == (1, 0)
    newest = Review.objects.live_commits().order_by("-pk")[0]
    assert set(newest.ratings.values_list("value", flat=True)) == {5}


@pytest.mark.django_db
def test_what_is_renamed_and_set_anew_there_is_read_as_before(linked: Linked) -> None:
    linked.synced()
    _anna, there = linked.reader()
    path = f"datasets/{linked.link.dataset}"
    linked.argilla.call("PATCH", path, json={"name": "renamed", "guidelines": "Other ones."})
    linked.argilla.call("PATCH", path, json={"distribution": {"strategy": "overlap", "min_submitted": 1}})
    for name, one in linked.questions().items():
        linked.argilla.call("PATCH", f"questions/{one['id']}", json={"title": f"Another {name}"})
    record = linked.records()[0]["id"]
    linked.answer(there, record, linked.rated(3))
    assert (linked.synced().fault, Review.objects.count()) == ("", 1)
    # How many reviews a story needs is said here.
    item = Review.objects.get().assignment.item
    assert (item.seats_left, item.queue.overlap) == (1, 2)


@pytest.mark.django_db
def test_a_question_that_is_not_there_any_more(linked: Linked) -> None:
    linked.synced()
    # Argilla itself keeps to what was published.
    with sqlite3.connect(linked.argilla.home / "argilla.db", timeout=30) as database:
        database.execute("DELETE FROM questions WHERE id = ?", [linked.questions()["A1"]["id"].replace("-", "")])
    database.close()
    assert "lacks questions that answers are read by: A1" in linked.synced().fault
    linked.link.refresh_from_db()
    assert linked.link.state == "failed"
