"""Using the services: they run from the first user's first word to the last user's end."""

import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

from curation.core.embedded import binaries, errors
from curation.core.embedded.errors import EmbeddedServiceError, NotReadyInTime, ServerFailed
from curation.core.embedded.files import disk_errors_explained, disk_full, free_bytes
from curation.core.embedded.locks import is_shared, open_lock, take
from curation.core.embedded.places import POSTGRES, REDIS, SERVICES, Places
from curation.core.embedded.services import Services, address, places_of
from curation.core.embedded.starter import is_supervised, start_supervisor
from curation.core.embedded.status import Report, read
from curation.core.embedded.valkey import answers

_FAILURES_BEFORE_GIVING_UP = 3
_LOOKS_TO_BE_SURE = 5
_TOO_LITTLE_SPACE = 16_000_000

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
    if news or not is_supervised(places):
        _await(found, places, wanted, fast=fast, deadline=deadline)
    return found


def registrations(home: Path) -> tuple[int, ...]:
    """Descriptors that make a child which inherits them a user too, for as long as it lives."""
    places = places_of(home)
    return tuple(descriptor for (used, _), descriptor in _registered.items() if used == places.home)


def release(home: Path, *, timeout: float = 30.0) -> None:
    """Use the services no more and, unless somebody else does, wait until they have stopped."""
    places = places_of(home)
    with _guard:
        mine = [key for key in _registered if key[0] == places.home]
        if not mine:
            return
        places.hurry.touch()
        for key in mine:
            os.close(_registered.pop(key))
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


def _await(found: Services, places: Places, wanted: list[str], *, fast: bool, deadline: float) -> None:
    missing = wanted
    while missing:
        if not is_supervised(places):
            start_supervisor(places, fast=fast)
        else:
            reports = read(places)
            missing = [service for service in missing if not (service in reports and reports[service].ready)]
            missing = [service for service in wanted if service in missing or not _answers(found, service)]
            _give_up_if_hopeless(places, missing, deadline)
        if missing:
            time.sleep(0.03)


def _answers(found: Services, service: str) -> bool:
    if service == REDIS:
        return answers(found.redis_socket)
    import psycopg

    try:
        psycopg.connect(found.database_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _give_up_if_hopeless(places: Places, missing: list[str], deadline: float) -> None:
    if not missing:
        return
    reports = read(places)
    for service in missing:
        report = reports.get(service)
        if report and report.failures >= _FAILURES_BEFORE_GIVING_UP:
            raise _failure(places, report)
    if time.monotonic() > deadline:
        names = " and ".join(missing)
        raise NotReadyInTime(f"{names} did not become ready in time.", f"See {places.log(missing[0])}.")


def _failure(places: Places, report: Report) -> EmbeddedServiceError:
    if "No space left on device" in report.reason or free_bytes(places.state) < _TOO_LITTLE_SPACE:
        return disk_full(places.state)
    kind: type[EmbeddedServiceError] = getattr(errors, report.kind, ServerFailed)
    return kind(report.reason, report.remedy)
