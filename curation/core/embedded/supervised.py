"""One long-running process: started, started again with growing delays when it dies, stopped within bounded time."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from curation.core.embedded.files import open_log
from curation.core.giving_way import step_back

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0
# A process that ran for so long is not in a row of failures.
_STEADY_AFTER = 30.0
_KILLED_WITHIN = 5.0
_PR_SET_PDEATHSIG = 1
_GIVE_UP = 127


@dataclass(frozen=True)
class ProcessPlan:
    """What to run, and how it is ended.

    `log` takes its output (None: our own terminal does). `inherits` are descriptors it is given. `stop_signal` asks it
    to end, within `stop_within` seconds, and then it is killed; the kernel sends that signal, too, when we are killed.
    `options` are further ones of `subprocess.Popen`. `niceness` is how far it steps back where others compute.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None
    inherits: Sequence[int]
    stop_within: float
    stop_signal: signal.Signals = signal.SIGTERM
    options: Mapping[str, Any] = field(default_factory=dict)
    niceness: int = 0


class Launched(Protocol):
    """What is known of a process that was started, as `subprocess.Popen` says it."""

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""

    def send_signal(self, signum: int, /) -> None:
        """Send it a signal, unless it has ended."""


class SupervisedProcess:
    """A process that is kept up; all methods are called from the main thread."""

    def __init__(self, plan: ProcessPlan) -> None:
        self.plan = plan
        self.failures = 0
        self._process: Launched | None = None
        self._started = self._not_before = 0.0
        self._kill_at: float | None = None

    @property
    def pid(self) -> int:
        """Its number; 0 while there is none."""
        return self._process.pid if self._process else 0

    def keep_up(self) -> int | None:
        """Start it if it is due; when it has died since the last look, return its exit status."""
        if self._process is None:
            if time.monotonic() >= self._not_before:
                self._started = time.monotonic()
                try:
                    self.start()
                except Exception:
                    self._has_failed()
                    raise
            return None
        status = self._process.poll()
        if status is not None:
            self.kill()
            self._has_failed()
        return status

    def start(self) -> None:
        """Start it now."""
        with open_log(self.plan.log) if self.plan.log else nullcontext() as output:
            self._process = self.launch(self.plan, output)

    def launch(self, plan: ProcessPlan, output: IO[bytes] | None) -> Launched:
        """Run the command of the plan."""
        return subprocess.Popen(
            plan.command,
            env=plan.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=plan.inherits,
            # A Ctrl-C in the terminal is for us: we stop the others in order.
            start_new_session=True,
            preexec_fn=_arranged(plan),
            **plan.options,
        )

    def _has_failed(self) -> None:
        """Wait before the next start, longer after each failure in a row."""
        now = time.monotonic()
        self.failures = self.failures + 1 if now - self._started < _STEADY_AFTER else 1
        self._not_before = now + min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (self.failures - 1))

    def has_stopped(self) -> bool:
        """Ask it to end, the first time, and say whether it has; one that takes too long is killed."""
        if self._process is not None and self._process.poll() is None:
            if self._kill_at is None:
                self._process.send_signal(self.plan.stop_signal)
                self._kill_at = time.monotonic() + self.plan.stop_within
            if time.monotonic() < self._kill_at:
                return False
        self.kill()
        return True

    def kill(self) -> None:
        """End it, and what it started, which would compete with its successor, at once."""
        if self._process is not None:
            # One that has only just been forked leads no group yet.
            self._process.send_signal(signal.SIGKILL)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            deadline = time.monotonic() + _KILLED_WITHIN
            while self._process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            self._process = self._kill_at = None


def stop(processes: Sequence[SupervisedProcess], is_urgent: Callable[[], bool] = lambda: False) -> None:
    """Ask all of them to end, and return when they have; `is_urgent` says whether to wait for none any longer."""
    left = list(processes)
    while left := [process for process in left if not process.has_stopped()]:
        if is_urgent():
            for process in left:
                process.kill()
        time.sleep(0.02)


def _arranged(plan: ProcessPlan) -> Callable[[], None]:
    tie_to_us = die_with_parent(plan.stop_signal)

    def arrange() -> None:
        tie_to_us()
        step_back(plan.niceness)

    return arrange


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: have the kernel send this signal to the child when the thread that started it ends.

    Start such children from the main thread only. Where there is no such service (macOS), orphans are found by
    the lock that they hold, at the next start.
    """
    parent = os.getpid()
    # Loaded here, because between fork and exec nothing may be imported.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def arrange() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(_GIVE_UP)

    return arrange
