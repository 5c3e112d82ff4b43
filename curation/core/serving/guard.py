"""Our end of the guardian's pipe."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_GUARDIAN = Path(__file__).with_name("guardian.py")
# After a kill -9 the next start waits for it: long enough to save what was paid for, short enough to bear.
PATIENCE = 20.0


class Guard:
    """Has a guardian know which children to end, should we die without a chance to do it ourselves.

    The guardian inherits the locks, so that a later run can tell when the last of them has gone.
    """

    def __init__(self, locks: Sequence[int]) -> None:
        self._locks = locks
        self._groups: set[int] = set()
        self._guardian: subprocess.Popen[bytes] | None = None

    def keep_up(self) -> None:
        """Replace a guardian that is missing."""
        if self._guardian is not None and self._guardian.poll() is None:
            return
        self.dismiss()
        self._guardian = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-S", str(_GUARDIAN), str(PATIENCE)],
            stdin=subprocess.PIPE,
            pass_fds=self._locks,
            start_new_session=True,
        )
        for group in self._groups:
            self._tell(f"+{group}\n")

    def began(self, group: int) -> None:
        """A child, the leader of a process group, has started."""
        self._groups.add(group)
        self._tell(f"+{group}\n")

    def ended(self, group: int) -> None:
        """The child and all of its group have gone."""
        self._groups.discard(group)
        self._tell(f"-{group}\n")

    def dismiss(self) -> None:
        """Let the guardian go, once nothing is left to guard."""
        if self._guardian is not None and self._guardian.stdin is not None:
            with suppress(OSError):
                self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None

    def _tell(self, line: str) -> None:
        if self._guardian is not None and self._guardian.stdin is not None:
            # A guardian that is gone learns of it all when it is replaced.
            with suppress(OSError):
                os.write(self._guardian.stdin.fileno(), line.encode())
