"""A small real receiver of webhooks, for tests and benchmarks: it keeps what it gets, and does as it is told.

An answer of it is a status, or one of the faults: `slow` says nothing until it is closed, `reset` breaks the connection
off, `huge` has no end, `drip` sends a letter now and then.
"""

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """What the message says, if `secret` has signed it; raises otherwise."""
        return Webhook(secret).verify(self.body, self.headers)


class Server(ThreadingHTTPServer):
    """One that many may knock at together."""

    daemon_threads = True
    request_queue_size = 512


@dataclass
class Receiver:
    """Listens on this machine while it is entered. `answers` are given one after the other, then `always`."""

    always: int | str = 204
    answers: deque[int | str] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Called with each request before it is answered.
    on_request: Callable[[Got], object] | None = None
    got: list[Got] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.server = Server(("127.0.0.1", 0), handler_of(self))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.server_address[1])

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        """An address of it."""
        return f"http://{host}:{self.port}{path}"


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """The class that answers for one receiver."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.got.append(got)
            if receiver.on_request is not None:
                receiver.on_request(got)
            answer = receiver.answers.popleft() if receiver.answers else receiver.always
            if isinstance(answer, int):
                self.say(answer)
            else:
                getattr(self, answer)()

        def say(self, status: int) -> None:
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            body = b"" if status == 204 else receiver.body
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def slow(self) -> None:
            self.close_connection = True
            receiver.closing.wait(60)

        def drip(self) -> None:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not receiver.closing.wait(0.05):
                try:
                    self.wfile.write(b"x-more: yes\r\n"[:1])
                except OSError:
                    return

        def reset(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def huge(self) -> None:
            self.close_connection = True
            self.send_response(200)
            self.end_headers()
            try:
                while not receiver.closing.is_set():
                    self.wfile.write(b"endless " * 8192)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
