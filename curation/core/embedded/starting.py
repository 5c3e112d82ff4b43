"""Bringing the services up: exactly one supervisor, started by any of the processes that wait for it."""

import os
import subprocess
import sys
import time
from pathlib import Path

from curation.core.embedded import errors
from curation.core.embedded.account import server_account
from curation.core.embedded.errors import EmbeddedServiceError, NotReadyInTime, ServerFailed
from curation.core.embedded.files import (
    disk_errors_explained,
    disk_full,
    has_little_room,
    open_log,
    tells_of_full_disk,
)
from curation.core.embedded.locks import is_held, open_lock, take
from curation.core.embedded.paths import ServicePaths
from curation.core.embedded.status import Report, read

_PROJECT = str(Path(__file__).resolve().parents[3])
_FAILURES_BEFORE_GIVING_UP = 3


def is_supervised(paths: ServicePaths) -> bool:
    """Whether a supervisor of this home is alive and its word can be trusted."""
    return is_held(paths.supervisor_lock)


def await_services(paths: ServicePaths, wanted: list[str], deadline: float) -> None:
    """Return when the supervisor calls all of them ready; start it whenever there is none."""
    failures_before = {name: report.failures for name, report in read(paths).items()}
    starts = 0
    while late := _unready(paths, wanted):
        if _start_supervisor(paths):
            failures_before, starts = {}, starts + 1
        if starts > _FAILURES_BEFORE_GIVING_UP:
            reason, remedy = (
                "The supervisor of the embedded services does not start.",
                f"See {paths.log('supervisor')}.",
            )
            raise _failure(paths, Report(reason=reason, remedy=remedy))
        _give_up_if_hopeless(paths, late, failures_before)
        if time.monotonic() > deadline:
            raise NotReadyInTime(f"{' and '.join(late)} did not become ready in time.", f"See {paths.log(late[0])}.")
        time.sleep(0.03)


def _unready(paths: ServicePaths, wanted: list[str]) -> list[str]:
    reports = read(paths) if is_supervised(paths) else {}
    return [service for service in wanted if not reports.get(service, Report()).ready]


def _start_supervisor(paths: ServicePaths) -> bool:
    """Start the supervisor, unless there is one or somebody else is at it; say whether this process did.

    The lock is inherited by the supervisor, which lets go of it when it is in office: until then nobody starts another.
    """
    server_account(paths.owner)
    with disk_errors_explained(paths.home):
        lock = open_lock(paths.starter_lock)
        try:
            if is_supervised(paths) or not take(lock) or is_supervised(paths):
                return False
            command = [sys.executable, "-P", "-m", "curation.core.embedded.supervisor", str(paths.home), str(lock)]
            search = os.pathsep.join(filter(None, [_PROJECT, os.environ.get("PYTHONPATH")]))
            with open_log(paths.log("supervisor")) as output:
                subprocess.run(
                    command, cwd="/", env={**os.environ, "PYTHONPATH": search},
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    pass_fds=[lock], start_new_session=True, check=False,
                )  # fmt: skip
        finally:
            os.close(lock)
    return True


def _give_up_if_hopeless(paths: ServicePaths, late: list[str], failures_before: dict[str, int]) -> None:
    reports = read(paths)
    for service in late:
        report = reports.get(service, Report())
        # Whoever comes later, perhaps with the trouble mended, sees at least one new attempt.
        if report.failures >= max(_FAILURES_BEFORE_GIVING_UP, failures_before.get(service, 0) + 1):
            raise _failure(paths, report)


def _failure(paths: ServicePaths, report: Report) -> EmbeddedServiceError:
    if tells_of_full_disk(report.reason) or has_little_room(paths.state):
        return disk_full(paths.state)
    kind: type[EmbeddedServiceError] = getattr(errors, report.kind, ServerFailed)
    return kind(report.reason, report.remedy)
