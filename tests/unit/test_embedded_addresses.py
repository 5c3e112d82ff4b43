"""Where a home's services are, worked out without starting any."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
import pytest
from psycopg.conninfo import conninfo_to_dict

from curation.core import embedded
from curation.core.embedded import binaries, files, server
from curation.core.embedded.account import Account, own_account, server_account
from curation.core.embedded.home import sockets_of
from curation.core.embedded.postgres import Postgres
from tests.embedded_homes import new_home


def test_an_address_starts_nothing_and_stays_the_same() -> None:
    with new_home() as home:
        assert embedded.Home(home).owner_url == embedded.Home(home).owner_url
        assert sorted(path.name for path in (home / "embedded").iterdir()) == ["password"]


def test_the_password_is_private_and_one_for_all_who_come_first_together() -> None:
    with new_home() as home, ThreadPoolExecutor(8) as pool:
        assert len({found.password for found in pool.map(embedded.Home, [home] * 32)}) == 1
        assert (home / "embedded" / "password").stat().st_mode & 0o777 == 0o600
        assert (home / "embedded").stat().st_mode & 0o777 == 0o700
        assert embedded.Home(home).password not in repr(embedded.Home(home))


def test_a_link_to_a_home_leads_to_the_same_sockets() -> None:
    with new_home() as home:
        home.mkdir()
        link = home.with_name("link")
        link.symlink_to(home)
        assert embedded.Home(link).owner_url == embedded.Home(home).owner_url


@pytest.mark.parametrize("name", ["plain", "two words", "100%", "a+b&c=d?e#f", "com,ma", "ümläut", "at@colon:semi;"])
def test_every_client_reads_the_same_sockets_out_of_its_url(name: str) -> None:
    with new_home(name) as home:
        found = embedded.Home(home)
        assert conninfo_to_dict(found.owner_url)["host"] == str(found.sockets)
        assert dj_database_url.parse(found.owner_url)["HOST"] == str(found.sockets)
        assert unquote(urlsplit(found.redis_url).path) == str(found.redis_socket)
        assert unquote(urlsplit(found.broker_url).path) == str(found.redis_socket)


@pytest.mark.parametrize("name", ["x" * 90, "com,ma"])
def test_sockets_move_where_their_path_would_not_work(name: str) -> None:
    state = Path("/srv") / name / "embedded"
    assert sockets_of(state, owner=1000).parent != state
    assert sockets_of(state, owner=1000) != sockets_of(Path("/srv") / f"{name}2" / "embedded", owner=1000)


def test_a_socket_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "planted").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(embedded.EmbeddedServiceError, match="made by another account"):
        files.own_directory(tmp_path / "planted", {os.geteuid()})
    with pytest.raises(embedded.EmbeddedServiceError, match="made by another account"):
        files.own_directory(tmp_path / "elsewhere", {os.geteuid() + 1})


def test_a_home_that_cannot_be_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(embedded.EmbeddedServiceError, match="Set EXEMPLA_HOME"):
        embedded.Home(tmp_path / "file" / "home")


def test_a_platform_without_wheels_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(embedded.EmbeddedServiceError, match="Set DATABASE_URL"):
        binaries.postgres()
    with pytest.raises(embedded.EmbeddedServiceError, match="Set REDIS_URL"):
        binaries.valkey()


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"redis": 1}', '{"redis": {"colour": "red"}}', '{"redis"'])
def test_a_torn_status_says_nothing(torn: str) -> None:
    with new_home() as home:
        found = embedded.Home(home)
        found.status.write_text(torn)
        assert server.published(found) == {}


def test_a_status_comes_back_as_it_was_told() -> None:
    with new_home() as home:
        told = {
            "redis": server.ServerReport(ready=True, pid=7),
            "postgres": server.ServerReport(failures=2, reason="why"),
        }
        server.publish(embedded.Home(home), told)
        assert server.published(embedded.Home(home)) == told


@pytest.mark.parametrize("named", ["postgres", "tail"])
def test_files_that_a_postgres_started_by_hand_serves_are_left_alone(named: str) -> None:
    with new_home() as home:
        found = embedded.Home(home)
        data = found.data("postgres")
        data.mkdir()
        (data / "PG_VERSION").touch()
        (home / named).symlink_to("/bin/sh")
        program = [home / named, "-c", "echo running; read line", "-D", data]
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            try:
                # For a moment after the start of a program the system shows no command line of it.
                assert other.stdout is not None
                assert other.stdout.readline() == b"running\n"
                (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n")
                refused = pytest.raises(embedded.EmbeddedServiceError, match=f"Process {other.pid} already serves")
                with refused if named == "postgres" else nullcontext():
                    Postgres(found, own_account()).prepare()
                assert (data / "postmaster.pid").exists() == (named == "postgres")
            finally:
                other.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as somebody else")
def test_root_hands_the_servers_to_an_unprivileged_account() -> None:
    assert server_account(0).uid != 0
    assert server_account(1).uid == 1, "the home's owner, if it is not root"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as somebody else")
def test_programs_in_a_folder_closed_to_the_servers_are_copied_out_of_it(tmp_path: Path) -> None:
    real = binaries.valkey()
    closed = tmp_path / "closed"
    (closed / real.path).parent.mkdir(parents=True)
    (closed / real.path).write_bytes(real.file.read_bytes())
    (closed / real.path).chmod(0o700)
    closed.chmod(0o700)
    shut = binaries.Program(closed, real.path, real.parts)
    nobody = server_account(0)
    assert not binaries.runnable(shut, nobody).is_relative_to(closed)
    assert binaries.runnable(shut, Account(0, 0, other=False)) == closed / real.path
