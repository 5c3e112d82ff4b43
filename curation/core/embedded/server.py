"""A server of a home: a supervised process with a lock of its own, which it hands down to all that it starts."""

import os
import signal
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from curation.core.embedded.account import Account
from curation.core.embedded.errors import EmbeddedServiceError, ServerFailed
from curation.core.embedded.files import disk_errors_explained, own_directory
from curation.core.embedded.locks import open_lock, take
from curation.core.embedded.paths import ServicePaths
from curation.core.embedded.processes import end_holders
from curation.core.embedded.status import Report
from curation.core.embedded.supervised import ProcessPlan, SupervisedProcess, stop

# A person's PGDATA, LANG or LD_PRELOAD is meant for other programs.
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C"}


class Server(SupervisedProcess):
    """What PostgreSQL and Redis have in common. `service` names it, and `socket` is where it listens."""

    service: ClassVar[str]
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, paths: ServicePaths, account: Account, socket: Path) -> None:
        super().__init__()
        self.paths = paths
        self.account = account
        self.socket = socket
        # Counts failures since it was last ready: a start without hope differs from a crash long ago.
        self.report = Report()
        self._lock = -1

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
            with disk_errors_explained(self.paths.state):
                status = self.keep_up()
        except EmbeddedServiceError as error:
            self.has_failed()
            self._tell(error)
            return
        if status is not None:
            words = f"{self.service} ended with {status}. {self._last_words()}"
            self._tell(ServerFailed(words, f"See {self.paths.log(self.service)}."))
        elif self.pid and not self.report.ready:
            if self.is_ready():
                self.report = Report(ready=True, pid=self.pid)
        elif self.pid and not self.socket.exists():
            # Something sweeps old files out of the folder for temporary ones.
            self.stop()

    def stop(self) -> None:
        """Stop the server, politely at first."""
        stop([self])
        self.report, self.failures = Report(), 0

    def start(self) -> None:
        """Start it, once nothing of its predecessor is left."""
        self._lock = open_lock(self.paths.server_lock(self.service))
        try:
            self._await_predecessor()
            own_directory(self.paths.sockets, {os.geteuid(), self.account.uid})
            self.account.give(self.paths.sockets)
            self.prepare()
            super().start()
        finally:
            # From here on only the server and its children hold the lock.
            os.close(self._lock)
        self.report = Report(pid=self.pid, failures=self.report.failures)

    def make_plan(self) -> ProcessPlan:
        """Its command, run by the servers' account."""
        return ProcessPlan(
            name=self.service,
            command=self.command(),
            environment=ENVIRONMENT,
            log=self.paths.log(self.service),
            inherits=[self._lock],
            stop_steps=self.stop_steps,
            orphan_signal=self.stop_steps[0][0],
            options={"cwd": self.paths.data(self.service), **self.account.popen_options()},
        )

    def _await_predecessor(self) -> None:
        """A former server, or a child of it, may still be going down: a dying Redis would unlink our new socket."""
        path = self.paths.server_lock(self.service)
        if not take(self._lock, seconds=3) and not end_holders(
            path, self.account, lambda: take(self._lock), self.stop_steps
        ):
            raise ServerFailed(
                f"Processes of a former {self.service} still hold {path}.",
                "End them (`lsof` names them), or restart the machine.",
            )

    def _tell(self, error: EmbeddedServiceError) -> None:
        failures, kind = self.report.failures + 1, type(error).__name__
        self.report = Report(failures=failures, kind=kind, reason=error.problem, remedy=error.remedy)

    def _last_words(self) -> str:
        try:
            return self.paths.log(self.service).read_bytes()[-600:].decode(errors="replace").strip()
        except OSError:
            return ""
