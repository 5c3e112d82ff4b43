"""Keeping the leases of this process, in a process of its own.

A thread would stand still together with what it is to keep alive: a regular expression, a parser, a model hold the
interpreter's lock for as long as one call lasts. The renewer learns of its parent's end from the pipe between them.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import connection, models

RENEWALS_A_LEASE = 4
SCRIPT = Path(__file__).with_name("renewer.py")

_lock = threading.Lock()
_renewer: subprocess.Popen[bytes] | None = None
_kept: dict[int, dict[str, Any]] = {}


def keep(token: int, model: type[models.Model], ids: Collection[int], *, seconds: float) -> None:
    """Renew the lease `token` for `seconds`, four times in that time, until it is dropped or this process ends."""
    pk = model._meta.pk
    assert pk is not None  # noqa: S101 - tells mypy what holds here  # nosec
    line = {
        "keep": token,
        "table": model._meta.db_table,
        "column": pk.column,
        "ids": list(ids),
        "seconds": seconds,
        "every": seconds / RENEWALS_A_LEASE,
    }
    with _lock:
        _kept[token] = line
        _tell(line)


def note(token: int, figures: Mapping[str, int]) -> None:
    """Store `figures` (column -> number) with the kept lease, soon. None of it can fail the work."""
    with _lock:
        if token in _kept:
            _tell({"note": token, "figures": dict(figures)})


def drop(token: int) -> None:
    """Renew this lease no longer."""
    with _lock:
        if _kept.pop(token, None):
            _tell({"drop": token})


def stop() -> None:
    """End the renewer and wait until it has left the database, whatever is kept: for tests, which take theirs down."""
    global _renewer
    with _lock:
        renewer, _renewer = _renewer, None
        if renewer is not None and renewer.stdin is not None:
            renewer.stdin.close()
            renewer.wait()


def _tell(line: Mapping[str, Any]) -> None:
    """Send one line; a renewer that has gone is replaced, and learns all that is kept."""
    global _renewer
    if _renewer is not None and _renewer.poll() is None and _sent(_renewer, line):
        return
    if _renewer is not None and _renewer.stdin is not None:
        with suppress(OSError):
            _renewer.stdin.close()
    _renewer = _started()
    for one in _kept.values():
        _sent(_renewer, one)


def _sent(renewer: subprocess.Popen[bytes], line: Mapping[str, Any]) -> bool:
    assert renewer.stdin is not None  # noqa: S101 - tells mypy what holds here  # nosec
    try:
        renewer.stdin.write(json.dumps(line).encode() + b"\n")
        renewer.stdin.flush()
    except OSError:
        return False
    return True


def _started() -> subprocess.Popen[bytes]:
    # In a session of its own: what a terminal sends to the group is for the work to see, and to end its lease on.
    renewer = subprocess.Popen(  # noqa: S603 # nosec
        [sys.executable, "-E", str(SCRIPT)], stdin=subprocess.PIPE, start_new_session=True, close_fds=True
    )
    _sent(renewer, {"parent": os.getpid(), "connect": connection_parameters()})
    return renewer


def connection_parameters() -> dict[str, str | int]:
    """Return what `psycopg.connect` needs to reach the database that this process uses."""
    return {name: value for name, value in connection.get_connection_params().items() if isinstance(value, str | int)}


def _forget() -> None:
    """In a fork: the renewer is the parent's, and so are its leases."""
    global _renewer
    _renewer = None
    _kept.clear()


os.register_at_fork(after_in_child=_forget)
