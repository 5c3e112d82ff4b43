"""Over TLS a host is spoken to if its certificate is one that this machine trusts, and made out to its name."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from httpcore2 import ConnectError

from curation.llm.wire import http_client
from curation.webhooks.calling import Missed, Once
from curation.webhooks.network import ReceiverBackend, pool_for, tls_context


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


def certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 that its own key has signed, with that key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    shape = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, shape, serialization.NoEncryption())
    place = folder / "host.pem"
    place.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return place


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A host that speaks TLS: its port, and where its certificate is."""
    place = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        tls_context.cache_clear()
        yield server.server_port, place
        server.shutdown()
    tls_context.cache_clear()


def asked(address: str, *, verified: bool = True) -> int:
    """Ask as a server that somebody named on a page is asked."""
    transport = Once(to_private=lambda: True, told=lambda missed: missed, verified=verified)
    with httpx2.Client(transport=transport) as client:
        return client.get(address).status_code


async def sent(address: str) -> int:
    """Ask as a receiver of messages is asked."""
    backend = ReceiverBackend(to_private=True)
    async with pool_for(backend, connections=1) as pool:
        return (await pool.request("GET", address)).status


async def called(address: str) -> int:
    """Ask as a provider of language models is asked."""
    async with http_client(address=address, seconds=10) as client:
        return (await client.get(address)).status_code


def test_a_certificate_that_nobody_trusts_is_refused_unless_none_is_looked_at(host: tuple[int, Path]) -> None:
    address = f"https://127.0.0.1:{host[0]}/"
    with pytest.raises(Missed):
        asked(address)
    with pytest.raises(ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(sent(address))
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(called(address))
    assert asked(address, verified=False) == 200
    with pytest.raises(Missed):
        asked(address)


def test_one_that_is_trusted_counts_for_its_name_alone(host: tuple[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    port, place = host
    monkeypatch.setenv("SSL_CERT_FILE", str(place))
    assert asked(f"https://127.0.0.1:{port}/") == 200
    assert asyncio.run(sent(f"https://127.0.0.1:{port}/")) == 200
    assert asyncio.run(called(f"https://127.0.0.1:{port}/")) == 200
    with pytest.raises(Missed):
        asked(f"https://localhost:{port}/")
