"""Runs Exempla, or a part of it, until Ctrl-C."""

import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from importlib import import_module
from io import StringIO
from pathlib import Path
from socket import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from curation.core import embedded, roles, services
from curation.core.commands import ExemplaCommand
from curation.core.embedded.supervised import SupervisedProcess
from curation.core.errors import ExemplaError
from curation.core.heartbeat import last_heartbeat
from curation.core.locks import PREPARING, wait_for_lock
from curation.core.queues import QUEUES
from curation.core.serving.forked import IS_POSSIBLE, Fork, ForkedProcess, share_what_is_loaded
from curation.core.serving.plans import PARTS, WEB, WORKER, WORKERS, plans, preload
from curation.core.serving.port import PortUnusable, address_of, answers, bind, port_from_environment
from curation.core.serving.practice import bind_practice, remembered_port
from curation.core.serving.processes import Processes
from curation.core.serving.single_instance import AlreadyServed, claim, is_claimed, lock_for_children
from curation.core.serving.watchdog import Watchdog
from curation.core.storage import StorageError, storage

DEMO_NAMES = "admin, curator, annie, ben, imani, rosa"
DEATHS_BEFORE_GIVING_UP = 3
STARTING_TAKES_AT_MOST = 90.0
LOOK_EVERY = 0.2


