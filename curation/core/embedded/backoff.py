"""How long to wait before the next attempt."""

import time

_FIRST, _LONGEST = 0.1, 5.0
_STEADY_AFTER = 30.0


class Backoff:
    """Waits longer after each failure in a row, and forgets them once things have gone well for a while."""

    def __init__(self) -> None:
        self._failures = 0
        self._not_before = 0.0
        self._started = 0.0

    def is_over(self) -> bool:
        """Whether it is time for the next attempt."""
        return time.monotonic() >= self._not_before

    def started(self) -> None:
        """An attempt has begun."""
        self._started = time.monotonic()

    def failed(self) -> None:
        """The attempt has ended badly."""
        if self._started and time.monotonic() - self._started > _STEADY_AFTER:
            self._failures = 0
        self._failures += 1
        self._not_before = time.monotonic() + min(_LONGEST, _FIRST * 2 ** (self._failures - 1))
