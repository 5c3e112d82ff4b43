"""What do reviewers notice of twenty downloads, and how fast is a file sent?

`serve --only web` runs with the settings and the safety of production. Four people review over HTTP, one after another
with a pause; beside them twenty clients fetch a file of 200 MB from `/hub/` over and over, half of them as fast as they
can, half at 5 MB a second. Rounds with and without downloads take turns, and what is asserted is how much longer 95 of
100 review cycles take at most. The clients have the lowest priority: other machines would not take our processor.

Then one client fetches the file from `/hub/`, and from nginx where it is installed, otherwise from a bare `sendfile`
behind a socket; asserted is the share of that speed.

Planted: the thread that sends at a lower priority and without pauses grows p95 1.95 times on a busy machine, pauses of
5 ms whatever a turn takes 1.67 times, each process giving way to its own requests alone 1.43 times.
"""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.benchmarks.reader import Reader
from tests.benchmarks.report import tell
from tests.benchmarks.served import Served, free_port, serving
from tests.embedded_homes import ROOT, connect, eventually

STORIES, PEOPLE, SIZE = 2_000, 4, 200_000_000
ROUNDS, CYCLES, PAUSE = 4, 15, 0.05
FAST, SLOW, SLOW_RATE = 10, 10, 5_000_000
FETCHES = 7
MOST_GROWTH, LEAST_SHARE = 1.3, 0.6
FILE = "/hub/datasets/bench/large/resolve/v1.0.0/stories/train-00000-of-00001.parquet"
# A version with one large file, as if it had been built: what is measured is how it is sent.
RELEASED = """
SET session_replication_role = replica;
INSERT INTO releases_dataset (org, name, title, description, license, visibility, created_at)
VALUES ('bench', 'large', '', '', 'CC0-1.0', 'public', now());
INSERT INTO releases_release (dataset_id, major, minor, patch, rubric_id, policy_id, notes, state, frozen, manifest,
  manifest_sha256, rows_total, rows_done, error, created_at, built_at, attempts, token, next_at)
SELECT d.id, 1, 0, 0, r.id, p.id, '', 'built', '{}', '{"files": []}', repeat('0', 64), 0, 0, '', now(), now(), 0, 0,
  now()
FROM releases_dataset d, (SELECT id FROM standards_rubric LIMIT 1) r,
  (SELECT id FROM standards_acceptancepolicy LIMIT 1) p;
INSERT INTO releases_blob (sha256, size, git_sha1, created_at) VALUES ('%(sha)s', %(size)d, repeat('0', 40), now());
INSERT INTO releases_releasefile (release_id, path, blob_id)
SELECT id, 'stories/train-00000-of-00001.parquet', '%(sha)s' FROM releases_release;
SET session_replication_role = DEFAULT;
"""
# Fetches an address over and over: port, path, bytes a second or 0 for all that comes.
CLIENT = """
import socket, sys, time
port, path, rate = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
buffer = bytearray(1 << 20)
while True:
    with socket.create_connection(("127.0.0.1", port)) as server:
        if rate:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        server.sendall(f"GET {path} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n".encode())
        began, got = time.monotonic(), 0
        while n := server.recv_into(buffer, 1 << 16 if rate else 0):
            got += n
            if got == n:
                print("begun", flush=True)
            if rate:
                time.sleep(max(0.0, began + got / rate - time.monotonic()))
"""
NGINX = """
daemon off; worker_processes 2; pid %(folder)s/pid; error_log %(folder)s/error; user root;
events {}
http { access_log off; sendfile on; tcp_nopush on; server { listen 127.0.0.1:%(port)d; root %(folder)s; } }
"""
BARE = """
import os, socket, sys
from contextlib import suppress
path = sys.argv[2]
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        client, _ = listener.accept()
        # Whoever looks whether it answers leaves at once.
        with suppress(OSError), client, open(path, "rb") as file:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % os.path.getsize(path))
            client.sendfile(file)
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as one:
        yield one


def release(served: Served) -> Path:
    """Store a version with a large file; return where the file lies."""
    draft = served.home / "large"
    digest = sha256()
    with draft.open("wb") as file:
        for number in range(SIZE // 1_000_000):
            piece = number.to_bytes(8, "big") * 125_000
            digest.update(piece)
            file.write(piece)
    name = digest.hexdigest()
    path = served.home / "blobs" / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(path)
    with connect(served.home) as owner:
        owner.execute(RELEASED % {"sha": name, "size": SIZE})
    return path


@contextmanager
def downloads(port: int) -> Iterator[None]:
    """Have twenty clients download."""
    rates = [0] * FAST + [SLOW_RATE] * SLOW
    # What they say after the first fits into the pipe.
    clients = [
        subprocess.Popen(
            ["nice", "-n", "19", sys.executable, "-c", CLIENT, str(port), FILE, str(rate)], stdout=subprocess.PIPE
        )
        for rate in rates
    ]
    try:
        for client in clients:
            assert client.stdout is not None
            assert client.stdout.readline()
        yield
        assert {client.poll() for client in clients} == {None}
    finally:
        for client in clients:
            client.kill()
        for client in clients:
            client.communicate()


def cycles(readers: list[Reader]) -> list[float]:
    """Have all of them review at once, with a pause after each story; return how long each cycle took, in seconds."""
    took: list[float] = []
    failed: list[BaseException] = []

    def work(reader: Reader) -> None:
        try:
            story = reader.open()
            for _ in range(CYCLES):
                began = time.monotonic()
                story = reader.cycle(story)
                took.append(time.monotonic() - began)
                time.sleep(PAUSE)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return took


def fetched(port: int, path: str) -> float:
    """Return the bytes a second at which one client gets a file."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as server:
        began, got = time.monotonic(), 0
        server.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        while n := server.recv_into(buffer):
            got += n
    assert got >= SIZE
    return got / (time.monotonic() - began)


