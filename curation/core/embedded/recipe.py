"""What the supervisor must know of a server in order to look after it."""

import signal
from pathlib import Path
from typing import ClassVar, Protocol

# A person's PGDATA, LANG or LD_PRELOAD is meant for other programs.
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C"}


class Recipe(Protocol):
    """How one kind of server is prepared, started, recognised as ready, and stopped."""

    name: ClassVar[str]
    # Each signal with the seconds it is given before the next: a server may ignore the polite one.
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]]
    # What the kernel sends the server when the supervisor is killed.
    orphan_signal: ClassVar[signal.Signals]

    @property
    def socket(self) -> Path:
        """The socket it listens on."""

    def prepare(self) -> None:
        """Make the data directory fit for a start; called while no process of a former server is left."""

    def command(self) -> list[str]:
        """The command line; it runs in the server's data directory."""

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process answers."""
