"""Waiting for the services to be ready, for as long as there is hope."""

import time

from curation.core.embedded import errors
from curation.core.embedded.errors import EmbeddedServiceError, NotReadyInTime, ServerFailed
from curation.core.embedded.files import disk_full, has_little_room, tells_of_full_disk
from curation.core.embedded.places import REDIS, Places
from curation.core.embedded.services import Services
from curation.core.embedded.starter import is_supervised, start_supervisor
from curation.core.embedded.status import Report, read
from curation.core.embedded.valkey import answers

_FAILURES_BEFORE_GIVING_UP = 3


def unready(places: Places, wanted: list[str]) -> list[str]:
    """Those that the supervisor does not call ready."""
    reports = read(places)
    return [service for service in wanted if not reports.get(service, Report()).ready]


def await_services(found: Services, places: Places, wanted: list[str], *, fast: bool, deadline: float) -> None:
    """Return when all answer; start a supervisor whenever there is none."""
    failures_before = {name: report.failures for name, report in read(places).items()}
    while True:
        if not is_supervised(places):
            start_supervisor(places, fast=fast)
            failures_before = {}
        missing = unready(places, wanted) or [service for service in wanted if not _answers(found, service)]
        if not missing and is_supervised(places):
            return
        _give_up_if_hopeless(places, missing, failures_before)
        if time.monotonic() > deadline:
            late = missing or wanted
            raise NotReadyInTime(f"{' and '.join(late)} did not become ready in time.", f"See {places.log(late[0])}.")
        time.sleep(0.03)


def _give_up_if_hopeless(places: Places, missing: list[str], failures_before: dict[str, int]) -> None:
    reports = read(places)
    for service in missing:
        report = reports.get(service, Report())
        # Whoever comes later, perhaps with the trouble mended, sees at least one new attempt.
        if report.failures >= max(_FAILURES_BEFORE_GIVING_UP, failures_before.get(service, 0) + 1):
            raise _failure(places, report)


def _failure(places: Places, report: Report) -> EmbeddedServiceError:
    if tells_of_full_disk(report.reason) or has_little_room(places.state):
        return disk_full(places.state)
    kind: type[EmbeddedServiceError] = getattr(errors, report.kind, ServerFailed)
    return kind(report.reason, report.remedy)


def _answers(found: Services, service: str) -> bool:
    if service == REDIS:
        return answers(found.redis_socket)
    import psycopg

    try:
        psycopg.connect(found.database_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
