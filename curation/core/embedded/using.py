"""Using the services: they run from the first user's first word to the last user's end."""

import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

from curation.core.embedded import binaries
from curation.core.embedded.errors import NotReadyInTime
from curation.core.embedded.files import disk_errors_explained
from curation.core.embedded.locks import is_shared, open_lock, take
from curation.core.embedded.places import POSTGRES, SERVICES, Places
from curation.core.embedded.services import Services, address, places_of
from curation.core.embedded.starter import is_supervised
from curation.core.embedded.waiting import await_services, unready

_LOOKS_TO_BE_SURE = 5

# The locks that make this process a user. A child made by fork shares them, and so counts as the same user.
_registered: dict[tuple[Path, str], int] = {}
_guard = threading.Lock()


def use(
    home: Path, services: Collection[str] = SERVICES, *, fast: bool | None = None, timeout: float = 60.0
) -> Services:
    """Make sure that the services of this home are up, and keep them up until this process ends.

    `fast` (by default, whether EXEMPLA_EMBEDDED_FAST is 1) trades safety against power loss for speed; it matters
    only to the process that happens to start the servers.
    """
    found, places = address(home), places_of(home)
    deadline = time.monotonic() + timeout
    wanted = sorted(services)
    for service in wanted:
        (binaries.postgres if service == POSTGRES else binaries.valkey)()
    if fast is None:
        fast = os.environ.get("EXEMPLA_EMBEDDED_FAST") == "1"
    with _guard:
        news = [service for service in wanted if (places.home, service) not in _registered]
        for service in news:
            _registered[places.home, service] = _register(places, service, deadline)
    if news or not is_supervised(places) or unready(places, wanted):
        await_services(found, places, wanted, fast=fast, deadline=deadline)
    return found


def registrations(home: Path) -> tuple[int, ...]:
    """Descriptors that make a child which inherits them a user too, for as long as it lives."""
    places = places_of(home)
    return tuple(descriptor for (used, _), descriptor in _registered.items() if used == places.home)


def release(home: Path, *, timeout: float = 30.0) -> None:
    """Use the services no more and, unless somebody else does, wait until they have stopped."""
    real = home.expanduser().resolve()
    with _guard:
        mine = [_registered.pop(key) for key in list(_registered) if key[0] == real]
    # Where the home has been removed there is nothing left to stop, and it must not come into being again.
    if mine and (real / "embedded").exists():
        places = places_of(real)
        places.hurry.touch()
        _close(mine)
        _await_the_end(places, timeout)
    else:
        _close(mine)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _await_the_end(places: Places, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    # The supervisor's own look at a lock, if it falls into ours, looks like a user; it does not do so time and again.
    looks_with_users = 0
    while is_supervised(places) and time.monotonic() < deadline and looks_with_users < _LOOKS_TO_BE_SURE:
        has_users = any(is_shared(places.users_lock(service)) for service in SERVICES)
        looks_with_users = looks_with_users + 1 if has_users else 0
        time.sleep(0.03)


def _register(places: Places, service: str, deadline: float) -> int:
    with disk_errors_explained(places.home):
        descriptor = open_lock(places.users_lock(service))
    # The supervisor holds it alone only while it stops a server that nobody used.
    if not take(descriptor, shared=True, seconds=deadline - time.monotonic()):
        os.close(descriptor)
        raise NotReadyInTime(f"The last {service} does not stop.", f"See {places.log('supervisor')}.")
    return descriptor
