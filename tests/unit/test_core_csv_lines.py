"""Every CSV that leaves goes through one guard."""

import csv
import io
from pathlib import Path

import pytest

from curation.core.csv_lines import csv_lines

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", " =1+1", "\n=cmd()", "\u00a0=1"])
def test_what_a_spreadsheet_would_run_is_text(cell: str) -> None:
    assert list(csv.reader(io.StringIO(csv_lines([[cell]]), newline=""))) == [[f"'{cell}"]]


def test_other_cells_stay_as_they_are() -> None:
    rows = [["a, b", 'say "so"', "two\nlines", -1, 2.5, None, "", "a=b"]]
    read = list(csv.reader(io.StringIO(csv_lines(rows), newline="")))
    assert read == [["a, b", 'say "so"', "two\nlines", "-1", "2.5", "", "", "a=b"]]


def test_no_room_writes_csv_past_the_guard() -> None:
    found = [
        str(path.relative_to(ROOT))
        for room in ("curation", "annotations")
        for path in (ROOT / room).rglob("*.py")
        if "csv.writer" in path.read_text(encoding="utf-8") or "csv.DictWriter" in path.read_text(encoding="utf-8")
    ]
    assert found == ["curation/core/csv_lines.py"]
