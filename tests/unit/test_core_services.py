"""The state directory belongs to one account, whoever else uses the machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from curation.core import embedded, services
from curation.core.management.commands.serve import Command


@pytest.fixture(autouse=True)
def lax() -> Iterator[None]:
    """An account that lets everybody read what it makes."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_other_users_of_the_machine_read_nothing_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "set")
    home = tmp_path / "home"
    for folder in ("logs", "files", "blobs"):
        (home / folder).mkdir(parents=True)
    services.close_to_others(home)
    (home / "later").mkdir()
    (home / "later.txt").write_text("a story")
    assert [mode(home / name) for name in ("", "logs", "files", "blobs", "later")] == [0o700] * 5
    assert mode(home / "later.txt") == 0o600


def test_the_embedded_servers_of_root_may_pass_through_and_read_nothing_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    for folder in ("logs", "embedded", "nested/embedded"):
        (home / folder).mkdir(parents=True)
    before = mode(home / "embedded")
    services.close_to_others(home)
    assert mode(home) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(home / "logs") == 0o700
    assert mode(home / "embedded") == before
    assert mode(home / "nested") == 0o755


def test_a_database_that_ends_once_it_was_called_ready_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXEMPLA_HOME", str(tmp_path / "home"))
    # Killed after the look at what its supervisor said last.
    monkeypatch.setattr(embedded, "use", lambda home, _services: embedded.Home(home))
    services.start()
    served = Command()
    served.trouble = ""
    served._keep_services_up()
    assert served.trouble == ""


@pytest.mark.parametrize(
    ("given", "redis", "broker"),
    [
        ("redis://h:1/2", "redis://h:1/2", "redis://h:1/2"),
        ("unix:///r.sock?db=3", "unix:///r.sock?db=3", "redis+socket:///r.sock?virtual_host=3"),
        ("redis+socket:///r.sock?virtual_host=3", "unix:///r.sock?db=3", "redis+socket:///r.sock?virtual_host=3"),
    ],
)
def test_either_spelling_of_a_socket_is_understood_by_both_clients(given: str, redis: str, broker: str) -> None:
    assert services.spellings(given) == (redis, broker)
