"""One long-running process: started, started again with growing delays when it dies, stopped within bounded time."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from curation.core.embedded.files import open_log
from curation.core.embedded.processes import die_with_parent

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0
# A process that ran for so long is not in a row of failures.
_STEADY_AFTER = 30.0
_KILLED_WITHIN = 5.0


@dataclass(frozen=True)
class ProcessPlan:
    """What to run, and how it is ended.

    `log` takes its output (None: our own terminal does). `inherits` are descriptors it is given. `stop_steps` are the
    signals that ask it to end, each with the seconds it is given before the next; then it is killed. `orphan_signal` is
    sent by the kernel when we are killed. `options` are further ones of `subprocess.Popen`.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None
    inherits: Sequence[int]
    stop_steps: Sequence[tuple[signal.Signals, float]]
    orphan_signal: signal.Signals = signal.SIGTERM
    options: Mapping[str, Any] = field(default_factory=dict)


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

    def __init__(self, plan: ProcessPlan | None = None) -> None:
        self.failures = 0
        self._plan = plan
        self._process: Launched | None = None
        self._started = self._not_before = self._next_step_at = 0.0
        self._stop_steps: Sequence[tuple[signal.Signals, float]] = ()

    def make_plan(self) -> ProcessPlan:
        """What is run at the next start."""
        assert self._plan is not None  # noqa: S101 - a subclass that has none makes one at each start  # nosec
        return self._plan

    @property
    def pid(self) -> int:
        """Its number; 0 while there is none."""
        return self._process.pid if self._process else 0

    def keep_up(self) -> int | None:
        """Start it if it is due; when it has died since the last look, return its exit status."""
        if self._process is None:
            if time.monotonic() >= self._not_before:
                self._started = time.monotonic()
                self.start()
            return None
        status = self._process.poll()
        if status is not None:
            self.kill()
            self.has_failed()
        return status

    def start(self) -> None:
        """Start it now."""
        plan = self.make_plan()
        self._stop_steps = plan.stop_steps
        with open_log(plan.log) if plan.log else nullcontext() as output:
            self._process = self.launch(plan, output)

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
            preexec_fn=die_with_parent(plan.orphan_signal),
            **plan.options,
        )

    def has_failed(self) -> None:
        """Wait before the next start, longer after each failure in a row."""
        now = time.monotonic()
        self.failures = self.failures + 1 if now - self._started < _STEADY_AFTER else 1
        self._not_before = now + min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (self.failures - 1))

    def ask_to_stop(self) -> None:
        """Have `has_stopped` send the signals that end it, the first of them when it is next asked."""
        self._steps_left = iter(self._stop_steps)
        self._next_step_at = 0.0

    def has_stopped(self) -> bool:
        """Whether it has ended. One that takes too long is sent the next signal, and killed after the last."""
        if self._process is not None and self._process.poll() is None:
            if time.monotonic() < self._next_step_at:
                return False
            if step := next(self._steps_left, None):
                self._process.send_signal(step[0])
                self._next_step_at = time.monotonic() + step[1]
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
            self._process = None


def stop(processes: Sequence[SupervisedProcess], is_urgent: Callable[[], bool] = lambda: False) -> None:
    """Ask all of them to end, and return when they have; `is_urgent` says whether to wait for none any longer."""
    for process in processes:
        process.ask_to_stop()
    left = list(processes)
    while left := [process for process in left if not process.has_stopped()]:
        if is_urgent():
            for process in left:
                process.kill()
        time.sleep(0.02)
