"""Runs all of Exempla on one machine until Ctrl-C."""

import signal
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.module_loading import import_string

from curation.core import embedded, roles, services
from curation.core.serving.crew import Crew
from curation.core.serving.plans import plans
from curation.core.serving.port import PortUnusable, address_of, answers, bind, port_from_environment
from curation.core.serving.sole import AlreadyServed, become_the_only_one, is_still_there, outlive_no_children
from curation.core.serving.watchdog import Watchdog

DEMO_NAMES = "admin, curator, annie, ben, imani, rosa"
DEATHS_BEFORE_GIVING_UP = 3
STARTING_TAKES_AT_MOST = 90.0
LOOK_EVERY = 0.2


class Command(BaseCommand):
    """Web, worker and beat, with all they need."""

    help = "Run Exempla: database, web pages, worker and schedule, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port is PORT, from the environment."""
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        parser.add_argument("--demo", action="store_true", help="fill a new workspace with the demonstration")
        parser.add_argument("--no-demo", action="store_true", help="leave a new workspace empty")
        parser.add_argument("--verbose", action="store_true", help="show what web, worker and beat say")

    def handle(self, *args: Any, **options: Any) -> None:
        """Claim the home and the port, prepare the workspace, then look after the children."""
        home, host = services.home(), options["host"]
        try:
            port = port_from_environment()
            become_the_only_one(home, f"http://{host}:{port}")
            children_lock = outlive_no_children(home, self._say)
            listener = bind(host, port)
        except (AlreadyServed, PortUnusable) as error:
            raise CommandError(str(error)) from error
        self.signals, self.preparing, self.trouble = 0, True, ""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._on_signal)
        try:
            self._prepare(demo=(options["demo"] or settings.DEBUG) and not options["no_demo"])
            self.preparing = False
            with listener:
                self._serve(home, listener, children_lock, verbose=options["verbose"])
        except KeyboardInterrupt:
            self.preparing = False
        except embedded.EmbeddedServiceError as error:
            raise CommandError(str(error)) from error
        finally:
            connections.close_all()
            if services.wanted():
                embedded.release(home)
            self._say("stopped")

    def _prepare(self, *, demo: bool) -> None:
        services.start()
        self._say("preparing the database")
        call_command("migrate", interactive=False, verbosity=0)
        if warning := roles.too_mighty():
            self._say(warning)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        call_command("install_standards", verbosity=0)
        if demo:
            call_command("seed_demo", if_new=True, stdout=self.stdout)

    def _serve(self, home: Path, listener: socket, children_lock: int, *, verbose: bool) -> None:
        inherits = [children_lock, *(embedded.registrations(home) if services.wanted() else ())]
        crew = Crew(plans(home, listener.fileno(), inherits, verbose=verbose), children_lock, self._say)
        watchdog = Watchdog(import_string(settings.WORKER_STALLED))
        try:
            self._await_web(crew, listener)
            if not self.signals:
                self._announce(home, listener)
            while not self.signals and is_still_there(home):
                crew.keep_up()
                self._keep_services_up()
                if watchdog.gives_up():
                    self._say("the worker did nothing although work was due; starting it again")
                    crew.named("worker").kill()
                time.sleep(LOOK_EVERY)
        finally:
            self._say("stopping")
            crew.stop(is_urgent=lambda: self.signals > 1)

    def _await_web(self, crew: Crew, listener: socket) -> None:
        web = crew.named("web")
        deadline = time.monotonic() + STARTING_TAKES_AT_MOST
        while not self.signals and not answers(listener):
            crew.keep_up()
            if web.deaths >= DEATHS_BEFORE_GIVING_UP or time.monotonic() > deadline:
                raise CommandError(f"The web server does not start; see {web.plan.log or 'above'}.")
            time.sleep(LOOK_EVERY)

    def _keep_services_up(self) -> None:
        try:
            services.start()
        except embedded.EmbeddedServiceError as error:
            if str(error) != self.trouble:
                self._say(str(error))
            self.trouble = str(error)

    def _announce(self, home: Path, listener: socket) -> None:
        lines = ["", f"  Exempla is running at {address_of(listener)}", ""]
        with suppress(FileNotFoundError):
            password = (home / "demo-password").read_text(encoding="utf-8").strip()
            lines += [f"  Sign in as  {DEMO_NAMES}", f"  Password    {password}", ""]
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
