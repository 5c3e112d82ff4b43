"""A site to see how the web server treats those who are slow: a short page, `/page` of 100 KB, `/large` of 50 MB, two
files from the folder `SENT_FOLDER`, each between two words, and `/refused`, where no body is read."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from curation.core.parts import FilePart, Parts

FILES = {"/file": "sent", "/sparse": "sparse"}


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Read the whole body, and answer."""
    if environ["PATH_INFO"] == "/refused":
        start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"no"]
    while environ["wsgi.input"].read(64 * 1024):
        pass
    if environ["PATH_INFO"] in FILES:
        path = Path(os.environ["SENT_FOLDER"], FILES[environ["PATH_INFO"]])
        parts = Parts([b"begun", FilePart(path, 1, path.stat().st_size - 1), FilePart(path, 0, 0), b"done"])
        start_response("200 OK", [("Content-Length", str(path.stat().st_size + 8))])
        return environ["wsgi.file_wrapper"](parts)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/large":
        return (b"x" * 1_000_000 for _ in range(50))
    return [b"x" * 100_000 if environ["PATH_INFO"] == "/page" else b"hello"]
