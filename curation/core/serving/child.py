"""One long-running child process: started, restarted with back-off when it dies, stopped within bounded time."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from curation.core.embedded.backoff import Backoff
from curation.core.embedded.files import open_log
from curation.core.embedded.processes import die_with_parent
from curation.core.serving.guard import Guard


@dataclass(frozen=True)
class ProcessPlan:
    """What to run, where its words go (None: to our own terminal), and how long it may take to stop."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None
    inherits: Sequence[int]
    patience: float


class Child:
    """A child process and what became of it; all methods are called from the main thread."""

    def __init__(self, plan: ProcessPlan, guard: Guard) -> None:
        self.plan = plan
        self._guard = guard
        self.deaths = 0
        self._backoff = Backoff()
        self._process: subprocess.Popen[bytes] | None = None

    def keep_up(self) -> int | None:
        """Start it if it is due; when it has died since the last look, give its exit status."""
        if self._process is None:
            if self._backoff.is_over():
                self._start()
            return None
        status = self._process.poll()
        if status is not None:
            # What it started itself would otherwise compete with its successor.
            self._bury(self._process)
            self._backoff.failed()
            self.deaths += 1
        return status

    def ask_to_stop(self) -> None:
        """Let it finish what it is at."""
        if self._process is not None:
            self._process.terminate()

    def is_gone(self) -> bool:
        """Whether there is no such process any more."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it, and all that it started, at once."""
        if self._process is not None:
            self._bury(self._process)

    def _start(self) -> None:
        self._backoff.started()
        output = open_log(self.plan.log) if self.plan.log else None
        try:
            self._process = subprocess.Popen(  # noqa: S603
                self.plan.command,
                env=self.plan.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self.plan.inherits,
                # A Ctrl-C in the terminal is for us: we stop the children in order.
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        finally:
            if output:
                output.close()
        self._guard.began(self._process.pid)

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._process = None
        self._guard.ended(process.pid)
