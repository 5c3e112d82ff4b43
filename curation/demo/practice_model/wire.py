"""As much of an HTTP/1.1 server as the practice model needs: requests with a length, answered one after another."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 300_000_000
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Content Too Large"}


@dataclass(frozen=True)
class PracticeRequest:
    """One request; the names of its headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object; `ValueError` if it is none."""
        read = json.loads(self.body)
        if not isinstance(read, dict):
            raise ValueError("the body is no JSON object")
        return read


@dataclass(frozen=True)
class PracticeReply:
    """What is answered. `paid` says that the work was done, and is on the bill, whatever becomes of the answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    paid: bool = False

    def head(self, length: int | None = None) -> bytes:
        """The status and the headers as they are sent, for a body of `length` bytes, by default its own."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Other')}"]
        fields = {"content-type": "application/json", **self.headers}
        fields["content-length"] = str(len(self.body) if length is None else length)
        lines += [f"{name}: {value}" for name, value in fields.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def told(status: int, answer: Any, *, paid: bool = False, **headers: str) -> PracticeReply:
    """A reply in JSON; underscores in the names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return PracticeReply(status, json.dumps(answer, ensure_ascii=False).encode(), named, paid)


Answering = Callable[[PracticeRequest], Awaitable[PracticeReply]]
Delivering = Callable[[asyncio.Transport, PracticeReply], Awaitable[None]]


async def deliver(out: asyncio.Transport, reply: PracticeReply) -> None:
    """Send a reply whole."""
    out.write(reply.head() + reply.body)


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, answering: Answering, delivering: Delivering, connected: set[asyncio.Transport]) -> None:
        self.answering, self.delivering, self.connected = answering, delivering, connected
        self.received = bytearray()
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy what holds here  # nosec
        self.out = transport
        self.connected.add(transport)

    def data_received(self, data: bytes) -> None:
        """Answer what has arrived whole, unless an answer is under way."""
        self.received += data
        if self.task is None:
            self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        """Nobody waits any longer. What was begun is paid for, so it goes on."""
        self.received.clear()
        self.connected.discard(self.out)

    def _next(self) -> None:
        try:
            request = taken(self.received)
        except ValueError:
            self.out.write(told(400, {"error": {"type": "invalid_request_error", "message": "no HTTP/1.1"}}).head(0))
            self.out.close()
            return
        if request is not None:
            self.task = asyncio.get_running_loop().create_task(self._answer(request))

    async def _answer(self, request: PracticeRequest) -> None:
        reply = await self.answering(request)
        if not self.out.is_closing():
            await self.delivering(self.out, reply)
        self.task = None
        if not self.out.is_closing():
            self._next()


def taken(received: bytearray) -> PracticeRequest | None:
    """Take the first request out of what was received; None while it is not whole, `ValueError` if it is none."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        if len(received) > 64 * 1024:
            raise ValueError("the head is too long")
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    if "chunked" in headers.get("transfer-encoding", "") or not 0 <= length <= MOST_BYTES:
        raise ValueError("the body has no length, or too great a one")
    if len(received) < end + 4 + length:
        return None
    body = bytes(received[end + 4 : end + 4 + length])
    del received[: end + 4 + length]
    return PracticeRequest(method, target.partition("?")[0], headers, body)
