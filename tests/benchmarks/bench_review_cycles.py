"""What does a review cost the server, over HTTP as a reviewer's browser asks: page, next story, draft, review?

`serve --only web` runs with the settings and the safety of production (fsync on), and 10,000 stories of 4 KB wait in a
queue with two seats each, later 100,000, or as many as `BENCH_ITEMS` says, such as 1000000. A cycle is the next story's
fragment and a review of seven ratings and a passage, of which every second one decides its story. CPU time is that of
the processes, from /proc; what is asserted is a ratio to a reference of the same run: for the web a request to a Django
view that does nothing, under the same server; for the database a claim and a review of the barest kind, each a
transaction of four statements.

Planted: without prepared plans 34.8 bare claims, where it is 14 to 15; the whole sheet with each story 60,351 bytes;
all of it as it was before these were mended, on a busy machine, 73.5 bare views, waiting 15.7 times both, and 59,915
bytes.
"""

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.reader import Reader
from tests.benchmarks.report import tell
from tests.benchmarks.served import Served, Used, cpu_seconds, free_port, serving
from tests.embedded_homes import ROOT, connect, eventually

STORIES, MORE = 10_000, int(os.environ.get("BENCH_ITEMS", "100000"))
WARM, ALONE, PAGES, DRAFTS, CROWD, EACH, BARE = 150, 300, 60, 200, 16, 20, 2_000
# In units of the references.
MOST_WEB, MOST_DATABASE, MOST_WAIT, MOST_GROWTH, MOST_BYTES = 45.0, 22.0, 12.0, 1.5, 16_000
MULTIPLY = """
INSERT INTO stories_story (source_id, text, text_sha256, normal_sha256, n_words, n_chars, language, original,
  created_at, title, license, genre, setting, pov, tone, protagonist, generator, prompt, original_id)
SELECT source_id, 'Story ' || n, md5(n::text), md5('s' || n), 2, 8, 'en', '{}', now(),
  '', '', '', '', '', '', '', '', '', ''
FROM stories_source, generate_series(1, %s) n;
INSERT INTO stories_stage (story_id, state, changed_at)
SELECT id, 'queued', now() FROM stories_story WHERE length(normal_sha256) = 32;
INSERT INTO annotations_item (queue_id, story_id, kind, priority, seats, seats_left)
SELECT annotations_queue.id, stories_story.id, 'normal', 0, 2, 2
FROM annotations_queue, stories_story WHERE length(normal_sha256) = 32;
""".replace("SELECT source_id", "SELECT stories_source.id")
CLAIM = (
    "SELECT id FROM bench_item WHERE id = %s AND seats_left > 0 FOR UPDATE SKIP LOCKED",
    "UPDATE bench_item SET seats_left = seats_left - 1 WHERE id = %s",
    "INSERT INTO bench_review (id, state) VALUES (%s, 'open')",
    "SELECT state FROM bench_review WHERE id = %s",
)
REVIEW = (
    "SELECT state FROM bench_review WHERE id = %s FOR UPDATE",
    "INSERT INTO bench_rating SELECT %s, n, 4 FROM generate_series(1, 7) n",
    "UPDATE bench_review SET state = 'done', said = repeat('x', 500) WHERE id = %s",
    "SELECT seats_left FROM bench_item WHERE id = %s",
)
OVER = """
SELECT count(*) FROM annotations_item item WHERE seats_left <> seats - (SELECT count(*) FROM annotations_assignment
  taken WHERE taken.item_id = item.id AND taken.state IN ('active', 'submitted')) OR seats_left < 0
"""
TWICE = "SELECT count(*) FROM (SELECT 1 FROM annotations_review GROUP BY story_id, reviewer_id HAVING count(*) > 1) x"


@dataclass
class Crowd:
    """The readers of one queue, by what they do."""

    warm: Reader
    alone: Reader
    many: list[Reader]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as one:
        yield one


@pytest.fixture(scope="module")
def crowd(served: Served) -> Iterator[Crowd]:
    told = served.fill(STORIES, CROWD + 2)
    readers = [Reader(served.port, name, told["queue"]) for name in told["readers"]]
    yield Crowd(readers[0], readers[1], readers[2:])
    for reader in readers:
        reader.close()


def go_on(reader: Reader, cycles: int, drafts: int = 0) -> None:
    """Read and review so many stories."""
    story = reader.open()
    for _ in range(cycles):
        story = reader.cycle(story, drafts)


def all_at_once(readers: list[Reader], cycles: int) -> None:
    """Have all of them review at the same time; a failure of one is a failure."""
    failed: list[BaseException] = []

    def work(reader: Reader) -> None:
        try:
            go_on(reader, cycles)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]


