"""Where messages may go: by name, by number, and whatever a name means by the time of the connection."""

import asyncio
from collections.abc import Awaitable
from ipaddress import IPv4Address
from typing import Any, TypeVar

import pytest
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from curation.webhooks import network
from curation.webhooks.addresses import may_be_kept, may_connect
from curation.webhooks.keys import new_secret
from curation.webhooks.network import AddressRefused, ReceiverBackend, pool_for
from curation.webhooks.parcels import AttemptResult, Parcel
from curation.webhooks.sending import send

T = TypeVar("T")
WORLD = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
PRIVATE = [
    "127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "::1", "fc00::1", "fd12:3456::1", "2001:db8::1", "3fff::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::7f00:1",
]  # fmt: skip
NEVER = [
    str(IPv4Address(0)), "0.1.2.3", "255.255.255.255", "240.0.0.1", "224.0.0.1", "239.255.255.250", "192.88.99.1",
    "::", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2002:808:808::1",
    "169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "2001:0:808:808::1", "fec0::1", "100::1",
    "::ffff:0.0.0.0", "::ffff:224.0.0.1", "", "localhost", "1.2.3", "0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("address", WORLD)
def test_a_host_of_the_world_may_be_connected_to(address: str) -> None:
    assert may_connect(address, to_private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_one_only_where_the_setting_allows_it(address: str) -> None:
    assert not may_connect(address, to_private=False)
    assert may_connect(address, to_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_what_is_no_host_or_stands_for_another_never(address: str) -> None:
    assert not may_connect(address, to_private=False)
    assert not may_connect(address, to_private=True)


@pytest.mark.parametrize(
    ("url", "kept", "kept_with_the_setting"),
    [
        ("https://hooks.example.org/exempla?x=1", True, True),
        ("https://8.8.8.8:8443/", True, True),
        ("https://[2606:4700:4700::1111]/", True, True),
        ("http://hooks.example.org/", False, True),
        ("http://127.0.0.1:9000/", False, True),
        ("https://localhost/", False, True),
        ("https://a.localhost/", False, True),
        ("https://[::1]/", False, True),
        ("https://[::ffff:10.0.0.1]/", False, True),
        ("https://169.254.169.254/latest/", False, False),
        ("https://0.0.0.0/", False, False),
        ("https://name:password@hooks.example.org/", False, False),
        ("https://hooks.example.org/#part", False, False),
        ("https://hooks.example.org:0/", False, False),
        ("https://hooks.example.org:99999/", False, False),
        ("https://hooks.example.org/a b", False, False),
        ("https://hooks.example.org\\@10.0.0.1/", False, False),
        ("https://hooks.example.org/\r\nHost: x", False, False),
        ("https:///nowhere", False, False),
        ("https://[::1", False, False),
        ("ftp://hooks.example.org/", False, False),
        ("javascript:alert(1)", False, False),
        ("https://example.org/" + "x" * 500, False, False),
    ],
)
def test_which_urls_may_be_kept(url: str, kept: bool, kept_with_the_setting: bool) -> None:
    assert may_be_kept(url, to_private=False) == kept
    assert may_be_kept(url, to_private=True) == kept_with_the_setting


class Dialled(AsyncNetworkBackend):
    """Connects to nothing, and keeps where to it was to."""

    def __init__(self, *, away: frozenset[str] = frozenset()) -> None:
        self.to: list[tuple[str, int]] = []
        self.away = away

    async def connect_tcp(self, host: str, port: int, *_args: Any, **_named: Any) -> AsyncNetworkStream:
        self.to.append((host, port))
        if host in self.away:
            raise ConnectError("refused")
        return Stream(self)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Stream(AsyncNetworkStream):
    """Answers a redirect to `next`, or 204; keeps for which name TLS was begun, and what was sent."""

    names: list[str | None] = []
    sent: list[bytes] = []
    redirects: list[bytes] = []

    def __init__(self, backend: Dialled) -> None:
        self.backend = backend
        self.answered = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.answered:
            return b""
        self.answered = True
        if self.redirects:
            return b"HTTP/1.1 " + self.redirects.pop(0) + b"\r\ncontent-length: 0\r\n\r\n"
        return b"HTTP/1.1 204 No Content\r\n\r\n"

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.sent.append(buffer)

    async def aclose(self) -> None:
        """Nothing is open."""

    async def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: Any = None) -> "Stream":
        self.names.append(server_hostname)
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


def run(job: Awaitable[T]) -> T:
    async def all_of_it() -> T:
        return await job

    return asyncio.run(all_of_it())


async def posted(url: str, *, to_private: bool, real: AsyncNetworkBackend, redirects: list[bytes]) -> AttemptResult:
    Stream.names, Stream.sent, Stream.redirects = [], [], redirects
    backend = ReceiverBackend(to_private=to_private)
    backend.real = real
    try:
        async with pool_for(backend, connections=4) as pool:
            return await send(pool, Parcel(url, "msg_1", "{}", [new_secret()]), to_private=to_private)
    finally:
        backend.close()


def names_are(monkeypatch: pytest.MonkeyPatch, meanings: dict[str, list[list[str]]]) -> list[str]:
    """Let each name mean the first of its meanings, the next time the second, and so on; returns who was asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        said = meanings[host]
        return said.pop(0) if len(said) > 1 else said[0]

    monkeypatch.setattr(network, "look_up", look_up)
    return asked


def test_a_name_is_looked_up_once_and_that_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the second time it would mean this machine."""
    asked, real = names_are(monkeypatch, {"hooks.example.org": [["8.8.8.8"], ["127.0.0.1"]]}), Dialled()
    outcome = run(posted("https://hooks.example.org:8443/x", to_private=False, real=real, redirects=[]))
    assert outcome.taken, outcome
    assert (asked, real.to) == (["hooks.example.org"], [("8.8.8.8", 8443)])
    assert Stream.names == ["hooks.example.org"], "the certificate is held to the name"
    assert b"Host: hooks.example.org:8443\r\n" in b"".join(Stream.sent)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::ffff:169.254.169.254", "2002:7f00:1::1"])
def test_a_name_that_means_a_private_host_is_connected_to_nowhere(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    names_are(monkeypatch, {"hooks.example.org": [[address]]})
    real = Dialled()
    outcome = run(posted("https://hooks.example.org/", to_private=False, real=real, redirects=[]))
    assert (real.to, outcome.taken, outcome.status) == ([], False, None)
    assert "private" in outcome.error
    assert "hooks.example.org" in outcome.error


def test_of_several_addresses_the_private_ones_are_left_out_and_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names_are(monkeypatch, {"hooks.example.org": [["10.0.0.1", "8.8.8.8", "1.1.1.1"]]})
    real = Dialled(away=frozenset({"8.8.8.8"}))
    assert run(posted("https://hooks.example.org/", to_private=False, real=real, redirects=[])).taken
    assert real.to == [("8.8.8.8", 443), ("1.1.1.1", 443)]


def test_each_redirect_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    meanings = {"a.example": [["8.8.8.8"]], "b.example": [["1.1.1.1"]], "inside.example": [["10.0.0.1"]]}
    for location, error in [
        (b"https://inside.example/", "private"),
        (b"https://127.0.0.1/", "redirects to an address"),
        (b"https://[::1]/", "redirects to an address"),
        (b"http://b.example/", "redirects to an address"),
        (b"https://name:word@b.example/", "redirects to an address"),
        (b"https://[", "redirects to an address"),
        (b"https://b.example/next", ""),
    ]:
        names_are(monkeypatch, dict(meanings))
        real = Dialled()
        answer = [b"307 Temporary Redirect\r\nlocation: " + location]
        outcome = run(posted("https://a.example/", to_private=False, real=real, redirects=answer))
        assert (error in outcome.error, outcome.taken) == (True, not error), (location, outcome)
        assert [host for host, _port in real.to] == (["8.8.8.8"] if error else ["8.8.8.8", "1.1.1.1"])


def test_an_error_of_looking_up_is_one_of_reaching(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    monkeypatch.setattr(network, "look_up", nowhere)
    outcome = run(posted("https://hooks.example.org/", to_private=False, real=Dialled(), redirects=[]))
    assert outcome.error == "It could not be reached: no such name"


def test_a_file_of_this_machine_is_no_receiver() -> None:
    backend = ReceiverBackend(to_private=True)
    with pytest.raises(AddressRefused):
        run(backend.connect_unix_socket("/run/postgresql"))
    backend.close()
