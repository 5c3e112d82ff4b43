"""The processes of `serve`: kept up together, stopped in order."""

import time
from collections.abc import Callable, Mapping

from curation.core.embedded.supervised import SupervisedProcess, stop

# Seconds of waiting that need an explanation.
_LONG = 3.0


class Processes:
    """Supervised processes in the order in which they are asked to stop."""

    def __init__(self, processes: Mapping[str, SupervisedProcess], say: Callable[[str], None]) -> None:
        self._processes = processes
        self._say = say

    def __getitem__(self, name: str) -> SupervisedProcess:
        return self._processes[name]

    def keep_up(self) -> None:
        """See to every process once."""
        for name, process in self._processes.items():
            status = process.keep_up()
            if status is not None:
                log = process.plan.log
                self._say(f"{name} ended with {status} and is started again{f'; see {log}' if log else ''}")

    def stop(self, is_urgent: Callable[[], bool]) -> None:
        """Ask all to stop, wait for each as long as its plan allows, and end those that take longer."""
        started, told = time.monotonic(), False

        def look() -> bool:
            nonlocal told
            if not told and time.monotonic() - started > _LONG:
                told = True
                names = " and ".join(name for name, process in self._processes.items() if process.pid)
                self._say(f"waiting for {names} to finish; Ctrl-C again ends that at once")
            return is_urgent()

        stop(list(self._processes.values()), look)
