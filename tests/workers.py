"""A real worker with beat, on the test database and a Redis database of its own, to be killed without warning."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from django.conf import settings
from django.db import connection
from redis import Redis

from curation.core.serving.plans import SOFT_SHUTDOWN

ROOT = Path(__file__).resolve().parents[1]
# Each parallel run of the tests has a number of its own, so that none flushes another's messages.
NUMBER = 2 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def database_url() -> str:
    """The address of the database that this test runs on."""
    at = connection.settings_dict
    place = quote(str(at["HOST"]), safe="") + (f":{at['PORT']}" if at["PORT"] else "")
    return f"postgres://{quote(at['USER'])}:{quote(at['PASSWORD'], safe='')}@{place}/{at['NAME']}"


def broker_url() -> str:
    """The configured Redis, with a database of its own."""
    url: str = settings.CELERY_BROKER_URL
    if url.startswith("redis+socket:"):
        return f"{url.partition('?')[0]}?virtual_host={NUMBER}"
    return f"{url.rsplit('/', 1)[0] if url.count('/') > 2 else url}/{NUMBER}"


def flush() -> None:
    """Lose every message."""
    url = broker_url()
    if url.startswith("redis+socket:"):
        path = unquote(url.removeprefix("redis+socket://").partition("?")[0])
        Redis(unix_socket_path=path, db=NUMBER).flushdb()
    else:
        Redis.from_url(url).flushdb()


class Worker:
    """The worker and everything it started, as one group of processes; on the Redis at `redis`, by default ours."""

    def __init__(self, folder: Path, *, redis: str = "") -> None:
        self.log = folder / "worker.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "curation", "worker", "--beat", "--concurrency", "2",
                 "--schedule", str(folder / "beat"), "--loglevel", "WARNING"],
                cwd=ROOT,
                env={**os.environ, **SOFT_SHUTDOWN, "DATABASE_URL": database_url(),
                     "REDIS_URL": redis or broker_url(), "DJANGO_SETTINGS_MODULE": "curation.settings"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def ask_to_end(self) -> None:
        """Send the signal that `serve` sends to the worker, and wait until it has ended."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def kill(self) -> None:
        """End all of it at once, without a chance to tidy up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)


@contextmanager
def worker(folder: Path) -> Iterator[Worker]:
    """A running worker for the block."""
    running = Worker(folder)
    try:
        yield running
    finally:
        running.kill()


def until(holds: Callable[[], bool], *, seconds: float = 60.0) -> float:
    """Wait until it holds and return how long that took; fail after `seconds`."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < seconds, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - start
