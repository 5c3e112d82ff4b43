"""Files that are made to do harm, by command and by page, in the memory that a plain file takes and a little more."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from curation.accounts.models import Role
from curation.stories.models import ImportRun, Story
from tests.builders import person

ROOT = Path(__file__).resolve().parents[2]
# What reading the worst of them may take beyond a plain file, in MiB of address space: buffers of some pieces of 8 MB,
# and one arena of the allocator for each thread that reads Parquet. None of them would fit when it is read as a whole.
ALLOWANCE = 320
LARGE, MANY = 1 << 30, 100_000
SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'
GOOD = b'{"text": "The tug waited for the harbour master."}\n'


def plain(path: Path) -> None:
    path.write_bytes(b"".join(b'{"text": "Plain story %d of a tug."}\n' % n for n in range(2_000)))


def one_line_of_a_gigabyte(path: Path) -> None:
    """Good rows, a line of 1 GiB that lies on no disk, and another good row."""
    plain(path)
    with path.open("r+b") as file:
        file.seek(LARGE)
        file.write(b"\n" + GOOD.replace(b"tug", b"cog"))


def rows_of_ten_megabytes(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(6):
            file.write(json.dumps({"text": "x" * 10_000_000}).encode() + b"\n")
        file.write(GOOD.replace(b"tug", b"barge"))


def a_list_of_large_rows(path: Path) -> None:
    path.write_text("[" + ",".join(json.dumps({"text": "y" * 10_000_000}) for _ in range(6)) + "]")


def cells_of_ten_megabytes(path: Path) -> None:
    rows = ["text", *('"' + "z" * 10_000_000 + '"' for _ in range(4)), "The lighter waited."]
    path.write_text("\n".join(rows) + "\n")


def a_zip_of_nothing(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.jsonl", "w") as member:
        for _ in range(256):
            member.write(bytes(1 << 20))


def a_zip_in_zips(path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", bytes(64 << 20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(3):
            archive.writestr(f"{n}.zip", inner.getvalue())


def a_zip_that_lies_of_its_size(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"a" * (64 << 20))
    data = bytearray(path.read_bytes())
    true, said = (64 << 20).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    path.write_bytes(data.replace(true, said))


def a_zip_that_leads_out(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fine.md", "A fine story of a tug that waited.")
        archive.writestr("../../../tmp/evil.md", "An evil one.")


def gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(256 << 20), 1))


def parquet_that_unfolds(path: Path) -> None:
    """Some kilobytes that hold 600 texts of 2 MB each."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 600, pa.int32()), pa.array(["w" * 2_000_000]))
    pq.write_table(pa.table({"text": texts}), path, compression="zstd")


def deep(path: Path) -> None:
    nested = "[" * MANY + "]" * MANY
    path.write_bytes(b'{"text": "a", "meta": %b}\n' % nested.encode() + GOOD.replace(b"tug", b"punt"))


def deep_array(path: Path) -> None:
    path.write_bytes(b"[" * 1_000_000)


def keys_twice(path: Path) -> None:
    odd = b'{"text": "The first of two.", "text": "The second of two."}\n'
    path.write_bytes(odd * 2 + GOOD.replace(b"tug", b"smack"))


def broken_unicode(path: Path) -> None:
    path.write_bytes(b'{"text": "broken \xff\xfe bytes"}\n' + GOOD.replace(b"tug", b"yawl"))


def escaped_unicode(path: Path) -> None:
    rows = [rb'{"text": "half \ud800 a pair"}', rb'{"text": "a NUL \u0000 in it"}']
    path.write_bytes(b"\n".join(rows) + b"\n" + GOOD.replace(b"tug", b"skiff"))


