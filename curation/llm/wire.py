"""HTTP to a provider: bounded in size and time, without redirects, and with what came kept as it came."""

from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

# What an answer may come to. One that is longer is cut off and never decoded.
MOST_BYTES = 8_000_000
# What is kept of one that cannot be used.
MOST_KEPT = 1_000_000
CONNECT_SECONDS = 10.0


class TooLong(Exception):
    """More came than any answer may have."""


@dataclass
class Heard:
    """What came back for one call: whether it left at all, the status, 0 until there is one, and what was read."""

    left: bool = False
    status: int = 0
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text, as much as is kept of it. NUL cannot be stored, so it is written as its picture."""
        return self.body[:MOST_KEPT].decode("utf-8", "replace").replace("\0", "\N{SYMBOL FOR NULL}")


# What the call of this task hears.
HEARING: ContextVar[Heard | None] = ContextVar("HEARING", default=None)


def http_client(*, seconds: float, width: int, most_bytes: int = MOST_BYTES) -> "httpx2.AsyncClient":
    """Return a client for `width` calls at a time, none of whose silences is longer than `seconds`."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        """The body of an answer, up to the most that one may have, which it also keeps."""

        def __init__(self, stream: Any, heard: Heard) -> None:
            self.stream, self.heard = stream, heard

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in self.stream:
                if size < MOST_KEPT:
                    self.heard.body += part[: MOST_KEPT - size]
                size += len(part)
                if size > most_bytes:
                    raise TooLong
                yield part

        async def aclose(self) -> None:
            await self.stream.aclose()

    async def leaving(_request: "httpx2.Request") -> None:
        (HEARING.get() or Heard()).left = True

    async def bounded(response: "httpx2.Response") -> None:
        heard = HEARING.get() or Heard()
        heard.status = response.status_code
        # Nothing was asked for in a coding; what claims one is not unpacked, for it may unpack to anything.
        response.headers.pop("content-encoding", None)
        response.stream = Bounded(response.stream, heard)

    return httpx2.AsyncClient(
        headers={"Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds), pool=seconds),
        limits=httpx2.Limits(max_connections=width + 2, max_keepalive_connections=width),
        follow_redirects=False,
        event_hooks={"request": [leaving], "response": [bounded]},
    )
