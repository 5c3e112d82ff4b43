"""A reviewer's browser, as far as the server sees it: page, next story, drafts, reviews. One connection, kept open."""

import html
import json
import re
import socket
from typing import Any
from urllib.parse import urlencode

ASKED = ("A1", "A2", "A3", "B1", "B2", "B3", "D1")
ANSWERS = {f"rating_{key}": value for key, value in zip(ASKED, "4544455", strict=True)}

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^=]+)=([^;]*)", re.IGNORECASE)
ASSIGNMENT = re.compile(rb'data-assignment="(\d+)"')
SHEET = re.compile(rb'data-sheet="([^"]+)"')
KEY = re.compile(rb'name="idempotency_key"\s+value="([^"]+)"')
FIRST = re.compile(rb'<p data-start="(\d+)"[^>]*>([^<]{40,})</p>')


class OpenStory:
    """A story that is being read, by what the page or the fragment says."""

    def __init__(self, page: bytes) -> None:
        self.assignment = int(_found(ASSIGNMENT, page)[1])
        self.key = _found(KEY, page)[1].decode()
        paragraph = _found(FIRST, page)
        start, text = int(paragraph[1]), html.unescape(paragraph[2].decode())
        quote = text[8:38]
        self.span = {"criterion": "B1", "flag": None, "start": start + 8, "end": start + 38, "quote": quote}
        self.span |= {"conduct": "", "intent": "", "portrayal": ""}


def _found(pattern: "re.Pattern[bytes]", page: bytes) -> "re.Match[bytes]":
    found = pattern.search(page)
    assert found, page[:2000]
    return found


class Reader:
    """One person who is signed in. `received` counts the bytes of answers."""

    def __init__(self, port: int, name: str, queue: str) -> None:
        self.address = ("127.0.0.1", port)
        self.room = f"/review/{queue}/"
        self.cookies: dict[str, str] = {}
        self.socket: socket.socket | None = None
        self.received, self.sheet = 0, ""
        self.ask("GET", "/accounts/login/")
        sent = {"username": name, "password": "a-long-password", "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        assert self.ask("POST", "/accounts/login/", urlencode(sent).encode())[0] == 302

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", accept: str = "text/html"
    ) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n"
            "Accept-Encoding: gzip, deflate, br, zstd\r\n"
            f"Accept-Language: en-GB,en;q=0.9\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n"
        )
        if method == "POST":
            kind = kind or "application/x-www-form-urlencoded"
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            head += f"X-CSRFToken: {self.cookies['csrftoken']}\r\n"
        return self._send(f"{head}\r\n".encode() + body)

    def _send(self, request: bytes) -> tuple[int, bytes]:
        answer = self._begin(request)
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head = bytes(answer[:end])
        status = int(head[9:12])
        length = int(found[1]) if (found := LENGTH.search(head)) else 0
        while len(answer) < end + 4 + length:
            answer += self._more()
        self.received += len(answer)
        for name, value in COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        if b"\r\nConnection: close" in head:
            self.socket.close()
            self.socket = None
        return status, bytes(answer[end + 4 :])

    def _begin(self, request: bytes) -> bytearray:
        """Send the request; on a connection that was kept too long, as browsers do, once more on a new one."""
        for _attempt in range(2):
            if self.socket is None:
                self.socket = socket.create_connection(self.address, timeout=60)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.socket.sendall(request)
                if begun := self.socket.recv(256 * 1024):
                    return bytearray(begun)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.socket.close()
            self.socket = None
        raise AssertionError("the server hung up")

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _more(self) -> bytes:
        assert self.socket is not None
        more = self.socket.recv(256 * 1024)
        assert more, "the server hung up"
        return more

    def open(self) -> OpenStory:
        """Open the page of the room."""
        status, page = self.ask("GET", self.room)
        assert status == 200, (status, page[:500])
        self.sheet = _found(SHEET, page)[1].decode()
        return OpenStory(page)

    def next(self, story: OpenStory) -> OpenStory:
        """Fetch the story after this one."""
        status, page = self.ask("GET", f"{self.room}next/?after={story.assignment}&sheet={self.sheet}", accept="*/*")
        assert status == 200, (status, page[:500])
        return OpenStory(page)

    def draft(self, story: OpenStory, version: int) -> int:
        """Keep what is marked; return the draft's new version."""
        ratings = {key[7:]: int(value) for key, value in ANSWERS.items()}
        data = {"themes": [], "ratings": ratings, "flags": [], "spans": [story.span], "out_of_scope": False}
        data |= {"comment": "", "active_seconds": 60}
        body = json.dumps({"version": version, "data": data}).encode()
        path = f"{self.room}{story.assignment}/draft/"
        status, answer = self.ask("POST", path, body, "application/json", "application/json")
        assert status == 200, answer
        return int(json.loads(answer)["version"])

    def submit(self, story: OpenStory) -> None:
        """Send the review: seven ratings and a passage."""
        fields: dict[str, Any] = {**ANSWERS, "spans": json.dumps([story.span]), "comment": "", "active_seconds": "60"}
        body = urlencode({**fields, "idempotency_key": story.key}).encode()
        path = f"{self.room}{story.assignment}/submit/"
        status, answer = self.ask("POST", path, body, accept="application/json")
        assert (status, answer) == (200, b'{"saved": true}'), (status, answer[:500])

    def cycle(self, story: OpenStory, drafts: int = 0) -> OpenStory:
        """Fetch the next story while reading this one, keep drafts, and submit; return the next."""
        coming, version = self.next(story), 0
        for _ in range(drafts):
            version = self.draft(story, version)
        self.submit(story)
        return coming
