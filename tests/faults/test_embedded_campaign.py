"""Long campaigns against the embedded services: whatever is killed or runs full, nothing acknowledged is lost."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from curation.core import embedded
from tests.embedded_homes import User, connect, eventually, is_alive, new_home, server, supervisors

ROUNDS = 25


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as path:
        yield path


def answers(home: Path) -> bool:
    """Whether the database takes connections."""
    try:
        connect(home).close()
    except psycopg.OperationalError:
        return False
    return True


class Writer(threading.Thread):
    """Commits numbers one by one, and remembers those it was told are stored."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home, self.acknowledged, self.over = home, 0, threading.Event()

    def run(self) -> None:
        value = 0
        while not self.over.is_set():
            try:
                with connect(self.home) as connection:
                    while not self.over.is_set():
                        value += 1
                        connection.execute("INSERT INTO ledger VALUES (%s)", [value])
                        self.acknowledged = value
            except psycopg.OperationalError:
                self.over.wait(0.05)


def test_no_acknowledged_commit_is_lost_to_kill_9(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXEMPLA_EMBEDDED_FAST", "0")
    embedded.use(home)
    with connect(home) as connection:
        connection.execute("CREATE TABLE ledger (value bigint PRIMARY KEY)")
    writer = Writer(home)
    writer.start()
    choose = random.Random(7)  # noqa: S311
    try:
        for _ in range(ROUNDS):
            before = writer.acknowledged
            victims = {
                "postgres": {server(home, "postgres")},
                "redis": {server(home, "redis")},
                "supervisor": supervisors(home),
            }
            for pid in victims[choose.choice(sorted(victims))] - {0}:
                # The supervisor may not have noticed yet that one killed before has ended.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                eventually(lambda pid=pid: not is_alive(pid))
            embedded.use(home)
            eventually(lambda before=before: writer.acknowledged > before + 50)
    finally:
        writer.over.set()
        writer.join()
    # The last backend may have served for a moment after its server was killed.
    eventually(lambda: answers(home))
    with connect(home) as connection:
        stored = {value for (value,) in connection.execute("SELECT value FROM ledger")}
    # A number that was refused may be stored or not, and is not tried again; those acknowledged are all there.
    assert writer.acknowledged in stored
    assert len(stored) >= writer.acknowledged - 10 * ROUNDS


def compute_for_hours(home: Path) -> None:
    """A query that never looks up, until it is cut off."""
    with suppress(psycopg.OperationalError), connect(home) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 100000000000)")


def test_a_computing_backend_of_a_killed_database_does_not_block_the_next(home: Path) -> None:
    embedded.use(home, {"postgres"})
    computing = threading.Thread(target=compute_for_hours, args=[home])
    computing.start()
    with connect(home) as connection:
        running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%generate_series%%' AND pid <> %s"
        eventually(lambda: connection.execute(running, [connection.info.backend_pid]).fetchone() == (1,))
    killed = server(home, "postgres")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: server(home, "postgres") not in {0, killed}, seconds=60)
    computing.join(timeout=30)
    assert not computing.is_alive()


def test_users_that_come_and_are_killed_leave_nothing(home: Path) -> None:
    choose = random.Random(11)  # noqa: S311
    users: list[User] = []
    for _ in range(ROUNDS):
        users.append(User(home, choose.choice([("redis",), ("postgres", "redis")])))
        if choose.random() < 0.6:
            assert users[-1].says() == "ready"
        if len(users) > 3:
            users.pop(choose.randrange(len(users))).end(choose.choice([signal.SIGKILL, signal.SIGTERM, None]))
    for user in users:
        user.end(signal.SIGKILL)
    eventually(lambda: not supervisors(home))
    embedded.use(home)


@pytest.mark.parametrize("delay", [0.05, 0.15, 0.3, 0.5, 0.8])
def test_a_first_start_that_was_killed_is_begun_again(home: Path, delay: float) -> None:
    user = User(home)
    eventually(lambda: supervisors(home))
    time.sleep(delay)
    for pid in supervisors(home):
        os.kill(pid, signal.SIGKILL)
    user.end(signal.SIGKILL)
    embedded.use(home)
    with connect(home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_redis_whose_directory_has_vanished_is_stopped_all_the_same(home: Path) -> None:
    embedded.use(home, {"redis"})
    pid = server(home, "redis")
    shutil.rmtree(embedded.Home(home).data("redis"))
    embedded.release(home)
    assert not is_alive(pid)
    embedded.use(home, {"redis"})


def test_a_frozen_database_does_not_hold_up_the_end(home: Path) -> None:
    embedded.use(home, {"postgres"})
    pid = server(home, "postgres")
    os.kill(pid, signal.SIGSTOP)
    embedded.release(home, timeout=60)
    assert not is_alive(pid)
    embedded.use(home, {"postgres"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("megabytes", [2, 20, 45])
def test_a_full_disk_is_called_that_and_works_once_there_is_room(megabytes: int) -> None:
    with new_home() as home:
        home.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(home)]
        subprocess.run(mount, check=True)
        try:
            with pytest.raises(embedded.EmbeddedServiceError, match="Free some space"):
                embedded.use(home)
            subprocess.run(["mount", "-o", "remount,size=300m", str(home)], check=True)
            embedded.use(home)
            with connect(home) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            embedded.release(home)
        finally:
            subprocess.run(["umount", "--lazy", str(home)], check=True)
