"""Noticing a worker that lives and does nothing."""

import logging
import time
from collections.abc import Callable

from django.db import Error, close_old_connections

log = logging.getLogger(__name__)


class Watchdog:
    """Asks now and then whether the worker is stalled, and lets a worker that was just restarted find its feet."""

    def __init__(self, stalled: Callable[[], bool], *, every: float = 15.0, grace: float = 90.0) -> None:
        self._stalled, self._every, self._grace = stalled, every, grace
        self._ask_at = time.monotonic() + grace

    def gives_up(self) -> bool:
        """Whether the worker should be restarted now. A database that is down says nothing about the worker."""
        now = time.monotonic()
        if now < self._ask_at:
            return False
        self._ask_at = now + self._every
        close_old_connections()
        try:
            stalled = self._stalled()
        except Error as error:
            log.debug("cannot ask whether the worker is stalled: %s", error)
            return False
        if stalled:
            self._ask_at = now + self._grace
        return stalled
