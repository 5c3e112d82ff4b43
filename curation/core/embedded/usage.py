"""Using the services: they run from the first user's first word to the last user's end."""

import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

from curation.core.embedded import binaries
from curation.core.embedded.errors import NotReadyInTime
from curation.core.embedded.files import disk_errors_explained
from curation.core.embedded.locks import open_lock, take
from curation.core.embedded.paths import POSTGRES, SERVICES, ServicePaths
from curation.core.embedded.services import Services, address, paths_of
from curation.core.embedded.starting import await_services, is_supervised

# The locks that make this process a user. A child made by fork shares them, and so counts as the same user.
_registered: dict[tuple[Path, str], int] = {}
_guard = threading.Lock()


def use(home: Path, services: Collection[str] = SERVICES, *, timeout: float = 60.0) -> Services:
    """Make sure that the services of this home are up, and keep them up until this process ends."""
    found, paths = address(home), paths_of(home)
    deadline = time.monotonic() + timeout
    wanted = sorted(services)
    for service in wanted:
        (binaries.postgres if service == POSTGRES else binaries.valkey)()
    with _guard:
        for service in wanted:
            if (paths.home, service) not in _registered:
                _registered[paths.home, service] = _register(paths, service, deadline)
    await_services(paths, wanted, deadline)
    return found


def registrations(home: Path) -> tuple[int, ...]:
    """Descriptors that make a child which inherits them a user too, for as long as it lives."""
    real = home.expanduser().resolve()
    return tuple(descriptor for (used, _), descriptor in _registered.items() if used == real)


def release(home: Path, *, timeout: float = 30.0) -> None:
    """Use the services no more and, unless somebody else does, wait until they have stopped."""
    real = home.expanduser().resolve()
    with _guard:
        mine = [_registered.pop(key) for key in list(_registered) if key[0] == real]
    for descriptor in mine:
        os.close(descriptor)
    # Where the home has been removed there is nothing left to stop, and it must not come into being again.
    if not mine or not (real / "embedded").exists():
        return
    paths = paths_of(real)
    paths.stop_at_once.touch()
    deadline = time.monotonic() + timeout
    while is_supervised(paths) and paths.stop_at_once.exists() and time.monotonic() < deadline:
        time.sleep(0.03)


def _register(paths: ServicePaths, service: str, deadline: float) -> int:
    with disk_errors_explained(paths.home):
        descriptor = open_lock(paths.users_lock(service))
    # The supervisor holds it alone only while it stops a server that nobody used.
    if not take(descriptor, shared=True, seconds=deadline - time.monotonic()):
        os.close(descriptor)
        raise NotReadyInTime(f"The last {service} does not stop.", f"See {paths.log('supervisor')}.")
    return descriptor
