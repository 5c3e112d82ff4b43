"""A provider that is away is asked by one call at a time, and the others are told so at once."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from curation.llm.errors import ProviderUnreachable

# So many failures in a row, none of which says anything about what was asked, mean that the provider is away.
OPENS_AFTER = 5
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


@dataclass
class Breaker:
    """Open while the provider is away. Then one call after each pause tries; the pauses double up to a minute."""

    name: str
    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    pause: float = FIRST_PAUSE
    closed_until: float = 0.0
    trying: bool = False

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self.failures >= OPENS_AFTER

    def check(self) -> bool:
        """Let a call through, or raise `ProviderUnreachable`. True for the call that tries whether it is back."""
        if not self.is_open:
            return False
        left = self.closed_until - self.clock()
        if left > 0 or self.trying:
            away = ProviderUnreachable(
                _("%(name)s does not answer. It is asked again by itself.") % {"name": self.name},
                retry_after=max(1, round(left)),
            )
            away.for_everybody = True
            raise away
        self.trying = True
        return True

    def succeeded(self) -> None:
        """Note that the provider answered, whatever it said."""
        self.failures, self.pause, self.trying = 0, FIRST_PAUSE, False

    def failed(self) -> int:
        """Note that it did not, and return after how many seconds to ask again."""
        self.failures += 1
        self.trying = False
        if not self.is_open:
            return 1
        if self.clock() >= self.closed_until:
            # Not in step with other processes.
            self.closed_until = self.clock() + self.pause * random.uniform(0.75, 1.25)  # noqa: S311  # nosec
            self.pause = min(LONGEST_PAUSE, self.pause * 2)
        return max(1, round(self.closed_until - self.clock()))

    def gave_up(self) -> None:
        """Note that a call that was to try was never made."""
        self.trying = False
