"""Sends a JSONL file over the API in batches and has each imported, in a process of its own; prints time and memory.

The calls go through the whole WSGI application, which reads each body from the file: nothing here holds one.
"""

import json
import sys
import time
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from typing import Any

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.HOME = sys.argv[2]
settings.API_CALLS_A_MINUTE, settings.ALLOWED_HOSTS = 10**9, ["testserver"]
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from curation.stories.actions.importing import claim, run_import  # noqa: E402
from tests.benchmarks.peak import peak_mb  # noqa: E402
from tests.benchmarks.spent import spent  # noqa: E402

path, secret, batch = Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])
application = WSGIHandler()


class Piece(RawIOBase):
    """The part of a file that is one body."""

    def __init__(self, start: int, size: int) -> None:
        self.file, self.left = path.open("rb"), size
        self.file.seek(start)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, into: Any) -> int:
        """Read no further than its end."""
        found = self.file.read(min(len(into), self.left))
        into[: len(found)] = found
        self.left -= len(found)
        return len(found)


def pieces() -> list[tuple[int, int]]:
    """Where each batch begins, and how many bytes it has."""
    found, start, place = [], 0, 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            place += len(line)
            if number % batch == 0:
                found.append((start, place - start))
                start = place
    return found + ([(start, place - start)] if place > start else [])


def send(number: int, start: int, size: int) -> None:
    """Send one batch."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/imports",
        "QUERY_STRING": "source=bench&license=CC0-1.0",
        "CONTENT_TYPE": "application/x-ndjson",
        "CONTENT_LENGTH": str(size),
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
        "HTTP_IDEMPOTENCY_KEY": f"{path.stat().st_size}-{number}",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BufferedReader(Piece(start, size)),
        "wsgi.errors": BytesIO(),
    }
    said: list[str] = []
    body = b"".join(application(environ, lambda status, _headers: said.append(status)))  # type: ignore[arg-type]
    assert said[0].startswith("202"), body


batches, created, longest = pieces(), 0, 0.0
with spent() as cost:
    for number, (start, size) in enumerate(batches):
        began = time.perf_counter()
        send(number, start, size)
        longest = max(longest, time.perf_counter() - began)
        run = claim()
        assert run is not None
        created += run_import(run=run).created
print(  # noqa: T201
    json.dumps(
        {
            "seconds": cost.clock,
            "processor": cost.processor,
            "peak_mb": peak_mb(),
            "created": created,
            "batches": len(batches),
            "longest": longest,
        }
    )
)
