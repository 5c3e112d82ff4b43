"""Long campaigns against paid scoring: whatever dies, each story ends with one set of scores, and is paid for once.

Afterwards the ledger is held against the stand-in's own bill. It may lack what was in flight when a worker was killed,
which counts as spent, unknown; it may not lack anything else.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections

from curation.core.embedded import binaries
from curation.core.embedded.account import own_account
from curation.core.services import home
from curation.scoring.models import JudgeAnswer, ScoreJob, ScoreRun
from tests.embedded_homes import server
from tests.judging_runs import check_bill, check_ledger, check_whole, run_of
from tests.model_stand_in import StandIn
from tests.model_stand_in.faults import SENT, SILENT, Faults
from tests.workers import Worker, flush, until, worker

pytestmark = pytest.mark.django_db(transaction=True)
STORIES, IN_FLIGHT, KILLS = 1_500, 64, 20
# PostgreSQL that is not safe against a crash may forget what it has confirmed; `make faults` runs one that is.
IS_SAFE = os.environ.get("EXEMPLA_EMBEDDED_FAST") == "0"
STOPS = (signal.SIGKILL, signal.SIGINT, signal.SIGKILL) if IS_SAFE else (signal.SIGINT,) * 3


def begun(stand_in: StandIn, faults: Faults | None = None, *, seconds: float = 0.5, stories: int = STORIES) -> ScoreRun:
    """A run that takes a while."""
    stand_in.begin(faults, seconds=seconds)
    return run_of(stand_in, stories, in_flight=IN_FLIGHT)


def patiently(count: Callable[[], int]) -> int:
    """What a query finds, asked again where the database was away."""
    while True:
        try:
            return count()
        except DatabaseError:
            connection.close()
            time.sleep(0.2)


def answers() -> int:
    """How many answers are stored."""
    return patiently(JudgeAnswer.objects.count)


def open_jobs() -> int:
    """How many jobs of runs are neither done nor given up."""
    return patiently(ScoreJob.objects.filter(run__isnull=False, state__in=["pending", "leased"]).count)


def finish(folder: Path, seconds: float = 600) -> None:
    """Let a worker do the rest."""
    with worker(folder):
        until(lambda: not open_jobs(), seconds=seconds)


def await_more(than: int) -> float:
    """Wait until more answers are stored, and return for how long."""
    return until(lambda: answers() > than or not open_jobs(), seconds=180)


def test_workers_killed_at_random_moments(stand_in: StandIn, tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - which moment to kill at is no secret
    run = begun(stand_in)
    kills, gaps = 0, []
    while kills < KILLS and open_jobs():
        with worker(tmp_path):
            gaps.append(await_more(answers()))
            time.sleep(chance.uniform(0, 1.5))
        kills += 1
        if kills % 4 == 0:
            flush()
    finish(tmp_path)
    check_whole(run)
    bill = check_bill(stand_in, lost=kills * 2 * IN_FLIGHT)
    asked = Counter(entry.asked for entry in bill.entries)
    again = sum(asked.values()) - len(asked)
    print(f"{kills} kills, {again} calls bought again, first answer after a start {max(gaps):.1f} s")  # noqa: T201
    assert again <= kills * 2 * IN_FLIGHT


def test_a_worker_that_is_asked_to_end_loses_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    run = begun(stand_in, seconds=2.0, stories=600)
    for _ in range(3):
        running = Worker(tmp_path)
        try:
            await_more(answers())
            began = time.monotonic()
            running.ask_to_end()
            took = time.monotonic() - began
        finally:
            running.kill()
        assert not ScoreJob.objects.filter(run=run, state="leased").exists()
        assert stand_in.bill().calls == answers()
        print(f"ended {took:.1f} s after it was asked to")  # noqa: T201
    finish(tmp_path)
    check_whole(run)
    check_ledger(stand_in)


def test_redis_emptied_time_and_again(stand_in: StandIn, tmp_path: Path) -> None:
    run = begun(stand_in)
    with worker(tmp_path):
        while open_jobs():
            flush()
            time.sleep(2)
    check_whole(run)
    check_ledger(stand_in)


@contextmanager
def own_redis(folder: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Yield what starts a Redis of this test's own, which may be ended and started again."""
    program = binaries.runnable(binaries.valkey(), own_account())
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [str(program), "--port", "0", "--unixsocket", str(folder / "redis.sock"), "--save", ""]
        started.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL))
        return started[-1]

    try:
        yield start
    finally:
        for one in started:
            one.kill()
            one.wait()


