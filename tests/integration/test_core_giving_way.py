"""What gives way to those who wait for a page, in the database as well."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from django.db import connection

from curation.core import giving_way

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has a priority for each thread"),
]
SESSIONS = Path("/proc/self/autogroup").exists()


def further_back(function: Callable[[], object]) -> int:
    """Call the function in a thread that has stepped back, as a worker has; return how far it has."""

    def run() -> int:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + 3)
        try:
            function()
        finally:
            connection.close()
            # Its process would go on to serve others.
            connection.close_pool()
        return os.getpriority(os.PRIO_PROCESS, thread)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def server() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def test_what_a_worker_asks_of_the_database_steps_back_as_the_worker_does() -> None:
    found: list[int | str] = []

    def look() -> None:
        connection.close_pool()
        found.append(os.getpriority(os.PRIO_PROCESS, server()))
        if SESSIONS:
            found.append(Path(f"/proc/{server()}/autogroup").read_text().split()[-1])

    before = os.getpriority(os.PRIO_PROCESS, server())
    niceness = further_back(look)
    assert before < niceness
    assert found == [niceness, str(niceness)] if SESSIONS else [niceness]
    assert os.getpriority(os.PRIO_PROCESS, server()) == before


def test_the_database_of_another_machine_is_not_asked_to_step_back() -> None:
    said: list[bool] = []

    def ask() -> None:
        connection.ensure_connection()
        settings = connection.settings_dict
        ours = SimpleNamespace(info=SimpleNamespace(backend_pid=os.getpid()))
        for host, held in (("db.example.org", connection.connection), (settings["HOST"], ours)):
            elsewhere = cast("BaseDatabaseWrapper", SimpleNamespace(settings_dict={"HOST": host}, connection=held))
            said.append(giving_way.database_steps_back(elsewhere))
        said.append(giving_way.database_steps_back(connection))

    further_back(ask)
    assert said == [False, False, True]


@pytest.mark.parametrize("obeys", [True, False])
def test_a_database_that_cannot_step_back_has_rest_instead(obeys: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rested: list[float] = []
    monkeypatch.setattr(giving_way, "REST", 3.0)
    monkeypatch.setattr(giving_way, "database_steps_back", lambda _connection: obeys)
    monkeypatch.setattr("time.sleep", rested.append)
    for seconds in (0.5, 60.0):
        giving_way.give_rest(seconds, connection)
    assert rested == ([] if obeys else [1.5, giving_way.LONGEST_REST])


def test_a_session_that_others_keep_from_stepping_back_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def others_were_first(process: str, _niceness: int) -> None:
        tried.append(process)
        if len(tried) < 3:
            raise BlockingIOError

    monkeypatch.setattr(giving_way, "_session_steps_back", others_were_first)
    monkeypatch.setattr("os.nice", lambda _niceness: None)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    giving_way.step_back(4)
    assert tried == ["self"] * 3
