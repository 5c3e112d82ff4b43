"""The port that visitors come to."""

import errno
import os
import socket

DEFAULT_PORT = 8000


class PortUnusable(Exception):
    """The port cannot be had; the message says what to do."""


def port_from_environment() -> int:
    """PORT, by default 8000."""
    value = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (value.isascii() and value.isdecimal()) or not 0 < int(value) < 65536:
        raise PortUnusable(f"PORT={value} is not a port. Choose a number from 1024 to 65535, such as PORT=8001.")
    return int(value)


def bind(host: str, port: int) -> socket.socket:
    """Take the port now, and keep it: a web server that is restarted then loses no visitor.

    It is not listened on yet, so that visitors are turned away, rather than left waiting, until the pages are there.
    """
    listener = None
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener:
            listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortUnusable(f"Port {port} is taken. Choose another one: PORT={port + 1} make run") from error
        raise PortUnusable(
            f"{host} port {port} cannot be used ({error.strerror}). Choose another: PORT=8001."
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The address to type into a browser on this machine."""
    host, port = _from_here(listener)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answers(listener: socket.socket) -> bool:
    """Whether a web server speaks on the port."""
    try:
        with socket.create_connection(_from_here(listener), timeout=5) as client:
            client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return client.recv(5) == b"HTTP/"
    except OSError:
        return False


def _from_here(listener: socket.socket) -> tuple[str, int]:
    """An address that stands for all of this machine's is not one to connect to."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - told, not bound  # nosec
