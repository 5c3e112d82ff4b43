"""A site to see how the web server treats those who are slow: a short page, `/page` of 100 KB, `/large` of 50 MB."""

from collections.abc import Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Read the whole body, and answer."""
    while environ["wsgi.input"].read(64 * 1024):
        pass
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/large":
        return (b"x" * 1_000_000 for _ in range(50))
    return [b"x" * 100_000 if environ["PATH_INFO"] == "/page" else b"hello"]
