"""A server of a home: a supervised process with a lock of its own, which it hands down to all that it starts."""

import json
import os
import signal
from abc import abstractmethod
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

from curation.core.embedded.account import Account
from curation.core.embedded.errors import EmbeddedServiceError
from curation.core.embedded.files import disk_errors_explained, own_directory, write_privately
from curation.core.embedded.home import Home
from curation.core.embedded.locks import open_lock, take, take_from_holders
from curation.core.embedded.supervised import ProcessPlan, SupervisedProcess, stop

# A person's PGDATA, LANG or LD_PRELOAD is meant for other programs.
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C"}


@dataclass(frozen=True)
class ServerReport:
    """How one server does: ready or not, how often in a row it failed since it was last ready, and why."""

    ready: bool = False
    pid: int = 0
    failures: int = 0
    reason: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        if self.pid:
            return f"{'ready' if self.ready else 'starting'} as process {self.pid}"
        return f"failed, {self.failures} in a row: {self.reason} {self.remedy}" if self.failures else "stopped"


def publish(home: Home, reports: dict[str, ServerReport]) -> None:
    """Tell the users of the servers how these do. A full disk must not bring down what still runs."""
    with suppress(OSError):
        write_privately(home.status, json.dumps({name: asdict(report) for name, report in reports.items()}))


def published(home: Home) -> dict[str, ServerReport]:
    """What was published last; nothing when nothing has been yet."""
    try:
        found = json.loads(home.status.read_text(encoding="utf-8"))
        return {name: ServerReport(**values) for name, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


class Server(SupervisedProcess):
    """What PostgreSQL and Redis have in common. `service` names it, and `socket` is where it listens."""

    service: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    stop_within: ClassVar[float]

    def __init__(self, home: Home, account: Account, socket: Path) -> None:
        self.home = home
        self.account = account
        self.socket = socket
        self.data = home.data(self.service)
        self.report = ServerReport()
        super().__init__(
            ProcessPlan(
                name=self.service,
                command=[],
                environment=ENVIRONMENT,
                log=home.log(self.service),
                inherits=[],
                stop_within=self.stop_within,
                stop_signal=self.stop_signal,
                options={"cwd": self.data, **account.popen_options()},
            )
        )

    @abstractmethod
    def prepare(self) -> None:
        """Make the data directory fit for a start; called while no process of a former server is left."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line; it runs in the server's data directory."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server that was started answers."""

    def look_after(self) -> None:
        """Start the server if it is down and its delay is over; otherwise see how it does."""
        try:
            with disk_errors_explained(self.home.state):
                status = self.keep_up()
            if status is not None:
                words = f"{self.service} ended with {status}. {self._last_words()}"
                raise EmbeddedServiceError(words, f"See {self.home.log(self.service)}.")
        except EmbeddedServiceError as error:
            failures = self.report.failures + 1
            self.report = ServerReport(failures=failures, reason=error.problem, remedy=error.remedy)
        if self.pid and not self.report.ready:
            if self.is_ready():
                self.report = ServerReport(ready=True, pid=self.pid)
        elif self.pid and not self.socket.exists():
            # Something sweeps old files out of the folder for temporary ones.
            self.stop()

    def stop(self) -> None:
        """Ask the server to stop, and kill it where it does not in time."""
        stop([self])
        self.report, self.failures = ServerReport(), 0

    def start(self) -> None:
        """Start it, once nothing of its predecessor is left."""
        lock = open_lock(self.home.server_lock(self.service))
        try:
            self._await_predecessor(lock)
            own_directory(self.home.sockets, {os.geteuid(), self.account.uid})
            self.account.give(self.home.sockets)
            self.prepare()
            self.plan = replace(self.plan, command=self.command(), inherits=[lock])
            super().start()
        finally:
            # From here on only the server and its children hold the lock.
            os.close(lock)
        self.report = ServerReport(pid=self.pid, failures=self.report.failures)

    def _await_predecessor(self, lock: int) -> None:
        """A former server, or a child of it, may still be going down: a dying Redis would unlink our new socket."""
        path = self.home.server_lock(self.service)
        if not take(lock, seconds=3) and not take_from_holders(
            path, lock, self.account, signum=self.stop_signal, seconds=self.stop_within
        ):
            raise EmbeddedServiceError(
                f"Processes of a former {self.service} still hold {path}.",
                "End them (`lsof` names them), or restart the machine.",
            )

    def _last_words(self) -> str:
        with suppress(OSError):
            return self.home.log(self.service).read_bytes()[-600:].decode(errors="replace").strip()
        return ""
