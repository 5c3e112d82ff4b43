"""A real Argilla server in processes of its own, for tests and benchmarks: started once, at a test's command."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from curation.core.embedded import binaries
from tests.environments import ARGILLA

HERE = Path(__file__).resolve().parent
PASSWORD = "12345678"


@dataclass(frozen=True)
class Person:
    """Somebody who answers there."""

    id: str
    username: str
    key: str


class Argilla:
    """A running server. Its database, and the Redis beside it, last until `close`, whatever it is told meanwhile."""

    def __init__(self) -> None:
        python = ARGILLA.python()
        # A short path: that of a socket may have 107 bytes.
        self.home = Path(tempfile.mkdtemp(prefix="argilla-"))
        self.owner_key, self.port = secrets.token_hex(16), 0
        options = {"port": "0", "unixsocket": str(self.home / "redis"), "save": "", "dir": str(self.home)}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.redis = subprocess.Popen(
            [str(binaries.valkey().file), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # What it needs is read once; each start is a process that is forked from this one.
        self.program = subprocess.Popen(
            [str(python), str(HERE / "serve.py"), str(self.home), str(self.home / "redis"), self.owner_key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        # The number of the process that serves; None once it was seen to have ended.
        self.process: int | None = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it is, which stays the same when it is started again."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, again on the same port once it has ended, and wait until it answers."""
        if self.process is not None:
            self.wait_until_ended()
        until = time.monotonic() + 60
        while not self._redis_answers():
            assert self.redis.poll() is None, "the Redis of Argilla has ended"
            assert time.monotonic() < until, "the Redis of Argilla does not answer"
            time.sleep(0.01)
        self._say(start=self.port)
        told = self._read()
        self.port, self.process = told["port"], told["process"]

    def _listen(self) -> None:
        """Read what it complains of, so that it never waits for somebody to, and keep the end."""
        assert self.program.stderr is not None
        with self.program.stderr as stream:
            for line in stream:
                self.said.append(line)
                del self.said[:-60]

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        os.kill(self.process, signal.SIGKILL)
        self.wait_until_ended()

    def wait_until_ended(self) -> None:
        """Wait for the end that it was ordered to meet."""
        assert self._read()["ended"] == self.process
        self.process = None

    def close(self) -> None:
        """End it and its Redis, and remove what it kept."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        # It ends when nobody can say anything to it any more.
        self.program.stdin.close()
        self.program.wait(timeout=60)
        self.program.stdout.close()
        self.redis.terminate()
        self.redis.wait(timeout=20)
        shutil.rmtree(self.home, ignore_errors=True)

    def order(self, **order: Any) -> None:
        """Have calls be refused, or break it: see `serve.py`. Without an order, it does what it should."""
        self._say(**order)
        assert self._read()["ordered"]

    def call(self, method: str, path: str, *, key: str = "", json: Any = None, **params: Any) -> Any:
        """Call its API as its owner, or with another key, and return what it answers."""
        headers = {"X-Argilla-Api-Key": key or self.owner_key}
        # Without `verify`, each call would read the certificates that the machine trusts.
        answer = httpx.request(
            method, f"{self.url}/api/v1/{path}", headers=headers, json=json, params=params, timeout=60,
            trust_env=False, verify=False,  # noqa: S501
        )  # fmt: skip
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def workspace(self) -> tuple[str, str]:
        """Make a workspace and return its name and id: each test has one of its own."""
        name = f"ws-{secrets.token_hex(6)}"
        return name, self.call("POST", "workspaces", json={"name": name})["id"]

    def person(self, workspace: str, *, username: str = "", role: str = "annotator") -> Person:
        """Make somebody who answers in a workspace."""
        username = username or f"user-{secrets.token_hex(4)}"
        asked = {"first_name": username, "username": username, "role": role, "password": PASSWORD}
        made = self.call("POST", "users", json=asked)
        self.call("POST", f"workspaces/{workspace}/users", json={"user_id": made["id"]})
        return Person(made["id"], username, made["api_key"])

    def dataset(self, workspace: str, *, fields: dict[str, Any], questions: dict[str, Any], **more: Any) -> str:
        """Make a dataset with these fields and questions, each with its settings, and return its id."""
        made = self.call("POST", "datasets", json={"name": secrets.token_hex(6), "workspace_id": workspace, **more})
        for path, named in (("fields", fields), ("questions", questions)):
            for number, (name, settings) in enumerate(named.items()):
                asked = {"name": name, "title": name, "required": number == 0, "settings": settings}
                self.call("POST", f"datasets/{made['id']}/{path}", json=asked)
        self.call("PUT", f"datasets/{made['id']}/publish")
        return str(made["id"])

    def _redis_answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.home / "redis"))
                return True
        except OSError:
            return False

    def _say(self, **said: Any) -> None:
        assert self.program.stdin is not None
        self.program.stdin.write(json.dumps(said) + "\n")
        self.program.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.program.stdout is not None
        line = self.program.stdout.readline()
        assert line, f"the Argilla server has ended: {''.join(self.said)}"
        read: dict[str, Any] = json.loads(line)
        return read


def seconds_of(process: int) -> float:
    """The seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
