"""A real `serve` in a home of its own, with the settings and the safety of production, and what its processes use."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.embedded_homes import ROOT, eventually, new_home, server

TICKS = os.sysconf("SC_CLK_TCK")
WITHIN = 300.0
PLAIN = {"ALLOWED_HOSTS", "DEBUG", "EXEMPLA_EMBEDDED_FAST", "EXEMPLA_HOME", "DATABASE_URL", "REDIS_URL", "PORT"}


def free_port() -> int:
    """A port that nobody listens on this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(root: int) -> float:
    """The CPU time of a process and all below it, with that of its children that have ended, in seconds.

    Looked at twice: a child that ends between the look at its parent and that at itself is in neither.
    """
    return max(_cpu_seconds(root), _cpu_seconds(root))


def _cpu_seconds(root: int) -> float:
    used, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS
    family, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family |= more
        grown = bool(more)
    return sum(used.get(pid, 0.0) for pid in family)


@dataclass(frozen=True)
class Used:
    """CPU time in milliseconds of web, database and cache, and the seconds that went by."""

    web: float
    database: float
    cache: float
    seconds: float

    @property
    def server(self) -> float:
        """All of it."""
        return self.web + self.database + self.cache


class Served:
    """One run of `serve`, one part of it alone: the web."""

    def __init__(self, home: Path, more: Sequence[str] = (), part: str = "web") -> None:
        self.home, self.port = home, free_port()
        self.environment = {name: value for name, value in os.environ.items() if name not in PLAIN}
        self.environment |= {"EXEMPLA_HOME": str(home), "PORT": str(self.port), "LOG_LEVEL": "ERROR"}
        self.environment["DJANGO_SETTINGS_MODULE"] = "curation.settings"
        self.said = home.with_name(f"said-{part}")
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-demo", "--only", part, *more],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        """Whether it says so."""
        assert self.process.poll() is None, self.said.read_text()
        return "Exempla is running" in self.said.read_text()

    def command(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start a command of `manage.py` in this home, as an operator would: in a session of its own."""
        command = [sys.executable, "manage.py", *map(str, arguments)]
        return subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def fill(self, *arguments: int) -> dict[str, Any]:
        """Have `review_child` fill the home; return what it prints."""
        command = [sys.executable, "-m", "tests.benchmarks.review_child", *map(str, arguments)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=self.environment, cwd=ROOT, text=True)
        return dict(json.loads(answer.stdout.splitlines()[-1]))

    def measure(self, times: int, block: Callable[[], object]) -> Used:
        """Return what one of the `times` in the block used."""
        roots = (self.process.pid, server(self.home, "postgres"), server(self.home, "redis"))
        began, before = time.monotonic(), [cpu_seconds(root) for root in roots]
        block()
        seconds = (time.monotonic() - began) / times
        spent = [1000 * (cpu_seconds(root) - was) / times for root, was in zip(roots, before, strict=True)]
        return Used(*spent, seconds=seconds)


@contextmanager
def serving(more: Sequence[str] = ()) -> Iterator[Served]:
    """Serve a new home, and leave nothing behind."""
    with new_home() as home, running(Served(home, more)) as served:
        yield served


@contextmanager
def running(served: Served) -> Iterator[Served]:
    """Wait until it is up, and end it."""
    try:
        eventually(served.is_up, WITHIN)
        yield served
    finally:
        served.process.terminate()
        served.process.wait(timeout=WITHIN)
