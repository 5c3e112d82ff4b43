"""HTTP to a provider: bounded in size and time, without redirects, and with what came kept as it came."""

import time
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

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
    """What came back for one call: whether it left at all, the status, 0 until there is one, and what was read.

    `retry_after` is for how many seconds the provider asks to be left alone, if it does.
    """

    left: bool = False
    status: int = 0
    retry_after: float | None = None
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text, as much as is kept of it. NUL cannot be stored, so it is written as its picture."""
        return self.body[:MOST_KEPT].decode("utf-8", "replace").replace("\0", "\N{SYMBOL FOR NULL}")


# What the call of this task hears.
HEARING: ContextVar[Heard | None] = ContextVar("HEARING", default=None)


def http_client(*, address: str, seconds: float, most_bytes: int = MOST_BYTES) -> "httpx2.AsyncClient":
    """Return a client for calls to `address`, none of whose silences is longer than `seconds`."""
    import httpx2
    from httpcore2 import ConnectError

    from curation.webhooks.network import AddressRefused, ReceiverBackend, tls_context

    proxy = None if proxy_bypass(httpx2.URL(address).host) else getproxies().get(httpx2.URL(address).scheme)
    context = tls_context()

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

    class Returning(httpx2.AsyncByteStream):
        """The body of an answer, which gives its connection back when it is closed."""

        def __init__(self, stream: Any, connection: httpx2.AsyncHTTPTransport, idle: list[Any]) -> None:
            self.stream, self.connection, self.idle = stream, connection, idle

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for part in self.stream:
                yield part

        async def aclose(self) -> None:
            try:
                await self.stream.aclose()
            finally:
                self.idle.append(self.connection)

    class Judged(ReceiverBackend):
        """Connects to hosts of private networks too: a server with models is often the next one. Never to the link."""

        async def connect_tcp(self, host: str, port: int, *args: Any, **named: Any) -> Any:
            try:
                return await super().connect_tcp(host, port, *args, **named)
            except AddressRefused:
                raise ConnectError(f"nothing is sent to {host[:200]}") from None

    class Connections(httpx2.AsyncBaseTransport):
        """A connection for each call at a time. One pool for all would look at every connection at every call."""

        def __init__(self) -> None:
            self.idle: list[httpx2.AsyncHTTPTransport] = []
            self.network = Judged(to_private=True)

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            # The one that was used last, so that those beyond what is needed grow cold.
            one = self.idle.pop() if self.idle else self._another()
            try:
                response = await one.handle_async_request(request)
            except BaseException:
                await one.aclose()
                raise
            response.stream = Returning(response.stream, one, self.idle)
            return response

        def _another(self) -> httpx2.AsyncHTTPTransport:
            limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30)
            made = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, proxy=proxy)
            if proxy is None:
                # There is no other way to say to the transport by what it connects.
                made._pool._network_backend = self.network
            return made

        async def aclose(self) -> None:
            while self.idle:
                await self.idle.pop().aclose()
            self.network.close()

    async def leaving(_request: "httpx2.Request") -> None:
        (HEARING.get() or Heard()).left = True

    async def bounded(response: "httpx2.Response") -> None:
        heard = HEARING.get() or Heard()
        heard.status = response.status_code
        heard.retry_after = seconds_of(response.headers.get("retry-after", ""))
        # Nothing was asked for in a coding; what claims one is not unpacked, for it may unpack to anything.
        response.headers.pop("content-encoding", None)
        response.stream = Bounded(response.stream, heard)

    return httpx2.AsyncClient(
        headers={"Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds), pool=seconds),
        transport=Connections(),
        follow_redirects=False,
        event_hooks={"request": [leaving], "response": [bounded]},
    )


def seconds_of(retry_after: str) -> float | None:
    """Return how many seconds a `Retry-After` header asks for, as a number or by a date; None if it does not say."""
    try:
        seconds = float(retry_after)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if isfinite(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