@contextmanager
def reference(file: Path, folder: Path) -> Iterator[tuple[str, int, str]]:
    """Serve the file by nginx, or by a bare `sendfile`; yield its name, port and path."""
    port, nginx = free_port(), shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    (folder / "file").hardlink_to(file)
    if nginx:
        (folder / "conf").write_text(NGINX % {"folder": folder, "port": port})
        command = [nginx, "-c", str(folder / "conf"), "-p", str(folder)]
    else:
        command = [sys.executable, "-c", BARE, str(port), str(file)]
    process = subprocess.Popen(command, cwd=ROOT)

    def answers() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    try:
        eventually(answers)
        yield "nginx" if nginx else "a bare sendfile", port, "/file"
    finally:
        process.terminate()
        process.wait()


def p95(took: list[float]) -> float:
    """Return what 95 of 100 take at most, in milliseconds."""
    return 1000 * quantiles(took, n=20)[-1]


def test_downloads(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    told = served.fill(STORIES, PEOPLE)
    readers = [Reader(served.port, name, told["queue"]) for name in told["readers"]]
    file = release(served)
    cycles(readers)
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(ROUNDS):
        alone += cycles(readers)
        with downloads(served.port):
            beside += cycles(readers)
    folder = served.home / "reference"
    folder.mkdir()
    with reference(file, folder) as (name, port, path):
        speeds = [(fetched(served.port, FILE), fetched(port, path)) for _ in range(FETCHES)]
    ours, theirs = (median(speed) for speed in zip(*speeds, strict=True))
    growth, share = p95(beside) / p95(alone), median(one / other for one, other in speeds)
    lines = [
        f"{'review cycle, ms':34}{'median':>8}{'p95':>8}",
        f"{'alone':34}{1000 * median(alone):>8.1f}{p95(alone):>8.1f}",
        f"{f'beside {FAST + SLOW} downloads':34}{1000 * median(beside):>8.1f}{p95(beside):>8.1f}",
        f"p95 grows {growth:.2f} times (most: {MOST_GROWTH})",
        f"one download: {ours / 1e6:,.0f} MB/s; {name}: {theirs / 1e6:,.0f} MB/s; share {share:.2f} (least: "
        f"{LEAST_SHARE})",
    ]
    tell(capsys, "Downloads beside reviewing", __doc__ or "", lines)
    for reader in readers:
        reader.close()
    assert growth <= MOST_GROWTH
    assert share >= LEAST_SHARE
