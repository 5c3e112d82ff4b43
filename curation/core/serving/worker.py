"""A gunicorn worker in which nobody's slowness takes a thread away from the others.

gunicorn's own threaded worker reads from a connection in the thread that will answer it, for as long as that takes, and
waits for the other side to hang up in the loop that accepts everybody. Here a request is awaited in the loop, which
costs no thread, until it is there or its body is `LARGE`; a thread that still has to read or write waits only so long.
What is made of files (`core.parts`) costs no thread either, from where its head is written: see `sending`.
"""

import errno
import mmap
import re
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

from curation.core.parts import PIECE, FilePart, Parts
from curation.core.serving.sending import Sender, Sending

# Seconds that a peer may keep us waiting in each phase (head, body, answer), and bytes that buy one more second.
GRACE = 15.0
LEAST_RATE = 4096
# Bytes of a request that are kept in memory until it is complete; what is longer is read by the thread that answers.
LARGE = 256 * 1024
# Bytes of an answer that the loop sends on, so that the thread is free, when the other side does not read them at once.
MOST_UNREAD = 1024 * 1024
# Connections whose requests are still to come; one more, and the one that has been at it longest is closed.
MOST_ARRIVING = 400
# Long requests that wait for one of the threads that read such; one more is closed.
MOST_WAITING = 100
# Connections whose answers are still to be read; one more, and the one that has been at it longest is closed.
MOST_READING = 300
# Seconds after an answer in which another request is expected, and files are still sent slowly.
CALM = 0.25
# Seconds to let the other side read the end of an answer before it is hung up on.
LINGER = 2.0
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
# Whoever sends it wants a word before sending the body.
EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
END_OF_CHUNKS = b"0\r\n\r\n"


class LastAnswer:
    """When a web process last ended an answer that was no file: a file that one of them sends takes time from all.

    It is kept in memory that is shared by all processes that are forked from this one.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    def note(self) -> None:
        """An answer ends now."""
        struct.pack_into("d", self._shared, 0, time.monotonic())

    def is_recent(self) -> bool:
        """Whether one ended less than `CALM` ago."""
        (at,) = struct.unpack_from("d", self._shared)
        return bool(at and time.monotonic() - at < CALM)


last_answer = LastAnswer()


class PatientSocket(socket.socket):
    """A connection's socket: in a thread, it is waited for only as long as `GRACE` and `LEAST_RATE` allow."""

    def begin(self) -> None:
        """A request begins: nothing has been waited for yet, and nothing of its answer is unread."""
        self._waited = {"in": 0.0, "out": 0.0}
        self._moved = {"in": 0, "out": 0}
        self.unread = bytearray()
        self.is_cut = False
        self.parts: Sequence[bytes | FilePart] = ()

    def recv(self, *args: Any) -> bytes:
        """Receive; `ConnectionResetError` when the other side has taken too long over its request."""
        if not self.getblocking():
            return super().recv(*args)
        data: bytes = self._wait("in", lambda: super(PatientSocket, self).recv(*args))
        self._moved["in"] += len(data)
        return data

    def sendall(self, data: Any, *_flags: int) -> None:
        """Send, or keep a little to send later; `ConnectionResetError` when the other side takes too long to read."""
        self.unread += data
        self.setblocking(False)
        self.send_unread()
        while len(self.unread) > MOST_UNREAD:
            sent: int = self._wait("out", lambda: self.send(self.unread))
            self._moved["out"] += sent
            del self.unread[:sent]
        self.setblocking(True)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Take note of parts that are to be sent once the thread is free, and of any other file send what is left."""
        if isinstance(file, Parts):
            self.parts = file.parts
            return 0
        sent = 0
        while piece := file.read(PIECE):
            self.sendall(piece)
            sent += len(piece)
        return sent

    def send_unread(self) -> None:
        """Send what the other side takes at once."""
        while self.unread:
            try:
                sent = self.send(self.unread)
            except BlockingIOError:
                return
            del self.unread[:sent]

    def cut(self) -> None:
        """Have the close that follows forget what the other side has not read."""
        self.is_cut = True
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _wait(self, way: str, act: Callable[[], Any]) -> Any:
        begun = time.monotonic()
        try:
            self.settimeout(max(GRACE + self._moved[way] / LEAST_RATE - self._waited[way], 0.001))
            return act()
        except TimeoutError as error:
            self.cut()
            # What gunicorn takes for a visitor who went away.
            raise ConnectionResetError(errno.ECONNRESET, "the other side is too slow") from error
        finally:
            self._waited[way] += time.monotonic() - begun


class Arrival:
    """What has come of a request so far, and until when the rest is awaited."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.began = time.monotonic()
        # Of head and body together; unknown until the head is there, and where the body is chunked.
        self.length: int | None = None
        self.has_head = self.expects = False

    def is_late(self, now: float) -> bool:
        """The head has `GRACE` seconds; a body has as long again, and more as it comes."""
        allowed = 2 * GRACE + len(self.received) / LEAST_RATE if self.has_head else GRACE
        return now - self.began > allowed

    def add(self, data: bytes) -> None:
        """More has come."""
        self.received += data
        if self.has_head:
            return
        # Empty lines before a request are none of it.
        del self.received[: len(self.received) - len(self.received.lstrip(b"\r\n"))]
        end = self.received.find(END_OF_HEAD)
        if end >= 0:
            self.has_head = True
            head = bytes(self.received[: end + 2])
            self.expects = bool(EXPECTS.search(head))
            if not CHUNKED.search(head):
                said = LENGTH.search(head)
                body = 0 if said is None else int(said[1]) if len(said[1]) < 18 else 10**18
                self.length = end + len(END_OF_HEAD) + body

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        if self.length is None:
            return self.has_head and self.received.endswith(END_OF_CHUNKS)
        return len(self.received) >= self.length

    @property
    def is_due(self) -> bool:
        """Whether a thread is wanted: all of it is here, or as much as is kept, or it waits for a word."""
        return self.is_whole or len(self.received) >= LARGE or self.expects


