"""The port of the demonstration's practice model: the same in every run, since the provider that is stored names it."""

import socket
from contextlib import suppress
from pathlib import Path


def bind_practice(home: Path) -> socket.socket:
    """Take the port of the run before, or a free one, on this machine alone. It is not listened on yet."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with suppress(OSError, OverflowError):
        listener.bind(("127.0.0.1", remembered_port(home)))
        return listener
    listener.bind(("127.0.0.1", 0))
    return listener


def remembered_port(home: Path) -> int:
    """The port of the run before; 0 where the workspace has no practice model."""
    try:
        return int(_file(home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def remember_port(home: Path, port: int) -> None:
    """The workspace has a practice model, at this port."""
    home.mkdir(parents=True, exist_ok=True)
    _file(home).write_text(f"{port}\n", encoding="utf-8")


def forget_port(home: Path) -> None:
    """The workspace has no practice model."""
    _file(home).unlink(missing_ok=True)


def _file(home: Path) -> Path:
    return home / "practice-port"