def test_redis_gone_for_half_a_minute(stand_in: StandIn, tmp_path: Path) -> None:
    run = begun(stand_in, seconds=2.0)
    with own_redis(tmp_path) as start:
        redis = start()
        until((tmp_path / "redis.sock").exists)
        running = Worker(tmp_path, redis=f"redis+socket://{tmp_path / 'redis.sock'}")
        try:
            await_more(0)
            redis.kill()
            redis.wait()
            before = answers()
            time.sleep(30)
            assert answers() > before, "what was begun goes on without it"
            start()
            until(lambda: not open_jobs(), seconds=600)
        finally:
            running.kill()
    check_whole(run)
    check_ledger(stand_in)


def test_postgres_killed_and_restarted(stand_in: StandIn, tmp_path: Path) -> None:
    run = begun(stand_in)
    with worker(tmp_path):
        await_more(0)
        for signum in STOPS:
            os.kill(server(home(), "postgres"), signum)
            connections.close_all()
            time.sleep(4)
            before = answers()
            await_more(before)
        until(lambda: not open_jobs(), seconds=600)
    check_whole(run)
    bill = stand_in.bill()
    assert bill.calls == answers() == STORIES


def test_a_provider_that_is_gone_for_a_minute(stand_in: StandIn, tmp_path: Path) -> None:
    run = begun(stand_in)
    with worker(tmp_path):
        await_more(0)
        stand_in.refuse()
        time.sleep(60)
        # Those whose call was cut off have one attempt behind them, and nobody more than one.
        attempts = Counter(ScoreJob.objects.filter(run=run, state="pending").values_list("attempts", flat=True))
        stand_in.accept()
        back = await_more(answers())
        until(lambda: not open_jobs(), seconds=600)
    print(f"first answer {back:.1f} s after it was back; attempts of those that waited: {dict(attempts)}")  # noqa: T201
    assert max(attempts) <= 1
    assert attempts[1] <= IN_FLIGHT
    check_whole(run)
    check_bill(stand_in, lost=IN_FLIGHT)


@pytest.mark.parametrize(
    ("faults", "stories"),
    [
        (Faults(rates={"limited": 0.3, "overloaded": 0.05}, retry_after=1), 400),
        (Faults(rates={"truncated_answer": 0.05, "wrong_types_answer": 0.05, "garbage_answer": 0.05}), STORIES),
        (Faults(rates={"truncated_body": 0.05, "wrong_types_body": 0.05, "html_body": 0.05}), STORIES),
        (Faults(rates={"reset": 0.05, "reset_at_once": 0.05}), STORIES),
        (Faults(rates={"huge_body": 0.02}), 400),
        (Faults(rates={"drip": 0.02}, drip_seconds=120), 400),
        (Faults(rates={"limited": 0.05, "unavailable": 0.03, "garbage_answer": 0.02}, retry_after=1), STORIES),
    ],
    ids=lambda value: "+".join(value.rates) if isinstance(value, Faults) else "",
)
def test_answers_of_every_bad_kind(stand_in: StandIn, tmp_path: Path, faults: Faults, stories: int) -> None:
    run = begun(stand_in, faults, stories=stories)
    with worker(tmp_path):
        until(lambda: not open_jobs(), seconds=1_200)
    failed = ScoreJob.objects.filter(run=run, state="failed").count()
    met = stand_in.seen()["met"]
    print(f"{met}, {failed} of {stories} given up")  # noqa: T201
    assert failed <= stories / 100
    if not failed:
        check_whole(run)
    # Of an answer that says no tokens, or that broke off, nobody knows what it came to.
    said_nothing = sum(met.get(fault, 0) for fault in (*SENT, *SILENT))
    check_bill(stand_in, lost=said_nothing)
