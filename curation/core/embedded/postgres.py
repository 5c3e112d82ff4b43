"""PostgreSQL: how it is started, and when it is ready."""

import os
import signal
from contextlib import suppress

from curation.core.embedded import binaries
from curation.core.embedded.account import Account
from curation.core.embedded.cluster import create_cluster, name_of_data
from curation.core.embedded.errors import HomeUnusable
from curation.core.embedded.paths import POSTGRES, POSTGRES_PORT, ServicePaths
from curation.core.embedded.server import Server

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


class Postgres(Server):
    """The PostgreSQL of one home. With EXEMPLA_EMBEDDED_FAST=1 it gives up safety against power loss, for tests."""

    service = POSTGRES
    stop_steps = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))

    def __init__(self, paths: ServicePaths, account: Account, password: str) -> None:
        super().__init__(paths, account, paths.postgres_socket)
        self.data = paths.data(POSTGRES)
        self.password = password
        self.fast = os.environ.get("EXEMPLA_EMBEDDED_FAST") == "1"

    def prepare(self) -> None:
        """Create the database cluster on the first start; later, clear what a crash left behind."""
        if not (self.data / "PG_VERSION").exists():
            create_cluster(self.data, self.account, self.password, fast=self.fast)
        self.account.give_tree(self.data)
        if pid := self._foreign_server():
            raise HomeUnusable(
                f"Process {pid} already serves {self.data}.", "Stop the PostgreSQL that was started there by hand."
            )
        # We hold the lock that every process of ours inherits, so these name a process that is gone. PostgreSQL
        # itself would believe them if the process number were in use again.
        lock = self.socket.with_name(f"{self.socket.name}.lock")
        for leftover in (self.data / "postmaster.pid", self.socket, lock):
            leftover.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The command line of the server."""
        # Relative to the data directory where it can be, quoted as a list of one.
        sockets = self.paths.sockets_from_data.replace('"', '""')
        settings = (*_SETTINGS, *(_FAST if self.fast else ()), f'unix_socket_directories="{sockets}"')
        options = [part for setting in settings for part in ("-c", setting)]
        program = binaries.runnable(binaries.postgres(), self.account)
        return [str(program), "-D", name_of_data(self.data, self.account), *options]

    def is_ready(self) -> bool:
        """PostgreSQL writes `ready` into its pid file, as pg_ctl expects of it."""
        lines = self._pid_file()
        return lines[:1] == [str(self.pid)] and lines[7:8] == ["ready"]

    def _pid_file(self) -> list[str]:
        """The lines of PostgreSQL's pid file, as many as there are."""
        try:
            text = (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _foreign_server(self) -> int:
        """The process of a PostgreSQL that was started by hand on these files, or 0."""
        import psutil

        # The number may be half written, and belong to nobody, or to another program by now.
        with suppress(ValueError, psutil.Error):
            pid = int("".join(self._pid_file()[:1]))
            process = psutil.Process(pid)
            if process.name() in {"postgres", "postmaster"} and str(self.data) in " ".join(process.cmdline()):
                return pid
        return 0
