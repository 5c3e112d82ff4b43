"""`manage.py serve` as a person runs it, in a folder with a space in its name, while its parts are killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.embedded_homes import ROOT, all_processes, eventually, is_alive, new_home, server, supervisors

WITHIN = 300.0


@pytest.fixture(scope="module")
def migrated() -> Iterator[Path]:
    """A home that was served once, and is copied for each test, as a backup would be restored."""
    with new_home("a home") as path:
        with serving(path, free_port()):
            pass
        yield path


@pytest.fixture
def home(migrated: Path) -> Iterator[Path]:
    with new_home("a home") as path:
        shutil.copytree(migrated, path)
        yield path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Serve:
    """One run of `serve`, and what it has said."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.said = home.with_name(f"said-{time.monotonic_ns()}")
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-demo"],
                cwd=ROOT,
                env={**os.environ, "EXEMPLA_HOME": str(home), "PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.said.read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.text()
        return f"Exempla is running at http://127.0.0.1:{self.port}" in self.text()

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    def children(self, name: str = "") -> set[int]:
        own = [process for process in all_processes() if process.parent == self.process.pid]
        return {process.pid for process in own if re.search(name, process.args)}


@contextmanager
def serving(home: Path, port: int) -> Iterator[Serve]:
    serve = Serve(home, port)
    try:
        eventually(serve.is_up, WITHIN)
        yield serve
    finally:
        serve.process.terminate()
        serve.process.wait(timeout=WITHIN)


def test_one_command_starts_everything_and_ctrl_c_stops_everything(home: Path) -> None:
    with serving(home, free_port()) as serve:
        assert serve.answers()
        children = serve.children()
        for name in ("gunicorn", r"celery.*worker", r"celery.*\bbeat\b"):
            eventually(lambda name=name: serve.children(name), WITHIN)
        os.killpg(serve.process.pid, signal.SIGINT)
        assert serve.process.wait(timeout=60) == 0
        assert not supervisors(home), "the databases had stopped before the prompt came back"
        assert not [pid for pid in children if is_alive(pid)]


# Celery writes a title of its own over its command line, sooner or later.
@pytest.mark.parametrize("name", ["gunicorn", r"\bworker@", r"\bjudging@", r"\bbulk@", r"celery.*\bbeat\b"])
def test_a_killed_child_comes_back(home: Path, name: str) -> None:
    with serving(home, free_port()) as serve:
        eventually(lambda: serve.children(name), WITHIN)
        (killed,) = serve.children(name)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: serve.children(name) - {killed}, WITHIN)
        eventually(serve.answers, WITHIN)


def test_killed_services_come_back_without_anybody_asking(home: Path) -> None:
    with serving(home, free_port()) as serve:
        victims = {*supervisors(home), server(home, "postgres"), server(home, "redis")}
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: serve.is_up() and server(home, "postgres") not in {0, *victims}, WITHIN)
        eventually(serve.answers, WITHIN)


def test_after_kill_9_of_everything_the_next_start_works(home: Path) -> None:
    port = free_port()
    with serving(home, port) as serve:
        everything = {serve.process.pid, *serve.children(), *supervisors(home)}
        everything |= {server(home, "postgres"), server(home, "redis")}
        for pid in everything:
            os.kill(pid, signal.SIGKILL)
        serve.process.wait()
    with serving(home, port) as again:
        eventually(again.answers, WITHIN)


def test_a_killed_serve_leaves_the_port_and_the_home_to_the_next(home: Path) -> None:
    port = free_port()
    with serving(home, port) as serve:
        children = serve.children()
        serve.process.kill()
        serve.process.wait()
    with serving(home, port) as again:
        eventually(again.answers, WITHIN)
        assert not [pid for pid in children if is_alive(pid)]


def test_a_taken_port_and_a_served_home_are_each_told_in_one_line(home: Path) -> None:
    with serving(home, free_port()) as serve, new_home() as other:
        for place, port, expected in (
            (other, serve.port, f"Port {serve.port} is taken. Choose another one: PORT="),
            (home, free_port(), f"already served by process {serve.process.pid} on http://127.0.0.1:{serve.port}"),
        ):
            second = Serve(place, port)
            assert second.process.wait(timeout=WITHIN) != 0
            assert expected in second.text()
            assert "Traceback" not in second.text()
        assert serve.answers()