def scripts_and_formulas(path: Path) -> None:
    fields = ("text", "title", "generator", "prompt", "language", "licence", "themes", "id", SCRIPT, FORMULA)
    rows = [dict.fromkeys(fields, f"{SCRIPT} and a tug."), {name: f"{FORMULA} {name}" for name in fields}]
    rows += [{"text": "", "title": FORMULA}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def tiny_errors(path: Path) -> None:
    path.write_bytes(
        b"{]\n" * (MANY // 2) + b'{"text":1}\n' + b'{"text":""}\n' * (MANY // 2 - 1) + GOOD.replace(b"tug", b"gig")
    )


# Name -> how it is made, the command's other arguments, and what came of it: what it says when it refuses the whole
# file, or how many rows it read, stored, and rejected.
CASES: dict[str, tuple[Callable[[Path], None], list[str], str | tuple[int, int, int]]] = {
    "plain.jsonl": (plain, [], (2_000, 2_000, 0)),
    "tiny.jsonl": (tiny_errors, [], (MANY + 1, 1, MANY)),
    "gigabyte.jsonl": (one_line_of_a_gigabyte, ["--dry-run"], (2_002, 1, 1)),
    "rows.jsonl": (rows_of_ten_megabytes, [], (7, 1, 6)),
    "list.json": (a_list_of_large_rows, [], "element 1"),
    "cells.csv": (cells_of_ten_megabytes, [], (2, 1, 1)),
    "nothing.zip": (a_zip_of_nothing, [], "times its size"),
    "zips.zip": (a_zip_in_zips, [], "No stories in it"),
    "lies.zip": (a_zip_that_lies_of_its_size, [], "damaged"),
    "out.zip": (a_zip_that_leads_out, [], "leads out"),
    "packed.gz": (gzipped, [], "gzip"),
    "packed.jsonl": (gzipped, [], "gzip"),
    "unfolds.parquet": (parquet_that_unfolds, [], (600, 0, 600)),
    "deep.jsonl": (deep, [], (2, 1, 1)),
    "deep.json": (deep_array, [], "nested too deeply"),
    "twice.jsonl": (keys_twice, [], (3, 1, 2)),
    "broken.jsonl": (broken_unicode, [], "is not UTF-8"),
    "escaped.jsonl": (escaped_unicode, [], (3, 1, 2)),
    "script.jsonl": (scripts_and_formulas, ["--map", "text=text"], (3, 2, 1)),
}
# What is stored of all but the plain one: the rows that are good, as they stand in their files.
WHOLE = [
    "The lighter waited.",
    *(f"The {boat} waited for the harbour master." for boat in ("punt", "skiff", "barge", "gig", "smack")),
    f"{SCRIPT} and a tug.",
    f"{FORMULA} text",
]
EVERY_WAY = ["command", "page", "api"]
# Each takes some seconds for each way: the campaign in `tests/faults` sends them by all.
BY_COMMAND_ALONE = {"gigabyte.jsonl", "tiny.jsonl"}


def carried_out(folder: Path, curator: str, *, by_all: bool) -> dict[str, Any]:
    """Make all files, have a process of its own import them, and return what came of each, way by way."""
    files = folder / "files"
    files.mkdir()
    listed = []
    for name, (make, arguments, _expected) in CASES.items():
        make(files / name)
        ways = EVERY_WAY if by_all or name not in BY_COMMAND_ALONE else EVERY_WAY[:1]
        listed.append([name, str(files / name), arguments, ways])
    (folder / "listed.json").write_text(json.dumps(listed))
    child = ROOT / "tests" / "import_under_limit.py"
    given = [
        str(connection.settings_dict["NAME"]),
        str(folder / "home"),
        curator,
        str(ALLOWANCE),
        str(folder / "listed.json"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    # What is freed is given back at once, so that the limit is one of what is held.
    environment |= {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
    done = subprocess.run(
        [sys.executable, str(child), *given], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def wrong_with(found: dict[str, Any], way: str, expected: str | tuple[int, int, int]) -> bool:
    """Whether something else came of a file than is expected: the same by every way, and once it is stored, it is."""
    if isinstance(expected, str):
        return expected not in found.get("refused", "") or found.get("status", 422) != 422
    rows, created, rejected = expected
    stored = created if way == "command" else found.get("created")
    said = [found.get(name) for name in ("rows", "created", "rejected")]
    return said != [rows, stored, rejected] or found.get("told", rejected) != rejected


def imported_by_every_way(folder: Path, *, by_all: bool) -> None:
    """Import all files, and look at what came of them."""
    curator = person(Role.CURATOR)
    found = carried_out(folder, curator.username, by_all=by_all)
    wrong = [
        f"{name} by {way}: {came!r:.1500} for {expected!r}"
        for name, (_make, _arguments, expected) in CASES.items()
        for way, came in found[name].items()
        if wrong_with(came, way, expected)
    ]
    assert not wrong, "\n".join(wrong)
    kept = {run.file_name: run for run in ImportRun.objects.order_by("-pk")}
    for run in ImportRun.objects.all():
        assert run.state == "done", run.file_name
        assert run.issues.count() == run.rejected, run.file_name
    whole = {name for name, (_make, _arguments, expected) in CASES.items() if not isinstance(expected, str)}
    assert set(kept) == whole - (set() if by_all else {"gigabyte.jsonl"}), "of what was refused nothing is kept"
    texts = Story.objects.exclude(text__startswith="Plain story").values_list("text", flat=True)
    cog = ["The cog waited for the harbour master."] if by_all else []
    assert sorted(texts) == sorted(WHOLE + cog)
    look_harmless(curator, kept["script.jsonl"])


@pytest.mark.long
def test_no_file_takes_more_memory_than_a_plain_one_and_a_little_and_none_is_half_stored(
    transactional_db: None, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    imported_by_every_way(tmp_path, by_all=False)


def look_harmless(curator: Any, run: ImportRun) -> None:
    """What a file brings is shown as text on every page about it, and starts no formula in the report."""
    client = Client()
    client.force_login(curator)
    pages = [reverse("import_detail", args=[run.pk]), reverse("story_list")]
    pages += [reverse("story_detail", args=[story.pk]) for story in Story.objects.filter(import_run=run)]
    for address in pages:
        assert SCRIPT not in client.get(address).content.decode(), address
    answer = client.get(reverse("import_report", args=[run.pk]))
    report = csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig")))  # type: ignore[call-overload]
    assert not [cell for row in report for cell in row if cell[:1] in {"=", "+", "-", "@"}]
