"""Connecting to receivers: a name is looked up once, its addresses are judged, and one of those is connected to.

A name that means another host by the time of the connection is of no use to anybody: nothing is looked up again. The
certificate is still held to the name.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from httpcore2 import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncConnectionPool,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
)

from curation.webhooks.addresses import may_connect

# Names that are looked up at a time. The system's own way of asking cannot be interrupted.
LOOKUPS = 32

# Of a name in the Domain Name System (RFC 1035); looking at a longer one takes a time that grows with its square.
LONGEST_HOST = 253


class AddressRefused(Exception):
    """The name means only hosts that nothing may be sent to."""


class ReceiverBackend(AsyncNetworkBackend):
    """Connects to hosts that a message may go to, and to no other."""

    def __init__(self, *, to_private: bool) -> None:
        self.to_private = to_private
        self.real: AsyncNetworkBackend = AnyIOBackend()
        self.lookups = ThreadPoolExecutor(max_workers=LOOKUPS, thread_name_prefix="lookup")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Look `host` up and connect to the first of its addresses that may be and answers; or `AddressRefused`."""
        until = time.monotonic() + (timeout if timeout is not None else 60.0)
        found = await self.addresses(host, port, until)
        allowed = [one for one in found if may_connect(one, to_private=self.to_private)]
        if not allowed:
            raise AddressRefused(host)
        error: Exception = ConnectTimeout()
        for address in allowed:
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                return await self.real.connect_tcp(address, port, left, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as caught:
                error = caught
        raise error

    async def addresses(self, host: str, port: int, until: float) -> list[str]:
        """The numbers of `host`, in the order in which the system would try them."""
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self.lookups, look_up, host, port)
        try:
            return await asyncio.wait_for(asked, max(0.0, until - time.monotonic()))
        except TimeoutError:
            raise ConnectTimeout from None
        except OSError as error:
            raise ConnectError(str(error)) from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SOCKET_OPTION] | None = None
    ) -> AsyncNetworkStream:
        """A receiver is never a file of this machine."""
        raise AddressRefused(path)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Look nothing up any more. A name that the system is still asking for is not waited for."""
        self.lookups.shutdown(wait=False, cancel_futures=True)


def look_up(host: str, port: int) -> list[str]:
    """Ask the system which addresses `host` has. Raises `OSError` where it is none, as for one that is too long."""
    if len(host) > LONGEST_HOST:
        raise socket.gaierror("The name is longer than any can be.")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_kind, address in found))


@cache
def tls_context(*, verified: bool = True) -> ssl.SSLContext:
    """Return how to speak TLS; without `verified`, with whoever answers.

    The certificates that this machine trusts are read once in a process, as that takes tens of milliseconds.
    """
    from httpx2 import create_ssl_context

    return create_ssl_context(verify=verified)


def pool_for(backend: ReceiverBackend, *, connections: int) -> AsyncConnectionPool:
    """Return connections that go through `backend`, and through no proxy whatever the environment says."""
    return AsyncConnectionPool(
        ssl_context=tls_context(),
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=5.0,
        http1=True,
        http2=False,
        network_backend=backend,
    )
