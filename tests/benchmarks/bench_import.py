"""The import of 100,000 stories of 4 KB against a bare COPY of the same rows, and its memory from 10,000 to 100,000.

A process of its own reads stories and makes of each what COPY takes, a second one looks for those that are there and
hands the rest to COPY, and the database stores them. Half of what they take of the processor together is the least for
two cores, and what the first takes the least for any number.

What bounds it: COPY does none of the work before it, which takes some 77 µs a story of the processor: 21 to cut a table
into cells, 14 to make fields of them, 24 for two hashes, the normal form that one is of and its words, 9 for the row as
COPY takes it, and the rest to hand it on and because both cores are busy. Looking for stories and handing them to COPY
takes 15 more, and the database 55, of which COPY needs 40.

*Planted*: all rows of the file read before the first is stored, 5.26 times the memory; no process of its own, 29% of
COPY.
"""

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from curation.accounts.actors import SYSTEM
from curation.core import roles
from curation.stories.actions import start_import
from curation.stories.models import ImportRun, Story
from tests.benchmarks.report import tell
from tests.builders import source

FEW, MANY = 10_000, 100_000
SIZE = 4_000
MOST_GROWTH = 1.3
LEAST_SHARE = 0.4
VOCABULARY = random.Random(7)  # noqa: S311
WORDS = ["".join(VOCABULARY.choices("aeiounrstlmdkpgh", k=VOCABULARY.randint(2, 9))) for _ in range(5_000)]
COLUMNS = [field.column for field in Story._meta.concrete_fields]


def texts(rows: int) -> Iterator[str]:
    """Yield texts of about 4 KB, each of its own words, with the punctuation of English prose."""
    chance = random.Random(11)  # noqa: S311
    for number in range(rows):
        words = chance.choices(WORDS, k=SIZE // 7)
        words[::40] = [f"“{word},”\n" for word in words[::40]]
        yield f"{number} " + " ".join(words) + " — and it waited…"


def write(path: Path, rows: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "story", "model", "notes"])
        for number, text in enumerate(texts(rows)):
            writer.writerow([number, text, f"model-{number % 7}", "kept with the story"])
    return path


def import_apart(path: Path, media: Path) -> dict[str, Any]:
    """Import `path` in a process of its own, so that its peak memory is nobody else's."""
    start_import(actor=SYSTEM, source=source(), path=path)
    child = Path(__file__).with_name("import_child.py")
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "LOG_LEVEL": "ERROR"}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, str(child), name, str(media)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=root)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def forget_stories() -> None:
    """Empty the tables of stories, past the triggers that refuse it."""
    with roles.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("TRUNCATE stories_source, stories_importrun CASCADE")


def bare_copy(scratch: Path) -> float:
    """COPY the stored rows, from a file that is ready, into a table of the same shape and indexes; return seconds."""
    listed = ", ".join(f'"{column}"' for column in COLUMNS)
    with roles.as_owner(), connection.cursor() as cursor:
        with scratch.open("wb") as stream, cursor.copy(f"COPY stories_story ({listed}) TO STDOUT") as rows:
            for piece in rows:
                stream.write(piece)
        cursor.execute("CREATE TABLE bench_copy (LIKE stories_story INCLUDING ALL)")
        began = time.perf_counter()
        with scratch.open("rb") as stream, cursor.copy(f"COPY bench_copy ({listed}) FROM STDIN") as copy:
            while piece := stream.read(1 << 20):
                copy.write(piece)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_copy")
    return seconds


@pytest.mark.django_db(transaction=True)
def test_import_against_bare_copy(tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.HOME = tmp_path / "home"
    few = import_apart(write(tmp_path / "few.csv", FEW), settings.HOME)
    assert few["created"] == FEW
    forget_stories()
    path = write(tmp_path / "many.csv", MANY)
    many = import_apart(path, settings.HOME)
    assert many["created"] == MANY == Story.objects.count()
    again = import_apart(path, settings.HOME)
    assert (again["created"], again["duplicates"]) == (0, MANY)
    copy = bare_copy(tmp_path / "rows")
    share, growth = copy / many["seconds"], _memory(many) / _memory(few)
    least = (many["python"] + many["database"]) / 2
    lines = [
        f"{'':34}{'stories/s':>11}{'seconds':>9}{'peak MB':>9}{'beside':>9}",
        f"{f'bare COPY of {MANY:,} x 4 KB':34}{MANY / copy:>11,.0f}{copy:>9.1f}",
        *(
            f"{label:34}{rows / one['seconds']:>11,.0f}{one['seconds']:>9.1f}"
            f"{one['peak_mb']:>9.0f}{one['beside_mb']:>9.0f}"
            for label, rows, one in (
                (f"import of {FEW:,}", FEW, few),
                (f"import of {MANY:,}", MANY, many),
                ("the same file again", MANY, again),
            )
        ),
        f"a story takes {1e6 * many['python'] / MANY:,.0f} us of our processor and {1e6 * many['database'] / MANY:,.0f}"
        f" of the database's: on two cores {1e6 * least / MANY:,.0f} on the clock at least, {copy / least:.0%} of COPY",
        f"import runs at {share:.0%} of COPY (aim: 50%); memory grows {growth:.2f} times",
    ]
    tell(capsys, "Import", __doc__, lines)
    assert ImportRun.objects.filter(state="done").count() == 2
    assert growth < MOST_GROWTH
    assert share > LEAST_SHARE


def _memory(one: dict[str, Any]) -> float:
    """The peak memory of an import's two processes, in MiB, at most: what they share is counted with both."""
    return float(one["peak_mb"] + one["beside_mb"])
