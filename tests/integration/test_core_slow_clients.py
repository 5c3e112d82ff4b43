"""Who is slow is waited for by nobody: over real sockets, against the web server as `serve` runs it."""

import http.client
import os
import secrets
import select
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest

from curation.core.serving import worker as serving_worker
from curation.core.serving.plans import plans
from curation.core.serving.port import answers, bind
from curation.core.serving.worker import PatientWorker
from tests.embedded_homes import ROOT, eventually

MANY = 24
WITHIN = 60.0
# The same command, with other deadlines and bounds.
RUN = """
import sys
from gunicorn.app.wsgiapp import run
from curation.core.serving import worker
worker.GRACE = worker.LINGER = float(sys.argv.pop(1))
worker.MOST_WAITING = worker.MOST_READING = int(sys.argv.pop(1))
run()
"""
# Whether an answer is recent: before any, once another process has ended one, and when that is long ago.
FORKED = """
import os
from curation.core.serving import worker
print(worker.last_answer.is_recent(), flush=True)
if (other := os.fork()) == 0:
    worker.last_answer.note()
    os._exit(0)
os.waitpid(other, 0)
worker.CALM = 60
print(worker.last_answer.is_recent())
worker.CALM = 0
print(worker.last_answer.is_recent())
"""
PROCESSES, THREADS_FOR_LONG_BODIES = 2, 10
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
# What is sent before the sender falls silent, or goes on by one byte at a time.
STALLED = {
    "silence": b"",
    "an empty line": b"\r\n\r\n",
    "half a head": HEAD + b"X-Slow: ",
    "a head of a second request": HEAD + b"\r\n" + HEAD + b"X-Slow: ",
    "a body": POST + b"Content-Length: 1000\r\n\r\nx",
    "a body in chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a large body": POST + b"Content-Length: 5000000\r\n\r\n" + b"x" * 300_000,
    "a body of a length that is none": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "a body that waits for a word": POST + b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
    "an answer that is not read": HEAD.replace(b"/ ", b"/large ") + b"\r\n",
    "answers that are not read": (HEAD.replace(b"/ ", b"/page ") + b"\r\n") * 100,
    "a connection that is not closed": HEAD + b"Connection: close\r\n\r\n",
}
DRIPPING = {"half a head", "a head of a second request", "a body", "a large body"}


@contextmanager
def served(tmp_path: Path, grace: float, most: int = 300) -> Iterator[socket.socket]:
    """The web server of `serve`, with a site of the tests', and `grace` seconds of patience with `most` at a time."""
    with bind("127.0.0.1", 0) as listener:
        web = next(plan for plan in plans(tmp_path, listener.fileno(), [], verbose=False) if plan.name == "web")
        options = list(web.command)[list(web.command).index("curation.wsgi:application") + 1 :]
        command = [sys.executable, "-c", RUN, str(grace), str(most), "tests.slow_app:application", *options]
        log = (tmp_path / "log").open("wb")
        with log, subprocess.Popen(
            command, cwd=ROOT, pass_fds=[listener.fileno()], stdout=log, stderr=log, env=os.environ
        ) as process:  # fmt: skip
            try:
                eventually(lambda: answers(listener), WITHIN)
                yield listener
            finally:
                process.terminate()
                process.wait(timeout=WITHIN)
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said
    assert "ERROR" not in said


def stalled(listener: socket.socket, stack: ExitStack, sort: str) -> list[socket.socket]:
    """Open `MANY` connections that stall."""
    opened = []
    for _ in range(MANY):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        client.setblocking(False)
        sending = STALLED[sort]
        try:
            while sending:
                sending = sending[client.send(sending) :]
        except BlockingIOError:
            pass
        opened.append(stack.enter_context(client))
    return opened


def is_closed(client: socket.socket) -> bool:
    """Whether the server has hung up; nothing is taken that it would wait to be read."""
    poll = select.poll()
    poll.register(client, select.POLLRDHUP)
    return bool(poll.poll(0))


def drip(clients: list[socket.socket]) -> bool:
    """Send one more byte everywhere; whether all have been hung up on."""
    for client in clients:
        try:
            client.send(b"x")
        except OSError:
            continue
    return all(map(is_closed, clients))


@pytest.mark.parametrize("patience", [600.0, 0.5])
def test_stalled_connections_delay_nobody_and_are_closed(tmp_path: Path, patience: float) -> None:
    with served(tmp_path, patience) as listener, ExitStack() as stack:
        clients = {sort: stalled(listener, stack, sort) for sort in STALLED}
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for _ in range(20):
            with urllib.request.urlopen(address, timeout=WITHIN) as answer:
                assert answer.read() == b"hello"
        if patience > WITHIN:
            waiting = [sort for sort in DRIPPING for client in clients[sort] if is_closed(client)]
            assert waiting == [], "they were answered while all of the others still waited"
            return
        for sort in DRIPPING:
            eventually(lambda: drip(clients[sort]), WITHIN)  # noqa: B023
        for opened in clients.values():
            eventually(lambda: all(map(is_closed, opened)), WITHIN)  # noqa: B023


