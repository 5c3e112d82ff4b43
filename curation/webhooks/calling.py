"""HTTP that waits for its answer, to hosts that somebody named on a page: to allowed addresses alone, each call once.

As for messages, a name is looked up once, its addresses are judged, and one of those is connected to. Nothing is tried
again here: a worker gives its work back and takes it up later.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Literal

import httpcore2
import httpx2
from django.utils import timezone

from curation.webhooks.addresses import may_connect
from curation.webhooks.network import AddressRefused, look_up, tls_context

CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 180.0
CONNECTIONS = 8
# A server may ask for a longer wait than this; it is asked again after it all the same.
LONGEST_WAIT = 3_600.0


class Missed(Exception):
    """A call that was not answered as a call is. `host` is what nothing may be sent to, where that was it.

    `status` is the HTTP status, 0 where there was none; `after` how many seconds the server asks to wait at least.
    """

    def __init__(
        self,
        why: Literal["refused", "late", "unreachable", "slower", "broken"],
        *,
        host: str = "",
        status: int = 0,
        after: float = 0.0,
    ) -> None:
        super().__init__(why)
        self.why, self.host, self.status, self.after = why, host, status, after


class Guarded(httpcore2.NetworkBackend):
    """Connects to hosts that may be spoken to, and to no other."""

    def __init__(self, *, to_private: Callable[[], bool]) -> None:
        self.to_private = to_private
        self.real = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Look `host` up and connect to the first of its addresses that may be and answers; or `AddressRefused`."""
        until = time.monotonic() + (timeout if timeout is not None else CONNECT_SECONDS)
        try:
            found = look_up(host, port)
        except OSError as unknown:
            raise httpcore2.ConnectError(str(unknown)) from unknown
        allowed = [one for one in found if may_connect(one, to_private=self.to_private())]
        if not allowed:
            raise AddressRefused(host)
        error: Exception = httpcore2.ConnectTimeout()
        for address in allowed:
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                return self.real.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as caught:
                error = caught
        raise error

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A server is never a file of this machine."""
        raise AddressRefused(path)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Body(httpx2.SyncByteStream):
    """What is answered, with what may go wrong on the way told as `told` says."""

    def __init__(self, stream: Iterable[bytes], told: Callable[[Missed], Exception]) -> None:
        self.stream, self.told = stream, told

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.stream
        except httpcore2.TimeoutException as error:
            raise self.told(Missed("late")) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise self.told(Missed("unreachable")) from error

    def close(self) -> None:
        """Let the connection go."""
        if hasattr(self.stream, "close"):
            self.stream.close()


class Once(httpx2.BaseTransport):
    """Sends each request once. `told` makes the exception that says of a `Missed` what the caller's users are told.

    `to_private` says whether private addresses and plain HTTP are allowed, and is asked at each call. With
    `verified=False`, nobody's certificate is looked at.
    """

    def __init__(
        self, *, to_private: Callable[[], bool], told: Callable[[Missed], Exception], verified: bool = True
    ) -> None:
        self.to_private, self.told = to_private, told
        self.pool = httpcore2.ConnectionPool(
            ssl_context=tls_context(verified=verified),
            max_connections=CONNECTIONS,
            keepalive_expiry=5.0,
            network_backend=Guarded(to_private=to_private),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises what `told` makes."""
        if request.url.scheme != "https" and not self.to_private():
            raise self.told(Missed("refused", host=request.url.host[:200]))
        url = request.url
        asked = httpcore2.Request(
            request.method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            answer = self.pool.handle_request(asked)
        except AddressRefused as refused:
            raise self.told(Missed("refused", host=str(refused)[:200])) from None
        except httpcore2.TimeoutException as error:
            raise self.told(Missed("late")) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError) as error:
            raise self.told(Missed("unreachable")) from error
        body = Body(answer.stream, self.told)  # type: ignore[arg-type]
        response = httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)
        if answer.status in (408, 429) or answer.status >= 500:
            response.close()
            why: Literal["slower", "broken"] = "slower" if answer.status == 429 else "broken"
            raise self.told(Missed(why, status=answer.status, after=asked_wait(response.headers)))
        return response

    def close(self) -> None:
        """Close all connections."""
        self.pool.close()


def asked_wait(headers: httpx2.Headers) -> float:
    """Return for how many seconds an answer asks to wait (`Retry-After`, RFC 9110, 10.2.3), up to an hour; else 0."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 9:
        return min(float(said), LONGEST_WAIT)
    try:
        wait = (parsedate_to_datetime(said) - timezone.now()).total_seconds()
    except (TypeError, ValueError):
        return 0.0
    return min(max(wait, 0.0), LONGEST_WAIT)


def client(transport: Once, *, follow_redirects: bool) -> httpx2.Client:
    """Return a client that calls through `transport`: no proxy, and nothing of the environment or a home."""
    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.Client(transport=transport, follow_redirects=follow_redirects, timeout=timeout, trust_env=False)
