"""PostgreSQL: how it is started, and when it is ready."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from curation.core.embedded import binaries
from curation.core.embedded.account import Account
from curation.core.embedded.cluster import create_cluster, name_of_data
from curation.core.embedded.errors import HomeUnusable
from curation.core.embedded.places import POSTGRES, POSTGRES_PORT, Places
from curation.core.embedded.processes import command_line

_SETTINGS = (
    "listen_addresses=",
    f"port={POSTGRES_PORT}",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "wal_compression=on",
    "random_page_cost=1.1",
    # Compiling a query costs more than running it, at the size of ours.
    "jit=off",
    # A claim lasts milliseconds: a transaction that idles for a minute belongs to a client that hangs.
    "idle_in_transaction_session_timeout=60s",
    "log_lock_waits=on",
    "timezone=UTC",
    "log_timezone=UTC",
)
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL of one home. `fast` gives up safety against power loss, for tests."""

    places: Places
    account: Account
    password: str
    fast: bool = False

    name: ClassVar[str] = POSTGRES
    orphan_signal: ClassVar[signal.Signals] = signal.SIGINT
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]] = (
        (signal.SIGINT, 15.0),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    )

    @property
    def socket(self) -> Path:
        """The socket it listens on."""
        return self.places.sockets / self.places.postgres_socket_name

    def prepare(self) -> None:
        """Create the database cluster on the first start; later, clear what a crash left behind."""
        data = self.places.data(POSTGRES)
        if not (data / "PG_VERSION").exists():
            create_cluster(data, self.account, self.password, fast=self.fast)
        self.account.give_tree(data)
        self._refuse_foreign_server(data)
        # We hold the lock that every process of ours inherits, so these name a process that is gone. PostgreSQL
        # itself would believe them if the process number were in use again.
        lock = self.socket.with_name(f"{self.socket.name}.lock")
        for leftover in (data / "postmaster.pid", self.socket, lock):
            leftover.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The command line of the server."""
        settings = (*_SETTINGS, *(_FAST if self.fast else ()), f"unix_socket_directories={self._sockets()}")
        options = [part for setting in settings for part in ("-c", setting)]
        program = binaries.runnable(binaries.postgres(), self.account)
        return [str(program), "-D", name_of_data(self.places.data(POSTGRES), self.account), *options]

    def is_ready(self, pid: int) -> bool:
        """PostgreSQL writes `ready` into its pid file, as pg_ctl expects of it."""
        try:
            lines = (self.places.data(POSTGRES) / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return int(lines[0]) == pid and lines[7].strip() == "ready"
        except (OSError, ValueError, IndexError):
            return False

    def _sockets(self) -> str:
        """Relative to the data directory where it can be, quoted as a list of one."""
        sockets = self.places.sockets
        path = "../run" if sockets.parent == self.places.state else str(sockets)
        return '"' + path.replace('"', '""') + '"'

    def _refuse_foreign_server(self, data: Path) -> None:
        try:
            pid = int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        line = command_line(pid)
        if "postgres" in line and str(data) in line:
            raise HomeUnusable(
                f"Process {pid} already serves {data}.", "Stop the PostgreSQL that was started there by hand."
            )