@contextmanager
def bare_site() -> Iterator[tuple[int, int]]:
    """Serve `bare_view` as `serve` does; yield its process and port."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "tests.benchmarks.bare_view:application",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    command += ["--worker-class", "curation.core.serving.worker.PatientWorker", "--workers", "2", "--threads", "40"]
    process = subprocess.Popen([*command, "--no-control-socket", "--log-level", "error"], cwd=ROOT)

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except OSError:
            return False
        return True

    try:
        eventually(answers)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def bare_requests() -> tuple[float, float]:
    """Return milliseconds of CPU time, and seconds, of a request to the bare view."""
    with bare_site() as (process, port):
        reader = Reader.__new__(Reader)
        reader.address, reader.cookies, reader.socket, reader.received = ("127.0.0.1", port), {}, None, 0
        for _ in range(100):
            reader.ask("GET", "/")
        began, before = time.monotonic(), cpu_seconds(process)
        for _ in range(BARE):
            reader.ask("GET", "/")
        reader.close()
        return 1000 * (cpu_seconds(process) - before) / BARE, (time.monotonic() - began) / BARE


def bare_claims(served: Served) -> Used:
    """Return what a claim and a review take that do no more: each a transaction of four statements."""
    with connect(served.home) as owner:
        owner.execute("CREATE TABLE bench_item (id int PRIMARY KEY, seats_left int)")
        owner.execute("CREATE TABLE bench_review (id int PRIMARY KEY, state text, said text)")
        owner.execute(
            "CREATE TABLE bench_rating (review int, criterion int, value int, PRIMARY KEY (review, criterion))"
        )
        owner.execute("INSERT INTO bench_item SELECT n, 2 FROM generate_series(1, %s) n", [BARE])

        def block() -> None:
            for number in range(1, BARE + 1):
                for transaction in (CLAIM, REVIEW):
                    with owner.transaction():
                        for statement in transaction:
                            owner.execute(statement, [number])

        used = served.measure(BARE, block)
        owner.execute("DROP TABLE bench_item, bench_review, bench_rating")
    return used


def sql(home: Path, statement: str) -> int:
    """Ask for one number."""
    with connect(home) as owner:
        (found,) = owner.execute(statement).fetchone() or (0,)
    return int(str(found))


def test_review_cycles(served: Served, crowd: Crowd, capsys: pytest.CaptureFixture[str]) -> None:
    go_on(crowd.warm, WARM, drafts=1)
    page = served.measure(PAGES, lambda: [crowd.warm.open() for _ in range(PAGES)])
    draft = served.measure(DRAFTS, drafts_of(crowd.warm))
    before = crowd.alone.received
    alone = served.measure(ALONE, lambda: go_on(crowd.alone, ALONE))
    size = (crowd.alone.received - before) / ALONE
    all_at_once(crowd.many, 2)
    many = served.measure(CROWD * EACH, lambda: all_at_once(crowd.many, EACH))
    (view, view_seconds), claim = bare_requests(), bare_claims(served)
    with connect(served.home) as owner:
        owner.execute(MULTIPLY.replace("%s", str(MORE - STORIES)))
        # What so many new rows set off in the background would be counted as the reviewer's.
        owner.execute("VACUUM (ANALYZE)")
        owner.execute("CHECKPOINT")
    longer = served.measure(ALONE, lambda: go_on(crowd.alone, ALONE))
    web, database = alone.web / view, alone.database / claim.database
    wait, growth = alone.seconds / (2 * view_seconds + claim.seconds), longer.database / alone.database
    wrong = sql(served.home, OVER) + sql(served.home, TWICE)
    rows = {"page": page, "draft": draft, f"cycle, 1 annotator, {STORIES:,} stories": alone}
    rows |= {f"cycle, 1 annotator, {MORE:,} stories": longer, f"cycle, {CROWD} annotators": many}
    lines = [
        f"{'CPU ms of':38}{'web':>8}{'database':>10}{'cache':>8}{'server':>8}{'per second':>12}",
        *(
            f"{name:38}{one.web:>8.2f}{one.database:>10.2f}{one.cache:>8.2f}{one.server:>8.2f}{1 / one.seconds:>12.1f}"
            for name, one in rows.items()
        ),
        f"{'bare view, one request':38}{view:>8.2f}{'':>10}{'':>8}{view:>8.2f}{1 / view_seconds:>12.1f}",
        f"{'bare claim and review':38}{'':>8}{claim.database:>10.2f}{'':>8}{claim.database:>8.2f}"
        f"{1 / claim.seconds:>12.1f}",
        f"web: {web:.1f} bare views a cycle (most: {MOST_WEB:g}); database: {database:.1f} bare claims (most: "
        f"{MOST_DATABASE:g}); waiting: {wait:.1f} times both (most: {MOST_WAIT:g})",
        f"database at {MORE:,} stories: {growth:.2f} times (most: {MOST_GROWTH:g}); {size:,.0f} bytes a cycle (most: "
        f"{MOST_BYTES:,}); over-assigned or twice: {wrong}",
    ]
    tell(capsys, "Reviewing", __doc__ or "", lines)
    assert wrong == 0
    assert size <= MOST_BYTES
    assert web <= MOST_WEB
    assert database <= MOST_DATABASE
    assert wait <= MOST_WAIT
    assert growth <= MOST_GROWTH


def drafts_of(reader: Reader) -> Callable[[], None]:
    """Return what keeps a draft over and over."""
    story = reader.open()

    def keep() -> None:
        version = 0
        for _ in range(DRAFTS):
            version = reader.draft(story, version)

    return keep
