"""The supervisor: one process for each home, which runs the servers for as long as somebody uses them."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from curation.core.embedded.account import server_account
from curation.core.embedded.locks import let_go, open_lock, take
from curation.core.embedded.places import SERVICES, Places
from curation.core.embedded.postgres import Postgres
from curation.core.embedded.server import Server
from curation.core.embedded.services import address, places_of
from curation.core.embedded.status import Report, publish
from curation.core.embedded.valkey import Valkey

_LINGER = 2.0
_LOOK_EVERY = 0.1


def supervise(home: Path, *, fast: bool, on_alive: Callable[[], None]) -> None:
    """Run until the last user of the last service has gone; return at once if this home has a supervisor already."""
    places = places_of(home)
    lock = open_lock(places.supervisor_lock)
    if not take(lock, seconds=1):
        return
    # Only now, alone, is it safe to clear away what a predecessor said; and only then may users believe us.
    publish(places, {})
    take(open_lock(places.alive_lock), seconds=1)
    on_alive()
    Supervisor(places, fast=fast).run(lock)


class Supervisor:
    """The loop around the servers of one home."""

    def __init__(self, places: Places, *, fast: bool) -> None:
        account = server_account(places.owner)
        if account.other:
            # So that the servers' account, once started inside, can reach the sockets next door.
            places.state.chmod(0o711)
        password = address(places.home).password
        recipes = (Postgres(places, account, password, fast), Valkey(places, account))
        self.places = places
        self.servers = {recipe.name: Server(recipe, places, account) for recipe in recipes}
        self.users = {name: open_lock(places.users_lock(name)) for name in SERVICES}
        self.last_used = dict.fromkeys(SERVICES, time.monotonic())
        self.stopping = False
        self.published: dict[str, Report] = {}

    def run(self, lock: int) -> None:
        """Look after the servers until nobody needs them, the system says stop, or the home is gone."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)
        try:
            while not self.stopping and self._home_is_ours(lock) and self._look():
                time.sleep(_LOOK_EVERY)
        finally:
            for server in self.servers.values():
                _say(f"stopping {server.name}")
                server.stop()
            self._tell()
            self.places.hurry.unlink(missing_ok=True)
            if self.places.sockets.parent != self.places.state:
                with suppress(OSError):
                    self.places.sockets.rmdir()

    def _look(self) -> bool:
        """See to each server once; say whether any of them is, or may soon be, of use."""
        in_use = [self._see_to(name) for name in sorted(SERVICES)]
        self._tell()
        return any(in_use)

    def _see_to(self, name: str) -> bool:
        server, users = self.servers[name], self.users[name]
        nobody = take(users)
        if not nobody:
            self.last_used[name] = time.monotonic()
            server.keep_up()
            return True
        try:
            if time.monotonic() - self.last_used[name] < _LINGER and not self.places.hurry.exists():
                return True
            # The lock stays ours meanwhile: a newcomer waits, rather than meet a server that is on its way out.
            server.stop()
            return False
        finally:
            let_go(users)

    def _tell(self) -> None:
        reports = {name: server.report for name, server in self.servers.items()}
        if reports == self.published:
            return
        for name, report in reports.items():
            if report != self.published.get(name, Report()):
                _say(f"{name}: {report}")
        self.published = reports
        publish(self.places, reports)

    def _home_is_ours(self, lock: int) -> bool:
        """A home that was removed, or moved away, must not keep servers running on files nobody can find."""
        try:
            return os.path.samestat(os.fstat(lock), self.places.supervisor_lock.stat())
        except OSError:
            _say("the home has gone")
            return False

    def _on_signal(self, signum: int, _frame: object) -> None:
        self.stopping = True


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} supervisor {os.getpid()}: {text}\n")
    sys.stderr.flush()
