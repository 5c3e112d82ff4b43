"""The embedded services from the first user to the last, however either of them ends."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from celery import Celery

from curation.core import embedded
from tests.embedded_homes import User, connect, eventually, is_alive, new_home, server, supervisors


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as path:
        yield path


def test_they_run_from_the_first_user_to_the_last() -> None:
    with new_home("a home; 100% mine #1") as home:
        found = embedded.use(home)
        with psycopg.connect(found.owner_url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("exempla",)
        with psycopg.connect(found.runtime_url) as connection:
            role = "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            assert connection.execute(role).fetchone() == ("exempla_runtime", False)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(found.owner_url.replace(found.password, "guessed"))
        assert redis.Redis.from_url(found.redis_url).ping()
        Celery(broker=found.broker_url, set_as_current=False).connection().ensure_connection(timeout=5).release()

        other = User(home)
        assert other.says() == "ready"
        pids = [server(home, "postgres"), server(home, "redis"), *supervisors(home)]
        embedded.release(home)
        assert all(map(is_alive, pids)), "somebody else still uses them"

        other.end(signal.SIGKILL)
        eventually(lambda: not any(map(is_alive, pids)))


def test_only_what_is_used_runs(home: Path) -> None:
    embedded.use(home, {"redis"})
    assert not embedded.Home(home).data("postgres").exists()


def test_many_first_users_start_one_supervisor(home: Path) -> None:
    users = [User(home, ("redis",)) for _ in range(5)]
    assert [user.says() for user in users] == ["ready"] * 5
    assert len(supervisors(home)) == 1
    log = embedded.Home(home).log("supervisor").read_text()
    assert len({line.split()[2] for line in log.splitlines()}) == 1
    for user in users:
        user.end()


def test_a_killed_database_comes_back_with_every_acknowledged_commit(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEMPLA_EMBEDDED_FAST", "0")
    embedded.use(home, {"postgres"})
    with connect(home) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    killed = server(home, "postgres")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: server(home, "postgres") not in {0, killed})
    with connect(home) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


def test_a_killed_supervisor_is_replaced_at_the_next_use(home: Path) -> None:
    embedded.use(home)
    (supervisor,) = supervisors(home)
    servers = {server(home, "postgres"), server(home, "redis")}
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not supervisors(home))
    embedded.use(home)
    assert len(supervisors(home)) == 1
    assert not servers & {server(home, "postgres"), server(home, "redis")}
    with connect(home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_numbers_of_dead_processes_mislead_nobody(home: Path) -> None:
    embedded.use(home, {"postgres"})
    embedded.release(home)
    found = embedded.Home(home)
    # As after a power cut: the number now belongs to another process of ours, and one file was only half written.
    (found.data("postgres") / "postmaster.pid").write_text(f"{os.getpid()}\n/somewhere\n")
    found.sockets.mkdir(exist_ok=True)
    (found.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    found.status.write_text(json.dumps({"postgres": {"ready": True, "pid": os.getpid()}})[:-4])
    embedded.use(home, {"postgres"})
    with connect(home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_homes_do_not_meet_even_where_the_path_is_long(home: Path) -> None:
    with new_home("long" * 40) as far:
        near_socket, far_socket = (str(embedded.use(each, {"redis"}).redis_socket) for each in (home, far))
        redis.Redis(unix_socket_path=near_socket).set("who", "near")
        assert redis.Redis(unix_socket_path=far_socket).get("who") is None
        assert Path(near_socket).is_relative_to(home)
        assert len(far_socket) < 100
        directory = Path(far_socket).parent
        assert directory.stat().st_mode & 0o077 == 0
    eventually(lambda: not directory.exists())


def test_a_socket_that_is_swept_away_comes_back(home: Path) -> None:
    socket = embedded.use(home, {"redis"}).redis_socket
    socket.unlink()
    eventually(lambda: socket.exists() and redis.Redis(unix_socket_path=str(socket)).ping())


def test_servers_do_not_outlive_a_home_that_was_removed() -> None:
    with new_home() as home:
        embedded.use(home, {"redis"})
        pid = server(home, "redis")
        (home / "embedded" / "supervisor.lock").unlink()
        eventually(lambda: not is_alive(pid))