def saying_when_it_closes(application: Any) -> Any:
    """Return a WSGI application whose answers say so where the connection is closed, as most of the body is unread."""

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        def start(*said: Any) -> Any:
            reader = environ["wsgi.input"].reader
            # A body in chunks does not say how much of it is left.
            if getattr(reader, "length", LARGE + 1 if getattr(reader, "parser", None) else 0) > LARGE:
                start_response.__self__.force_close()
            return start_response(*said)

        return application(environ, start)

    return answer


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with requests awaited in its loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[TConn, Arrival] = {}
        # Connections whose answers are still to be read: what became of the request, since when, and how much it was.
        self._unread: dict[TConn, tuple[Future[Any], float, int]] = {}
        self._leaving: dict[TConn, float] = {}
        # Requests that threads are answering, or that wait for one.
        self._answering = 0
        # Long bodies are read by a few threads only, and wait for these; what they wait with is not the sender's fault.
        self._large: set[TConn] = set()
        self._waiting: deque[TConn] = deque()
        self._most_large = max(1, self.cfg.threads // 4)

    def init_process(self) -> None:
        """Begin, with a thread that sends files."""
        self._sender = Sender(
            lambda key, all_sent: self.method_queue.defer(self._sent, *key, all_sent),
            self.is_answering,
            grace=GRACE,
            least_rate=LEAST_RATE,
        )
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the site."""
        super().load_wsgi()
        self.wsgi: Any = saying_when_it_closes(self.wsgi)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Pass over what is unread of a body, so that the connection can be kept as the answer has said."""
        until = time.monotonic() + GRACE
        return keepalive and bool(conn.parser.finish_body(deadline=until, max_bytes=LARGE + 1))

    def is_answering(self) -> bool:
        """Whether requests are being answered here, or another is expected here or in another web process."""
        return self._answering > 0 or last_answer.is_recent()

    def enqueue_req(self, conn: TConn) -> None:
        """Await a request on a new or a kept connection, of which the parser may have read the beginning already."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(fileno=conn.sock.detach())
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            conn.initialized = conn.data_ready = True
        conn.sock.setblocking(False)
        if len(self._arriving) >= MOST_ARRIVING:
            self._hang_up(self._arriving, next(iter(self._arriving)))
        self._arriving[conn] = Arrival()
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        if early := conn.parser.unreader.take_buffered():
            self._take(conn, early)

    def _receive(self, conn: TConn, _sock: object) -> None:
        if conn not in self._arriving:
            return
        try:
            data = conn.sock.recv(64 * 1024)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up(self._arriving, conn)
            return
        self._take(conn, data)

    def _take(self, conn: TConn, data: bytes) -> None:
        arrival = self._arriving[conn]
        arrival.add(data)
        if not arrival.is_due:
            return
        self.poller.unregister(conn.sock)
        del self._arriving[conn]
        conn.parser.unreader.unread(bytes(arrival.received))
        if arrival.is_whole:
            self._answer(conn)
        elif len(self._large) < self._most_large:
            self._large.add(conn)
            self._answer(conn)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(conn)
        else:
            self.nr_conns -= 1
            conn.sock.cut()
            conn.close()

    def _answer(self, conn: TConn) -> None:
        conn.sock.begin()
        self._answering += 1
        super().enqueue_req(conn)

    def _hang_up(self, among: dict[TConn, Any], conn: TConn) -> None:
        # What the loop was told of it in the same round comes afterwards, and is passed over.
        del among[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Keep the connection for another request, or let the other side read the rest; the loop waits for neither."""
        self._answering -= 1
        if not conn.sock.parts:
            last_answer.note()
        if conn in self._large:
            self._large.discard(conn)
            if self._waiting:
                following = self._waiting.popleft()
                self._large.add(following)
                self._answer(following)
        if conn.sock.parts and not conn.sock.is_cut and not fs.exception():
            conn.sock.setblocking(False)
            self._sender.send((conn, fs), Sending(conn.sock, bytes(conn.sock.unread), conn.sock.parts))
        elif conn.sock.unread and not conn.sock.is_cut:
            conn.sock.setblocking(False)
            if len(self._unread) >= MOST_READING:
                longest = next(iter(self._unread))
                longest.sock.cut()
                self._hang_up(self._unread, longest)
            self._unread[conn] = (fs, time.monotonic(), len(conn.sock.unread))
            self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._send_on, conn))
        else:
            self._finish(conn, fs)

    def _sent(self, conn: TConn, fs: "Future[Any]", all_sent: bool) -> None:
        if not all_sent:
            conn.sock.cut()
        self._finish(conn, fs)

    def _send_on(self, conn: TConn, _sock: object) -> None:
        if conn not in self._unread:
            return
        try:
            conn.sock.send_unread()
        except OSError:
            self._hang_up(self._unread, conn)
            return
        if not conn.sock.unread:
            self.poller.unregister(conn.sock)
            fs, _since, _length = self._unread.pop(conn)
            self._finish(conn, fs)

    def _is_unread_too_long(self, conn: TConn, now: float) -> bool:
        _fs, since, length = self._unread[conn]
        return now - since > GRACE + (length - len(conn.sock.unread)) / LEAST_RATE

    def _finish(self, conn: TConn, fs: "Future[Any]") -> None:
        if not conn.sock.is_cut and not fs.cancelled() and not fs.exception() and fs.result():
            super().finish_request(conn, fs)
            return
        try:
            if conn.sock.is_cut:
                raise OSError
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
        else:
            self._leaving[conn] = time.monotonic() + LINGER

    def _drain(self, conn: TConn, _sock: object) -> None:
        if conn not in self._leaving:
            return
        try:
            more = conn.sock.recv(64 * 1024)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._hang_up(self._leaving, conn)

    def murder_pending(self) -> None:
        """Close what is late. gunicorn calls this once a second, and, when it stops, until nothing is left."""
        now = time.monotonic()
        late: list[tuple[dict[TConn, Any], list[TConn]]] = [
            (self._arriving, [conn for conn, one in self._arriving.items() if one.is_late(now) or not self.alive]),
            (self._unread, [conn for conn in self._unread if self._is_unread_too_long(conn, now)]),
            (self._leaving, [conn for conn, until in self._leaving.items() if now > until]),
        ]
        for among, conns in late:
            for conn in conns:
                if among is not self._leaving:
                    conn.sock.cut()
                self._hang_up(among, conn)
