"""Homes with embedded services to break, and the processes that use them."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg

from curation.core import embedded
from curation.core.embedded.server import published

ROOT = Path(__file__).resolve().parents[1]
BOTH = ("postgres", "redis")
USER = """
import sys
from pathlib import Path
from curation.core import embedded
try:
    embedded.use(Path(sys.argv[1]), sys.argv[2].split(","))
except embedded.EmbeddedServiceError as error:
    print(type(error).__name__, error, flush=True)
else:
    print("ready", flush=True)
    sys.stdin.read()
"""


class User:
    """A process of its own that uses a home's services until it is told to end, or killed."""

    def __init__(self, home: Path, services: tuple[str, ...] = BOTH) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home), ",".join(services)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self) -> str:
        """`ready`, or what went wrong."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, signum: signal.Signals | None = None) -> None:
        """End it, by a signal or by letting it run out."""
        if signum:
            self.process.send_signal(signum)
        self.process.communicate(timeout=30)


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


class Listed(NamedTuple):
    """A process as `ps` lists it."""

    pid: int
    parent: int
    group: int
    args: str


def all_processes() -> list[Listed]:
    """Every process of the machine, however long its command line is."""
    command = ["ps", "-ww", "-eo", "pid=,ppid=,pgid=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [re.split(r"\s+", line.strip(), maxsplit=3) for line in listed.splitlines()]
    return [Listed(*map(int, numbers), args) for *numbers, args in rows]


def supervisors(home: Path) -> set[int]:
    """The supervisors of a home, of which there may be one; what led its group has only forked it."""
    command = re.compile(rf".* -m curation\.core\.embedded\.supervisor {re.escape(str(home.resolve()))} \d+")
    found = [process for process in all_processes() if command.fullmatch(process.args)]
    return {process.pid for process in found if process.pid != process.group}


def server(home: Path, service: str) -> int:
    """The process of a server that is ready; 0 when it is not."""
    report = published(embedded.Home(home)).get(service)
    return report.pid if report and report.ready else 0


def is_alive(pid: int) -> bool:
    """Whether there is such a process; one that has ended, and whose parent has not asked how, is none."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def connect(home: Path) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection that commits each statement."""
    return psycopg.connect(embedded.Home(home).owner_url, autocommit=True, connect_timeout=10)


@contextmanager
def new_home(name: str = "home") -> Iterator[Path]:
    """A home that leaves neither files nor processes behind.

    Its folder is closed to all others, as a home directory may be: root's servers have to manage there, too.
    """
    folder = Path(tempfile.mkdtemp(prefix="exempla-test-"))
    home = folder / name
    try:
        yield home
    finally:
        if home.exists():
            embedded.release(home)
        # Orphans of a killed process may still write their last words.
        eventually(lambda: shutil.rmtree(folder, ignore_errors=True) or not folder.exists())
        eventually(lambda: not supervisors_below(folder))


def supervisors_below(folder: Path) -> list[str]:
    """Supervisors whose home lies in the folder: one whose home has gone has to notice."""
    lines = [process.args for process in all_processes()]
    return [line for line in lines if "core.embedded.supervisor" in line and str(folder) in line]
