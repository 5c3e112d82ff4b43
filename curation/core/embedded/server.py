"""One server under supervision: started, watched, restarted with back-off, stopped within bounded time."""

import os
import subprocess

from curation.core.embedded.account import Account
from curation.core.embedded.backoff import Backoff
from curation.core.embedded.errors import EmbeddedServiceError, ServerFailed
from curation.core.embedded.files import disk_errors_explained, open_log, own_directory
from curation.core.embedded.locks import open_lock, take
from curation.core.embedded.places import Places
from curation.core.embedded.processes import die_with_parent, end, holders
from curation.core.embedded.recipe import ENVIRONMENT, Recipe
from curation.core.embedded.status import Report


class Server:
    """The state of one server; all methods are called from the supervisor's main thread."""

    def __init__(self, recipe: Recipe, places: Places, account: Account) -> None:
        self.recipe = recipe
        self.places = places
        self.account = account
        self.process: subprocess.Popen[bytes] | None = None
        self.report = Report()
        self._backoff = Backoff()
        # Since the server was last ready, or else a user could not tell a start without hope from a crash long ago.
        self._failed_starts = 0

    @property
    def name(self) -> str:
        """The name of the service."""
        return self.recipe.name

    def keep_up(self) -> None:
        """Start the server if it is down and its delay is over; otherwise see how it does."""
        if self.process is None:
            if self._backoff.is_over():
                self._try_to_start()
        elif self.process.poll() is not None:
            ended = f"{self.name} ended with {self.process.returncode}."
            self._fell(ServerFailed(f"{ended} {self._last_words()}", f"See {self.places.log(self.name)}."))
        elif not self.report.ready:
            if self.recipe.is_ready(self.process.pid):
                self._failed_starts = 0
                self.report = Report(ready=True, pid=self.process.pid)
        elif not self.recipe.socket.exists():
            # Something sweeps old files out of the folder for temporary ones.
            self.stop()

    def stop(self) -> None:
        """Stop the server, politely at first."""
        process, self.process, self.report = self.process, None, Report()
        self._backoff, self._failed_starts = Backoff(), 0
        if process is not None:
            end(lambda: [process.pid], lambda: process.poll() is not None, self.recipe.stop_steps)

    def _try_to_start(self) -> None:
        try:
            with disk_errors_explained(self.places.state):
                self._start()
        except EmbeddedServiceError as error:
            self._fell(error)

    def _start(self) -> None:
        lock = open_lock(self.places.server_lock(self.name))
        try:
            self._await_predecessor(lock)
            own_directory(self.places.sockets, {os.geteuid(), self.account.uid})
            self.account.give(self.places.sockets)
            self.recipe.prepare()
            with open_log(self.places.log(self.name)) as log:
                self.process = subprocess.Popen(
                    self.recipe.command(),
                    cwd=self.places.data(self.name),
                    env=ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[lock],
                    start_new_session=True,
                    preexec_fn=die_with_parent(self.recipe.orphan_signal),
                    **self.account.popen_options(),
                )
        finally:
            # From here on only the server and its children hold the lock.
            os.close(lock)
        self._backoff.started()
        self.report = Report(pid=self.process.pid, failures=self._failed_starts)

    def _await_predecessor(self, lock: int) -> None:
        """A former server, or a child of it, may still be going down: a dying Redis would unlink our new socket."""
        if take(lock, seconds=3):
            return
        path = self.places.server_lock(self.name)
        if not end(lambda: holders(path, self.account), lambda: take(lock), self.recipe.stop_steps):
            raise ServerFailed(
                f"Processes of a former {self.name} still hold {self.places.server_lock(self.name)}.",
                "End them (`lsof` names them), or restart the machine.",
            )

    def _fell(self, error: EmbeddedServiceError) -> None:
        self.process = None
        self._backoff.failed()
        self._failed_starts += 1
        kind = type(error).__name__
        self.report = Report(failures=self._failed_starts, kind=kind, reason=error.problem, remedy=error.remedy)

    def _last_words(self) -> str:
        try:
            return self.places.log(self.name).read_bytes()[-600:].decode(errors="replace").strip()
        except OSError:
            return ""
