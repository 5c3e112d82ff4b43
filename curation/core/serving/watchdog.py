"""Noticing a worker that lives and does nothing: its heartbeat has stopped."""

import time
from collections.abc import Callable


class Watchdog:
    """Asks now and then for a worker's heartbeat; a worker that was just started, or restarted, is given time.

    `heartbeat` gives a value that changes with each heartbeat, or None where nobody can say: Redis is away.
    """

    def __init__(self, heartbeat: Callable[[], object], *, every: float = 5.0, patience: float = 90.0) -> None:
        self._heartbeat, self._every, self._patience = heartbeat, every, patience
        self._ask_at = 0.0
        self._last: object = None
        self.forgive()

    def forgive(self) -> None:
        """Begin to wait for the next heartbeat now."""
        self._since = time.monotonic()

    def finds_it_stalled(self) -> bool:
        """Whether the worker should be restarted now: no heartbeat came for all of the patience."""
        now = time.monotonic()
        if now < self._ask_at:
            return False
        self._ask_at = now + self._every
        heard = self._heartbeat()
        if heard is None or heard != self._last:
            self._last = heard
            self.forgive()
        elif now - self._since > self._patience:
            self.forgive()
            return True
        return False
