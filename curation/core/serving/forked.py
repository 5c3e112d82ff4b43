"""Processes that are forks of this one: what it has loaded is in memory once for all of them."""

import gc
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

from curation.core.embedded.supervised import ProcessPlan, SupervisedProcess, die_with_parent
from curation.core.giving_way import step_back

if sys.platform == "linux":
    from setproctitle import setproctitle

# Elsewhere, libraries of the system do not bear to be forked once they are in use.
IS_POSSIBLE = sys.platform == "linux"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Fork:
    """As much of `subprocess.Popen` as a supervised process needs, for a function that runs in a fork.

    `orphan_signal` is sent to it by the kernel when we are killed.
    """

    def __init__(self, function: Callable[[], None], orphan_signal: signal.Signals = signal.SIGKILL) -> None:
        arrange = die_with_parent(orphan_signal)
        sys.stdout.flush()
        sys.stderr.flush()
        # Until the fork has handlers of its own, a signal waits.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self._status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            arrange()
            for signum in _SIGNALS:
                signal.signal(signum, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _run(function)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def send_signal(self, signum: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def end(self) -> None:
        """End it at once, and wait until it has."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class ForkedProcess(SupervisedProcess):
    """A supervised process whose plan is `python -m MODULE ...`; the module is run in a fork.

    `ours` are descriptors that it closes unless it inherits them.
    """

    def __init__(self, plan: ProcessPlan, ours: Sequence[int]) -> None:
        super().__init__(plan)
        self._ours = ours

    def launch(self, plan: ProcessPlan, output: IO[bytes] | None) -> Fork:
        """Fork, and run the module."""
        _python, _m, module, *arguments = plan.command

        def begin() -> None:
            os.setsid()
            step_back(plan.niceness)
            setproctitle(f"exempla: {plan.name}")
            for descriptor in set(self._ours).difference(plan.inherits):
                os.close(descriptor)
            with open(os.devnull, "rb") as nothing:
                os.dup2(nothing.fileno(), 0)
            if output is not None:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            os.environ.update(plan.environment)
            sys.argv = [module, *arguments]
            runpy.run_module(module, run_name="__main__", alter_sys=True)

        return Fork(begin, plan.stop_signal)


def share_what_is_loaded() -> None:
    """Keep the collector of all forks that follow from writing to the memory that they share with us."""
    gc.collect()
    gc.freeze()


def _run(function: Callable[[], None]) -> None:
    """Call the function and end the process: nothing that the parent has on its stack is for us to clean up."""
    status = 1
    with suppress(Exception):
        try:
            function()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                sys.stderr.write(f"{end.code}\n")
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