class Command(ExemplaCommand):
    """Web, worker and beat, with all they need."""

    help = "Run Exempla: database, web pages, workers and schedule, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port is PORT, from the environment."""
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        parser.add_argument("--only", choices=PARTS, help="run this part alone; other hosts run the others")
        parser.add_argument("--queues", help=f"with --only worker, serve these alone ({','.join(QUEUES)})")
        parser.add_argument("--demo", action="store_true", help="fill a new workspace with the demonstration")
        parser.add_argument("--no-demo", action="store_true", help="leave a new workspace empty")
        parser.add_argument("--verbose", action="store_true", help="show what web, worker and beat say")

    def run(self, options: dict[str, Any]) -> None:
        """Claim the home and the port, prepare the workspace, then look after the processes."""
        home, host = services.home(), options["host"]
        self.parts = (options["only"],) if options["only"] else PARTS
        self.queues = queues_named(options["queues"], options["only"])
        self.signals, self.preparing, self.trouble = 0, True, ""
        with ExitStack() as opened:
            listener = None
            try:
                port = port_from_environment()
                where = f"http://{host}:{port}" if WEB in self.parts else f"no port, as {options['only']}"
                claims = [claim(home, where, part) for part in self.parts]
                locks = [lock_for_children(home, self._say, part) for part in self.parts]
                if WEB in self.parts:
                    listener = opened.enter_context(bind(host, port))
                demo = (options["demo"] or settings.DEBUG) and not options["no_demo"]
                # A worker on another host would not reach it.
                practice = opened.enter_context(bind_practice(home)) if demo and self.parts == PARTS else None
            except (AlreadyServed, PortUnusable) as error:
                raise CommandError(str(error)) from error
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(signum, self._on_signal)
            try:
                services.start()
                self._say("preparing the database")
                self._load_and_prepare(partial(self._prepare, demo=demo, practice=practice))
                self.preparing = False
                if practice and not remembered_port(home):
                    practice = None
                self._serve(home, listener, practice, claims, locks, verbose=options["verbose"])
            except KeyboardInterrupt:
                self.preparing = False
            except embedded.EmbeddedServiceError as error:
                raise CommandError(str(error)) from error
            finally:
                connections.close_all()
                if services.wanted():
                    embedded.release(home)
                self._say("stopped")

    def _load_and_prepare(self, prepare: Callable[[], None]) -> None:
        """Load what the processes have in common, and prepare in one of them, which leaves no connection behind."""
        if not IS_POSSIBLE:
            prepare()
            return
        preload()
        share_what_is_loaded()
        preparing = Fork(partial(told_in_a_line, prepare))
        try:
            while (status := preparing.poll()) is None:
                time.sleep(LOOK_EVERY)
        except KeyboardInterrupt:
            preparing.send_signal(signal.SIGTERM)
            raise
        if status:
            # It has said why.
            raise SystemExit(1)
        if WEB in self.parts:
            import_module("curation.wsgi")
            share_what_is_loaded()

    def _prepare(self, *, demo: bool, practice: socket | None) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if warning := roles.too_mighty():
            self._say(warning)
        try:
            storage().reach(quick=True)
        except StorageError as error:
            # Reviewing goes on without it; imports and releases wait.
            self._say(error.message)
        if not settings.DEBUG and WEB in self.parts:
            call_command("collectstatic", interactive=False, verbosity=0)
        # Several hosts may start at once, and each would find nothing there.
        with wait_for_lock(PREPARING, 0):
            call_command("install_standards", verbosity=0)
            call_command("install_providers", verbosity=0)
            if demo:
                call_command("seed_demo", if_new=True, stdout=self.stdout)
            if practice:
                call_command("offer_practice_model", port=practice.getsockname()[1], stdout=StringIO())

    def _serve(
        self,
        home: Path,
        listener: socket | None,
        practice: socket | None,
        claims: list[int],
        locks: list[int],
        *,
        verbose: bool,
    ) -> None:
        inherits = [*locks, *(embedded.registrations(home) if services.wanted() else ())]
        number, of_practice = (one.fileno() if one else None for one in (listener, practice))
        planned = plans(
            home, number, inherits, verbose=verbose, parts=self.parts, queues=self.queues, practice=of_practice
        )
        ours = [*claims, *(one for one in (number, of_practice) if one)]
        processes = Processes(
            {plan.name: ForkedProcess(plan, ours) if IS_POSSIBLE else SupervisedProcess(plan) for plan in planned},
            self._say,
        )
        names = [plan.name for plan in planned]
        watchdogs = {name: Watchdog(partial(last_heartbeat, name)) for name in names if name in WORKERS}
        try:
            if listener:
                self._await_web(processes, listener)
            if not self.signals:
                self._announce(home, listener)
            while not self.signals and is_claimed(home, self.parts[0]):
                processes.keep_up()
                self._keep_services_up()
                for name, watchdog in watchdogs.items():
                    if watchdog.finds_it_stalled():
                        self._say(f"{name} takes up no tasks; starting it again")
                        processes[name].kill()
                time.sleep(LOOK_EVERY)
        finally:
            self._say("stopping")
            processes.stop(is_urgent=lambda: self.signals > 1)

    def _await_web(self, processes: Processes, listener: socket) -> None:
        web = processes[WEB]
        deadline = time.monotonic() + STARTING_TAKES_AT_MOST
        while not self.signals and not answers(listener):
            processes.keep_up()
            if web.failures >= DEATHS_BEFORE_GIVING_UP or time.monotonic() > deadline:
                raise CommandError(f"The web server does not start; see {web.plan.log or 'above'}.")
            time.sleep(LOOK_EVERY)

    def _keep_services_up(self) -> None:
        try:
            services.start()
        except embedded.EmbeddedServiceError as error:
            if str(error) != self.trouble:
                self._say(str(error))
            self.trouble = str(error)

    def _announce(self, home: Path, listener: socket | None) -> None:
        where = f"at {address_of(listener)}" if listener else f"here as {self.parts[0]}"
        lines = ["", f"  Exempla is running {where}", ""]
        with suppress(FileNotFoundError):
            password = (home / "demo-password").read_text(encoding="utf-8").strip()
            lines += [f"  Sign in as  {DEMO_NAMES}", f"  Password    {password}", ""] if listener else []
        lines += [f"  Logs        {home / 'logs'}", "  Stop        Ctrl-C", ""]
        self._write("\n".join(lines))

    def _on_signal(self, _signum: int, _frame: object) -> None:
        self.signals += 1
        if self.preparing:
            raise KeyboardInterrupt

    def _say(self, text: str) -> None:
        self._write(f"exempla: {text}")

    def _write(self, text: str) -> None:
        # A terminal that was closed must not keep us from stopping in order.
        with suppress(OSError):
            self.stdout.write(text)
            self.stdout.flush()


def told_in_a_line(function: Callable[[], None]) -> None:
    """Call it, and end the process with one line if it fails with an error that says what to do."""
    try:
        function()
    except (CommandError, ExemplaError) as error:
        sys.exit(f"CommandError: {error}")
    finally:
        connections.close_all()


def queues_named(text: str | None, only: str | None) -> list[str]:
    """The queues to serve: those named, by default all."""
    if text is None:
        return list(QUEUES)
    if only != WORKER:
        raise CommandError("--queues goes with --only worker.")
    named = [name.strip() for name in text.split(",")]
    if unknown := [name for name in named if name not in QUEUES]:
        raise CommandError(f"There is no queue {unknown[0]!r}. Choose from {', '.join(QUEUES)}.")
    return named
