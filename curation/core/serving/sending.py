"""Sending parts of files to those who download, by one thread for all of a web process.

Neither a thread that answers requests nor the loop that accepts them waits for a reader or for the disk. `sendfile`
copies within the kernel and lets go of the interpreter meanwhile. While requests are answered there is a pause after
each turn. A lower priority would not do: whoever holds the interpreter at one has all others wait.
"""

import errno
import fcntl
import os
import selectors
import socket
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from curation.core.parts import FilePart

# Bytes that one reader is sent before it is the next one's turn.
TURN = 512 * 1024
# Seconds of a pause after a turn while requests are answered, at least and at most, and how many times as long as the
# turn it is: then up to 100 MB a second are sent, with a tenth of a processor core.
LEAST_PAUSE, MOST_PAUSE, TIMES = 0.005, 0.25, 9
# Downloads under way; one more, and the slowest of them is cut off.
MOST_SENDING = 300


class Sending:
    """One answer on its way: what is left of it, and how far it is."""

    def __init__(self, sock: socket.socket, begun: bytes, parts: Sequence[bytes | FilePart]) -> None:
        self.sock = sock
        self.left: deque[bytes | FilePart] = deque(part for part in (begun, *parts) if part != b"")
        self.sent = 0
        self.began = time.monotonic()
        self._file: int | None = None
        self._at = 0

    def go_on(self) -> bool:
        """Send what the other side takes, up to a turn; whether that was all. `OSError` when it cannot go on."""
        left = TURN
        while self.left and left > 0:
            part = self.left[0]
            try:
                sent = self._send_bytes(part, left) if isinstance(part, bytes) else self._send_file(part, left)
            except BlockingIOError:
                return False
            self.sent += sent
            left -= sent
        return not self.left

    def _send_bytes(self, part: bytes, most: int) -> int:
        sent = self.sock.send(memoryview(part)[self._at : self._at + most])
        self._move_on(sent, len(part))
        return sent

    def _send_file(self, part: FilePart, most: int) -> int:
        if self._at == part.length:
            self._move_on(0, part.length)
            return 0
        if self._file is None:
            self._file = os.open(part.path, os.O_RDONLY)
        sent = os.sendfile(self.sock.fileno(), self._file, part.start + self._at, min(most, part.length - self._at))
        if not sent:
            raise OSError(errno.EIO, "the file is shorter than its part")
        self._move_on(sent, part.length)
        return sent

    def _move_on(self, sent: int, length: int) -> None:
        self._at += sent
        if self._at == length:
            self.left.popleft()
            self._at = 0
            self.close()

    def taken(self) -> int:
        """Return how many bytes the other side has; what the kernel keeps for it is not there yet."""
        try:
            kept = fcntl.ioctl(self.sock.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            # It is gone, or of a kind that cannot be asked.
            return self.sent
        return self.sent - int.from_bytes(kept, sys.byteorder)

    def pace(self, now: float, grace: float) -> float:
        """Return the bytes a second that the other side has taken, as if it had been given `grace` seconds more."""
        return self.taken() / (now - self.began + grace)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Sender:
    """The thread that sends. `grace` and `least_rate` say how long a reader is waited for, as for all answers.

    `done` is called in this thread with what `send` was given, and whether all was sent; `is_answering` says whether
    requests are being answered, or were a moment ago.
    """

    def __init__(
        self,
        done: Callable[[Any, bool], None],
        is_answering: Callable[[], bool],
        *,
        grace: float,
        least_rate: int,
    ) -> None:
        self._is_answering = is_answering
        self._done, self._grace, self._least_rate = done, grace, least_rate
        self._coming: deque[tuple[Any, Sending]] = deque()
        self._under_way: dict[Sending, Any] = {}
        self._poller = selectors.DefaultSelector()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._poller.register(self._woken, selectors.EVENT_READ)
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def send(self, key: Any, sending: Sending) -> None:
        """Send this; the socket is non-blocking, and nobody else's until `done` is called."""
        self._coming.append((key, sending))
        with suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _run(self) -> None:
        looked = time.monotonic()
        while True:
            for event, _mask in self._poller.select(1.0):
                if event.data is None:
                    self._take_in()
                elif event.data in self._under_way:
                    began = time.monotonic()
                    self._go_on(event.data)
                    if self._is_answering():
                        time.sleep(min(max(TIMES * (time.monotonic() - began), LEAST_PAUSE), MOST_PAUSE))
            if (now := time.monotonic()) - looked >= 1.0:
                looked = now
                for sending in [one for one in self._under_way if self._is_late(one, now)]:
                    self._end(sending, all_sent=False)

    def _take_in(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)
        while self._coming:
            key, sending = self._coming.popleft()
            if len(self._under_way) >= MOST_SENDING:
                now = time.monotonic()
                self._end(min(self._under_way, key=lambda one: one.pace(now, self._grace)), all_sent=False)
            self._under_way[sending] = key
            self._poller.register(sending.sock, selectors.EVENT_WRITE, sending)

    def _go_on(self, sending: Sending) -> None:
        try:
            if sending.go_on():
                self._end(sending, all_sent=True)
        except OSError:
            self._end(sending, all_sent=False)

    def _is_late(self, sending: Sending, now: float) -> bool:
        return now - sending.began > self._grace + sending.taken() / self._least_rate

    def _end(self, sending: Sending, *, all_sent: bool) -> None:
        key = self._under_way.pop(sending)
        self._poller.unregister(sending.sock)
        sending.close()
        self._done(key, all_sent)