def test_a_large_body_and_a_large_answer_that_keep_coming_are_not_cut(tmp_path: Path) -> None:
    with served(tmp_path, 5.0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/large"
        request = urllib.request.Request(address, data=b"x" * 20_000_000)
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:  # noqa: S310
            assert len(answer.read()) == 50_000_000


def test_those_who_are_slow_leave_connections_to_others(tmp_path: Path) -> None:
    """However patient the server is: only so many wait for a thread that reads long bodies, or read their answers."""
    most = 3
    with served(tmp_path, 600.0, most) as listener, ExitStack() as stack:
        long = [*stalled(listener, stack, "a large body"), *stalled(listener, stack, "a large body")]
        kept = PROCESSES * (THREADS_FOR_LONG_BODIES + most)
        eventually(lambda: sum(map(is_closed, long)) >= len(long) - kept, WITHIN)
        reading = stalled(listener, stack, "answers that are not read")
        eventually(lambda: sum(map(is_closed, reading)) >= len(reading) - PROCESSES * most, WITHIN)
        with urllib.request.urlopen(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=WITHIN) as answer:
            assert answer.read() == b"hello"


@contextmanager
def connected(listener: socket.socket) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=WITHIN)) as connection:
        yield connection


@pytest.fixture
def sent_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    content = secrets.token_bytes(3_000_000)
    (tmp_path / "sent").write_bytes(content)
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(100_000_000)
    monkeypatch.setenv("SENT_FOLDER", str(tmp_path))
    return content


def test_an_answer_to_a_body_that_is_not_read_says_whether_the_connection_is_kept(tmp_path: Path) -> None:
    kept = serving_worker.LARGE
    sizes = {10: "keep-alive", 100_000: "keep-alive", kept: "keep-alive", kept + 1: "close", 3_000_000: "close"}
    with served(tmp_path, 15.0) as listener:
        for size, said in [*sizes.items(), (-1, "close")]:
            with connected(listener) as connection:
                body = iter([b"a", b"b"]) if size < 0 else b"x" * size
                connection.request("POST", "/refused", body, encode_chunked=size < 0)
                first, answer = connection.sock, connection.getresponse()
                assert (answer.status, answer.read(), answer.headers["Connection"]) == (403, b"no", said), size
                if said == "keep-alive":
                    connection.request("GET", "/")
                    assert connection.getresponse().read() == b"hello"
                    assert connection.sock is first


def test_parts_of_files_are_sent_in_order_and_the_connection_is_kept(tmp_path: Path, sent_file: bytes) -> None:
    with served(tmp_path, 600.0) as listener, connected(listener) as connection:
        for _again in range(3):
            connection.request("GET", "/file")
            first = connection.sock
            assert connection.getresponse().read() == b"begun" + sent_file[1:] + b"done"
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"hello"
            assert connection.sock is first


def test_downloads_that_are_not_read_take_no_thread(tmp_path: Path, sent_file: bytes) -> None:
    """There are more of them than threads, and of each more is left than the kernel takes."""
    with served(tmp_path, 600.0) as listener, ExitStack() as stack:
        for _ in range(PROCESSES * 50):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(listener.getsockname())
            client.sendall(HEAD.replace(b"/ ", b"/sparse ") + b"\r\n")
        with connected(listener) as connection:
            for _ in range(20):
                connection.request("GET", "/")
                assert connection.getresponse().read() == b"hello"


def test_a_download_that_is_never_read_is_cut_off(tmp_path: Path, sent_file: bytes) -> None:
    with served(tmp_path, 0.5) as listener, ExitStack() as stack:
        client = stack.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        client.sendall(HEAD.replace(b"/ ", b"/sparse ") + b"\r\n")
        eventually(lambda: is_closed(client), WITHIN)


def test_a_file_gives_way_to_answers_of_the_other_process_too() -> None:
    ran = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True", "False"]


def test_only_an_answer_that_is_no_file_has_files_wait_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_worker, "last_answer", serving_worker.LastAnswer())
    monkeypatch.setattr(serving_worker, "CALM", 60)
    ours, other = (PatientWorker.__new__(PatientWorker) for _process in range(2))
    ours._answering, ours._large, other._answering, ended = 2, set(), 0, []
    monkeypatch.setattr(ours, "_finish", lambda *told: ended.append(told), raising=False)
    for parts, waits in ((["a part"], False), ([], True)):
        conn = Mock(sock=Mock(parts=parts, unread=b"", is_cut=True))
        ours.finish_request(conn, Future())
        assert (ours.is_answering(), other.is_answering()) == (True, waits)
    assert len(ended) == 2


def test_what_the_loop_was_told_of_a_connection_that_is_closed_since_is_passed_over() -> None:
    worker = PatientWorker.__new__(PatientWorker)
    worker._arriving, worker._unread, worker._leaving = {}, {}, {}
    for told in (worker._receive, worker._send_on, worker._drain):
        told(object(), None)
