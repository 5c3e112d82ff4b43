"""The supervisor: one process for each home, which runs the servers for as long as somebody uses them.

Run as `python -m curation.core.embedded.supervisor HOME STARTER_LOCK`.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from curation.core.embedded.account import server_account
from curation.core.embedded.home import SERVICES, Home
from curation.core.embedded.locks import let_go, open_lock, take
from curation.core.embedded.postgres import Postgres
from curation.core.embedded.server import Server, ServerReport, publish
from curation.core.embedded.supervised import stop
from curation.core.embedded.valkey import Valkey

_LINGER = 2.0
_LOOK_EVERY = 0.1


def main(place: Path, starter: int) -> None:
    """Detach, and supervise the home until the last user of the last service has gone.

    `starter` is the starter's lock; that it is open here says that a supervisor is on its way.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o077)
    # The starter waits for the first of the two, and the second is nobody's child: it leaves no zombie behind.
    if os.fork():
        os._exit(0)
    home = Home(place)
    supervisor = Supervisor(home)
    # Only one process at a time has the starter's lock, so what is found here is a predecessor's.
    home.stop_at_once.unlink(missing_ok=True)
    publish(home, {})
    lock = open_lock(home.supervisor_lock)
    if take(lock, seconds=5):
        os.close(starter)
        supervisor.run(lock)


class Supervisor:
    """The loop around the servers of one home."""

    def __init__(self, home: Home) -> None:
        account = server_account(home.owner)
        if account.other:
            # So that the servers' account, once started inside, can reach the folder of the sockets.
            home.state.chmod(0o711)
        servers: list[Server] = [Postgres(home, account), Valkey(home, account)]
        self.home = home
        self.servers = {server.service: server for server in servers}
        self.users = {name: open_lock(home.users_lock(name)) for name in SERVICES}
        self.last_used = dict.fromkeys(SERVICES, time.monotonic())
        self.stopping = False
        self.published: dict[str, ServerReport] = {}

    def run(self, lock: int) -> None:
        """Look after the servers until nobody needs them, the system says stop, or the home is gone."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)
        try:
            while not self.stopping and self._home_is_ours(lock) and self._look():
                time.sleep(_LOOK_EVERY)
        finally:
            _say("stopping")
            stop(list(self.servers.values()))
            self._tell({})
            if self.home.sockets.parent != self.home.state:
                with suppress(OSError):
                    self.home.sockets.rmdir()

    def _look(self) -> bool:
        """See to each server once; say whether any of them is, or may soon be, of use."""
        linger = 0.0 if (asked := self.home.stop_at_once.exists()) else _LINGER
        in_use = [self._see_to(name, linger) for name in sorted(SERVICES)]
        self._tell({name: server.report for name, server in self.servers.items()})
        if asked and any(in_use):
            # Somebody else needs what still runs.
            self.home.stop_at_once.unlink(missing_ok=True)
        return any(in_use)

    def _see_to(self, name: str, linger: float) -> bool:
        server, users = self.servers[name], self.users[name]
        if not take(users):
            self.last_used[name] = time.monotonic()
            server.look_after()
            return True
        try:
            if time.monotonic() - self.last_used[name] < linger:
                return True
            # The lock stays ours meanwhile: whoever wants the server now waits, rather than find one that is stopping.
            server.stop()
            return False
        finally:
            let_go(users)

    def _tell(self, reports: dict[str, ServerReport]) -> None:
        if reports == self.published:
            return
        for name, report in reports.items():
            if report != self.published.get(name, ServerReport()):
                _say(f"{name}: {report}")
        self.published = reports
        publish(self.home, reports)

    def _home_is_ours(self, lock: int) -> bool:
        """A home that was removed, or moved away, must not keep servers running on files nobody can find."""
        try:
            return os.path.samestat(os.fstat(lock), self.home.supervisor_lock.stat())
        except OSError:
            _say("the home has gone")
            return False

    def _on_signal(self, signum: int, _frame: object) -> None:
        self.stopping = True


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} supervisor {os.getpid()}: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
