"""HTTP to a Hub: to allowed addresses alone, each attempt once, and what went wrong in words.

As for webhooks, a name is looked up once, its addresses are judged, and one of those is connected to. The client of
the Hub would sleep and try again by itself; here a worker gives the work back and takes it up later.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime

import httpcore2
import httpx2
from django.conf import settings
from django.utils import timezone

from curation.publishing.faults import BROKEN, LATE, REFUSED, SLOWER, UNREACHABLE, Trouble
from curation.webhooks.addresses import may_connect
from curation.webhooks.network import look_up

CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 180.0
CONNECTIONS = 8
# A Hub may ask for a longer wait than this; it is asked again after it all the same.
LONGEST_WAIT = 3_600.0


class Guarded(httpcore2.NetworkBackend):
    """Connects to hosts that may be spoken to, and to no other."""

    def __init__(self) -> None:
        self.real = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Look `host` up and connect to the first of its addresses that may be, and that answers. Raises `Trouble`."""
        until = time.monotonic() + (timeout if timeout is not None else CONNECT_SECONDS)
        try:
            found = look_up(host, port)
        except OSError as unknown:
            raise httpcore2.ConnectError(str(unknown)) from unknown
        to_private: bool = settings.PUBLISHING_TO_PRIVATE_ADDRESSES
        allowed = [one for one in found if may_connect(one, to_private=to_private)]
        if not allowed:
            raise Trouble(REFUSED % {"host": host[:200]})
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
        """A Hub is never a file of this machine."""
        raise Trouble(REFUSED % {"host": path})

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Body(httpx2.SyncByteStream):
    """What is answered, with what may go wrong on the way told in words."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.stream
        except httpcore2.TimeoutException as error:
            raise Trouble(LATE, passes=True) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise Trouble(UNREACHABLE, passes=True) from error

    def close(self) -> None:
        """Let the connection go."""
        if hasattr(self.stream, "close"):
            self.stream.close()


class Once(httpx2.BaseTransport):
    """Sends each request once. A Hub that is away, broken or asks to wait is a `Trouble` that may pass."""

    def __init__(self) -> None:
        self.pool = httpcore2.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS,
            keepalive_expiry=5.0,
            network_backend=Guarded(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises `Trouble`."""
        if request.url.scheme != "https" and not settings.PUBLISHING_TO_PRIVATE_ADDRESSES:
            raise Trouble(REFUSED % {"host": request.url.host[:200]})
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
        except httpcore2.TimeoutException as error:
            raise Trouble(LATE, passes=True) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError) as error:
            raise Trouble(UNREACHABLE, passes=True) from error
        body = Body(answer.stream)  # type: ignore[arg-type]
        response = httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)
        if answer.status in (408, 429) or answer.status >= 500:
            response.close()
            words = SLOWER if answer.status == 429 else BROKEN % {"status": answer.status}
            raise Trouble(words, passes=True, after=asked_wait(response.headers), status=answer.status)
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


def client() -> httpx2.Client:
    """Return the client that is used for every call to a Hub: no proxy, and nothing of the environment or a home."""
    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.Client(transport=Once(), follow_redirects=True, timeout=timeout, trust_env=False)
