"""PostgreSQL: how its files come to be, how it is started, and when it is ready."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from curation.core.embedded import binaries
from curation.core.embedded.account import Account
from curation.core.embedded.errors import EmbeddedServiceError
from curation.core.embedded.home import DATABASE, POSTGRES, POSTGRES_PORT, RUNTIME_USER, USER, Home
from curation.core.embedded.server import ENVIRONMENT, Server

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
# Passwords of a home are long and drawn by chance: what makes it slow to guess one makes each connection slow.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "scram_iterations=1")


class Postgres(Server):
    """The PostgreSQL of one home. With EXEMPLA_EMBEDDED_FAST=1 it gives up safety against power loss, for tests."""

    service = POSTGRES
    # The fast shutdown: it ends what its clients are at, and writes everything down.
    stop_signal, stop_within = signal.SIGINT, 15.0

    def __init__(self, home: Home, account: Account) -> None:
        super().__init__(home, account, home.postgres_socket)
        self.fast = os.environ.get("EXEMPLA_EMBEDDED_FAST") == "1"

    def prepare(self) -> None:
        """Create the database cluster on the first start; later, clear what a crash left behind."""
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self.account.give_tree(self.data)
        if pid := self._foreign_server():
            raise EmbeddedServiceError(
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
        sockets = self.home.sockets_from_data.replace('"', '""')
        settings = (*_SETTINGS, *(_FAST if self.fast else ()), f'unix_socket_directories="{sockets}"')
        options = [part for setting in settings for part in ("-c", setting)]
        program = binaries.runnable(binaries.postgres(), self.account)
        return [str(program), "-D", self._called(self.data), *options]

    def is_ready(self) -> bool:
        """PostgreSQL writes `ready` into its pid file, as pg_ctl expects of it."""
        lines = self._pid_file()
        return lines[:1] == [str(self.pid)] and lines[7:8] == ["ready"]

    def _create_cluster(self) -> None:
        """Build the cluster and its database beside their place, and move them in when complete."""
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir(mode=0o700)
            self.account.give(draft)
            program, where = binaries.runnable(binaries.postgres(), self.account), self._called(draft)
            # PostgreSQL's own rules for text, so that it sorts and folds the same on every system. The password is
            # set, and asked for, before anybody can connect.
            initdb = [str(program.with_name("initdb")), "-D", where, "-U", USER, "--auth=trust", "--encoding=UTF8"]
            initdb += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
            self._run(draft, initdb + (["--no-sync"] if self.fast else []))
            (draft / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="ascii")
            statements = [
                f"CREATE DATABASE {DATABASE}",
                f"ALTER ROLE {USER} PASSWORD '{self.home.password}'",
                f"CREATE ROLE {RUNTIME_USER} LOGIN PASSWORD '{self.home.runtime_password}'",
            ]
            fast = [part for setting in (_FAST if self.fast else ()) for part in ("-c", setting)]
            single = [str(program), "--single", "-D", where, "-c", "exit_on_error=on", *fast, "postgres"]
            self._run(draft, single, "".join(f"{statement}\n" for statement in statements))
            try:
                draft.rename(self.data)
            except OSError as error:
                raise EmbeddedServiceError(f"{self.data} is not a database, yet not empty.", "Move it away.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _run(self, where: Path, command: list[str], text: str = "") -> None:
        done = subprocess.run(
            command, cwd=where, env=ENVIRONMENT, input=text, capture_output=True, text=True, check=False,
            **self.account.popen_options(),
        )  # fmt: skip
        if done.returncode:
            said = done.stderr.strip()[-600:]
            raise EmbeddedServiceError(f"The database could not be created: {said}", "Mend that, or set DATABASE_URL.")

    def _called(self, data: Path) -> str:
        """What a program that is started inside its data directory is told to call it.

        Root's home may lie where the server's account cannot go; it may stay, though, where root has put it.
        """
        return "/proc/self/cwd" if self.account.other and Path("/proc/self/cwd").exists() else str(data)

    def _pid_file(self) -> list[str]:
        """The lines of PostgreSQL's pid file, as many as there are."""
        with suppress(OSError):
            text = (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
            return [line.strip() for line in text.splitlines()]
        return []

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
