"""Using the services: they run from the first user's first word to the last user's end.

They are brought up by exactly one supervisor, started by any of the processes that wait for it.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from pathlib import Path

from curation.core.embedded.account import server_account
from curation.core.embedded.errors import EmbeddedServiceError
from curation.core.embedded.files import (
    disk_errors_explained,
    disk_full,
    has_little_room,
    open_log,
    tells_of_full_disk,
)
from curation.core.embedded.home import SERVICES, Home
from curation.core.embedded.locks import is_held, open_lock, take
from curation.core.embedded.server import ServerReport, published

_PROJECT = str(Path(__file__).resolve().parents[3])
_FAILURES_BEFORE_GIVING_UP = 3

# The locks that make this process a user. A child made by fork shares them, and so counts as the same user.
_registered: dict[tuple[Path, str], int] = {}
_guard = threading.Lock()


def use(place: Path, services: Collection[str] = SERVICES, *, timeout: float = 60.0) -> Home:
    """Make sure that the services of this home are up, and keep them up until this process ends."""
    home, wanted = Home(place), sorted(services)
    deadline = time.monotonic() + timeout
    with disk_errors_explained(home.path):
        with _guard:
            for service in wanted:
                if (home.path, service) not in _registered:
                    _registered[home.path, service] = _register(home, service, deadline)
        _await_services(home, wanted, deadline)
    return home


def registrations(place: Path) -> tuple[int, ...]:
    """Descriptors that make a child which inherits them a user too, for as long as it lives."""
    real = place.expanduser().resolve()
    return tuple(descriptor for (used, _), descriptor in _registered.items() if used == real)


def release(place: Path, *, timeout: float = 30.0) -> None:
    """Use the services no more and, unless somebody else does, wait until they have stopped."""
    real = place.expanduser().resolve()
    with _guard:
        mine = [_registered.pop(key) for key in list(_registered) if key[0] == real]
    for descriptor in mine:
        os.close(descriptor)
    # Where the home has been removed there is nothing left to stop, and it must not come into being again.
    if not mine or not (real / "embedded").exists():
        return
    home = Home(real)
    home.stop_at_once.touch()
    deadline = time.monotonic() + timeout
    while is_held(home.supervisor_lock) and home.stop_at_once.exists() and time.monotonic() < deadline:
        time.sleep(0.03)


def _register(home: Home, service: str, deadline: float) -> int:
    descriptor = open_lock(home.users_lock(service))
    # The supervisor holds it alone only while it stops a server that nobody used.
    if not take(descriptor, shared=True, seconds=deadline - time.monotonic()):
        os.close(descriptor)
        raise EmbeddedServiceError(f"The last {service} does not stop.", f"See {home.log('supervisor')}.")
    return descriptor


def _await_services(home: Home, wanted: list[str], deadline: float) -> None:
    """Return when the supervisor calls all of them ready; start it whenever there is none."""
    failures_before = {name: report.failures for name, report in published(home).items()}
    starts = 0
    while True:
        # Only the word of a supervisor that lives can be trusted.
        reports = published(home) if is_held(home.supervisor_lock) else {}
        late = {
            name: reports.get(name, ServerReport()) for name in wanted if not reports.get(name, ServerReport()).ready
        }
        if not late:
            return
        if _start_supervisor(home):
            failures_before, starts = {}, starts + 1
        if starts > _FAILURES_BEFORE_GIVING_UP:
            raise _failure(home, "The supervisor of the embedded services does not start.", "supervisor")
        for name, report in late.items():
            # Whoever comes later, perhaps with the trouble mended, sees at least one new attempt.
            if report.failures >= max(_FAILURES_BEFORE_GIVING_UP, failures_before.get(name, 0) + 1):
                raise _failure(home, report.reason, name, report.remedy)
        if time.monotonic() > deadline:
            raise _failure(home, f"{' and '.join(late)} did not become ready in time.", min(late))
        time.sleep(0.03)


def _start_supervisor(home: Home) -> bool:
    """Start the supervisor, unless there is one or somebody else is at it; say whether this process did.

    The supervisor inherits the lock, and lets go of it once it holds its own: until then nobody starts another.
    """
    server_account(home.owner)
    lock = open_lock(home.starter_lock)
    try:
        if is_held(home.supervisor_lock) or not take(lock) or is_held(home.supervisor_lock):
            return False
        command = [sys.executable, "-P", "-m", "curation.core.embedded.supervisor", str(home.path), str(lock)]
        search = os.pathsep.join(filter(None, [_PROJECT, os.environ.get("PYTHONPATH")]))
        with open_log(home.log("supervisor")) as output:
            subprocess.run(
                command, cwd="/", env={**os.environ, "PYTHONPATH": search},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=[lock], start_new_session=True, check=False,
            )  # fmt: skip
    finally:
        os.close(lock)
    return True


def _failure(home: Home, reason: str, log: str, remedy: str = "") -> EmbeddedServiceError:
    if tells_of_full_disk(reason) or has_little_room(home.state):
        return disk_full(home.state)
    return EmbeddedServiceError(reason, remedy or f"See {home.log(log)}.")
