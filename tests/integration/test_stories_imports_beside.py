"""Imports of several chunks: prepared by a process of its own, which may end in any way, and leaves nothing behind."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from curation.accounts.actors import SYSTEM
from curation.core.leases import Lease, LeaseLost, reclaim, take
from curation.stories import reasons
from curation.stories.actions import importing, start_import, storing
from curation.stories.actions.importing import claim, run_import
from curation.stories.actions.storing import StoredBatch
from curation.stories.copied import ReadyStories, ReadyStory
from curation.stories.files import keep
from curation.stories.mapping import NewStory
from curation.stories.models import ImportIssue, ImportRun, Stage, Story
from curation.stories.models.imports import ImportState
from curation.stories.tasks import import_stories
from tests.builders import run_out, source

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")]
ROOT = Path(__file__).resolve().parents[2]
# More than a pipe holds, so that whoever prepares stories is never through before they are stored.
LONG = "It waited for the tide, and said so. " * 3_000


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.HOME = tmp_path / "home"
    monkeypatch.setattr(importing, "CHUNK_ROWS", 10)
    return tmp_path


def table(path: Path, rows: int, *, bad: int = 0) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "story"])
        for number in range(1, rows + 1):
            writer.writerow([number, "" if number == bad else f"{number}: {LONG}"])
    return path


def started(path: Path) -> ImportRun:
    start_import(actor=SYSTEM, source=source(), path=path)
    run = claim()
    assert run is not None
    return run


def forks_of(pid: int) -> list[int]:
    """The processes that a process has started and that run the same program."""
    told = Path(f"/proc/{pid}/cmdline").read_bytes()
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [child for child in children if told and command_of(child) == told]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def awaited(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)
    return is_so()


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    run.refresh_from_db()
    return (run.rows_done, run.created, run.duplicates, run.rejected)


def test_another_process_prepares_what_follows_a_full_chunk(home: Path) -> None:
    run, seen = started(table(home / "many.csv", 35, bad=23)), []
    run_import(run=run, progress=lambda _: seen.append(forks_of(os.getpid())))
    assert len(seen[0]) == 1
    assert seen[1] == seen[0]
    assert len(seen) == 4
    assert forks_of(os.getpid()) == []
    assert counts(run) == (35, 34, 0, 1)
    assert list(ImportIssue.objects.values_list("row", "reason")) == [(23, reasons.NO_TEXT)]
    assert list(Story.objects.order_by("id").values_list("row", flat=True)) == [n for n in range(1, 36) if n != 23]
    again = started(table(home / "many.csv", 35, bad=23))
    run_import(run=again)
    assert counts(again) == (35, 0, 34, 1)


def test_a_file_of_one_chunk_needs_no_other_process(home: Path) -> None:
    run, seen = started(table(home / "few.csv", 9)), []
    run_import(run=run, progress=lambda _: seen.append(forks_of(os.getpid())))
    assert seen == [[]]
    assert counts(run) == (9, 9, 0, 0)


def test_one_that_is_killed_costs_nothing_but_time(home: Path) -> None:
    """As the kernel kills it where memory is short."""
    run = started(table(home / "many.csv", 95))

    def kill(_: ImportRun) -> None:
        for fork in forks_of(os.getpid()):
            os.kill(fork, signal.SIGKILL)

    run_import(run=run, progress=kill)
    assert counts(run)[0] in {10, 20, 30}
    assert (run.state, run.error, run.attempts) == (ImportState.PENDING, reasons.READER_ENDED, 1)
    assert forks_of(os.getpid()) == []
    ImportRun.objects.update(next_at="2020-01-01T00:00Z")
    import_stories()
    assert counts(run) == (95, 95, 0, 0)
    assert run.state == ImportState.DONE
    assert Story.objects.count() == Stage.objects.count() == 95


def test_one_that_is_killed_each_time_ends_the_import(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # More than the pipe holds, so that it has not ended by itself.
    run = started(table(home / "many.csv", 45))
    run_import(run=run, seconds=0)
    assert counts(run) == (10, 10, 0, 0)
    ImportRun.objects.update(attempts=5, state=ImportState.PENDING, next_at="2020-01-01T00:00Z")
    mine = claim()
    assert mine is not None
    monkeypatch.setattr(importing, "_store", lambda *_: os.kill(forks_of(os.getpid())[-1], signal.SIGKILL))
    run_import(run=mine)
    run.refresh_from_db()
    assert (run.state, run.error, run.rows_done) == (ImportState.FAILED, reasons.READER_ENDED, 10)


def test_a_file_that_breaks_off_far_in_keeps_what_was_before(home: Path) -> None:
    rows = [json.dumps({"text": f"{number}: {LONG}"}) for number in range(25)]
    path = home / "cut.json"
    path.write_text("[" + ",\n".join(rows) + ', {"text": ')
    whole = home / "whole.json"
    whole.write_text(json.dumps([{"text": "One."}]))
    start_import(actor=SYSTEM, source=source(), path=whole, mapping={"text": "text"})
    # As if it had broken since, after the look at all of it with which an import begins.
    kept = keep(path)
    ImportRun.objects.update(file_sha256=kept.sha256, file_size=kept.size, rows_done=5, rejected=5)
    run = claim()
    assert run is not None
    run_import(run=run)
    assert (counts(run), run.state) == ((25, 20, 0, 5), ImportState.FAILED)
    assert "breaks off" in run.error
    assert forks_of(os.getpid()) == []


def test_an_error_that_nobody_expects_ends_it_as_it_did(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent, ready = os.getpid(), importing.ready

    def fail(stories: list[NewStory]) -> ReadyStories:
        if os.getpid() != parent and any(story.row == 25 for story in stories):
            raise ZeroDivisionError("of all things")
        return ready(stories)

    monkeypatch.setattr(importing, "ready", fail)
    run = started(table(home / "many.csv", 35))
    run_import(run=run)
    assert (counts(run), run.state) == ((20, 20, 0, 0), ImportState.FAILED)
    assert "ZeroDivisionError" in run.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, LeaseLost])
def test_whatever_ends_it_here_ends_the_other_process(home: Path, error: type[BaseException]) -> None:
    run, seen = started(table(home / "many.csv", 45)), []

    def stop(_: ImportRun) -> None:
        seen.extend(forks_of(os.getpid()))
        raise error

    with pytest.raises(error):
        run_import(run=run, progress=stop)
    assert len(seen) == 1
    assert forks_of(os.getpid()) == []
    assert counts(run) == (10, 10, 0, 0)


def test_one_that_somebody_else_has_taken_over_stores_no_more(home: Path) -> None:
    run = started(table(home / "many.csv", 45))

    def lose(_: ImportRun) -> None:
        run_out(Lease(ImportRun, [run.pk], run.token))
        reclaim(ImportRun)
        ImportRun.objects.update(next_at="2020-01-01T00:00Z")
        take(ImportRun)

    with pytest.raises(LeaseLost):
        run_import(run=run, progress=lose)
    assert counts(run)[0] == 10
    assert forks_of(os.getpid()) == []


def test_one_that_gives_way_leaves_no_process_and_goes_on(home: Path) -> None:
    run = started(table(home / "many.csv", 45))
    while run is not None:
        last = run_import(run=run, seconds=0)
        assert forks_of(os.getpid()) == []
        run = claim()
    assert (counts(last), last.state) == ((45, 45, 0, 0), ImportState.DONE)


def test_parquet_is_read_by_a_fork_too(home: Path) -> None:
    """Its library has threads of its own, which no fork has."""
    texts = [f"{number}: It waited." for number in range(3_000)]
    pq.write_table(pa.table({"text": texts}), home / "many.parquet", row_group_size=700)
    run = started(home / "many.parquet")
    run_import(run=run)
    assert counts(run) == (3_000, 3_000, 0, 0)
    assert list(Story.objects.order_by("id").values_list("text", flat=True)) == texts


def end_session(number: int) -> None:
    """End a session of the database, as a restart does, from another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [number])
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_restarted_while_it_takes_stories_has_the_import_wait(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, pieces, lost = started(table(home / "many.csv", 35)), storing._pieces, list[int]()

    def cut(new: Mapping[int, ReadyStory], same: bytes) -> Iterator[bytes]:
        yield from pieces(new, same)
        if not lost:
            lost.append(connection.connection.info.backend_pid)
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(end_session, lost[0]).result()

    monkeypatch.setattr(storing, "_pieces", cut)
    run_import(run=run)
    assert (counts(run), run.state, run.attempts) == ((0, 0, 0, 0), ImportState.PENDING, 1)
    assert forks_of(os.getpid()) == []
    ImportRun.objects.update(next_at="2020-01-01T00:00Z")
    import_stories()
    assert (counts(run), run.state) == ((35, 35, 0, 0), ImportState.DONE)


def waits_for_the_disk() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_only_the_end_of_an_import_waits_for_the_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored later is on disk later, so whoever hears that an import is done has all of it."""
    run, seen = started(table(home / "many.csv", 25)), []
    store, end = importing.store, importing._end

    def stored(**batch: Any) -> StoredBatch:
        seen.append(waits_for_the_disk())
        return store(**batch)

    def ended(*what: Any) -> None:
        seen.append(waits_for_the_disk())
        end(*what)

    monkeypatch.setattr(importing, "store", stored)
    monkeypatch.setattr(importing, "_end", ended)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO on")
        run_import(run=run)
    finally:
        connection.close()
    assert seen == ["off", "off", "off", "on"]


@pytest.mark.django_db(transaction=True)
def test_a_killed_command_leaves_no_process_and_the_rest_to_the_worker(home: Path) -> None:
    path, name = table(home / "many.csv", 60), str(connection.settings_dict["NAME"])
    script = (
        "import sys, django\n"
        "from django.conf import settings\n"
        "settings.DATABASES['default']['NAME'] = sys.argv[1]\n"
        "settings.HOME = sys.argv[2]\n"
        "django.setup()\n"
        "from curation.stories.actions import importing\n"
        "importing.CHUNK_ROWS = 10\n"
        "def hold(run):\n"
        "    print(run.rows_done, flush=True)\n"
        "    sys.stdin.readline()\n"
        "importing.run_import(run=importing.claim(), progress=hold)\n"
    )
    start_import(actor=SYSTEM, source=source(), path=path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", script, name, str(home / "home")]
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with child:
        assert child.stdout
        assert child.stdout.readline() == b"10\n"
        forks = forks_of(child.pid)
        assert len(forks) == 1
        child.kill()
    assert awaited(lambda: not any(Path(f"/proc/{fork}").exists() for fork in forks))
    run = ImportRun.objects.get()
    assert run.rows_done == 10
    run_out(Lease(ImportRun, [run.pk], run.token))
    import_stories()
    assert counts(run) == (60, 60, 0, 0)
