"""What ships with a release to check a copy of it: it names the place, the rows and the rule, and stops in time."""

import hashlib
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from curation.releases.shipped.verify import (
    SHOWN,
    broken_checksum,
    check_file,
    check_ratings,
    check_stories,
    read_manifest,
    rows_at,
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Four rows in two groups: a column with a dictionary, and one without."""
    path = tmp_path / "rows.parquet"
    table = pa.table({"title": ["a", "b", "a", "b"], "words": [1, 2, 3, 4]})
    parquet.write_table(table, path, row_group_size=2, use_dictionary=["title"])
    return path


def column(path: Path, group: int, place: int) -> Any:
    return parquet.read_metadata(path).row_group(group).column(place)


def test_a_byte_is_placed_in_the_rows_of_its_own_group(rows: Path) -> None:
    title, words = column(rows, 1, 0), column(rows, 1, 1)
    assert rows_at(parquet, str(rows), title.dictionary_page_offset) == ", in column title of rows 2 to 3"
    assert rows_at(parquet, str(rows), words.data_page_offset) == ", in column words of rows 2 to 3"
    end = words.data_page_offset + words.total_compressed_size
    assert rows_at(parquet, str(rows), end - 1) == ", in column words of rows 2 to 3"
    assert rows_at(parquet, str(rows), end) == ", in the file's own description, outside all rows"
    assert rows_at(parquet, str(rows), column(rows, 0, 0).dictionary_page_offset).endswith("title of rows 0 to 1")


def test_a_rating_is_none_or_from_1_to_5(tmp_path: Path) -> None:
    table = pa.table({"story_id": ["a"] * 5, "value": [None, 1, 5, 0, 6]})
    parquet.write_table(table, tmp_path / "x.parquet")
    found = list(check_ratings(parquet, str(tmp_path), "x.parquet", {"a"}))
    assert found == ["x.parquet: row 3 (a): 0 is no rating", "x.parquet: row 4 (a): 6 is no rating"]


def test_a_story_is_there_once_over_all_files(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"It waited.").hexdigest()
    for name in ("x", "y"):
        table = pa.table({"id": ["a"], "text": ["It waited."], "sha256": [digest]})
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    seen: set[str] = set()
    assert list(check_stories(parquet, str(tmp_path), "x.parquet", seen)) == []
    assert list(check_stories(parquet, str(tmp_path), "y.parquet", seen)) == [
        "y.parquet: row 0 (a): the story is there twice"
    ]


def entry_of(content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"path": "x.bin", "size": len(content), "crc32": zlib.crc32(content), "sha256": digest}


@pytest.mark.parametrize(("wrong", "lines"), [(SHOWN, SHOWN), (SHOWN + 1, SHOWN + 1), (SHOWN + 5, SHOWN + 1)])
def test_of_many_wrong_places_the_first_are_told(tmp_path: Path, wrong: int, lines: int) -> None:
    size, released = 16, bytes(16 * (SHOWN + 9))
    pieces = [f"{zlib.crc32(bytes(size)):08x}{hashlib.sha256(bytes(size)).hexdigest()}"] * (SHOWN + 9)
    copy = bytearray(released)
    for piece in range(wrong):
        copy[piece * size + 3] = 7
    (tmp_path / "x.bin").write_bytes(copy)
    found = list(check_file(str(tmp_path), entry_of(released), pieces, size))
    assert len(found) == lines
    assert found[0] == (3, "byte 3 is wrong: it is 0x07 and was 0x00")
    assert (found[-1] == (None, "and it differs further on")) == (wrong > SHOWN)


def test_a_longer_or_shorter_file_is_told_by_its_length_alone(tmp_path: Path) -> None:
    for content, told in ((b"abcd", "it goes on after byte 3, up to 4"), (b"ab", "it ends at byte 2 of 3")):
        (tmp_path / "x.bin").write_bytes(content)
        assert list(check_file(str(tmp_path), entry_of(b"abc"), None, 16)) == [(None, told)]


def test_the_manifests_hash_may_be_written_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    told = [read_manifest(str(tmp_path), said)[1] for said in (digest, digest.upper(), "0" * 64)]
    assert told[0] == told[1]
    assert told[2] == [f"manifest.json: its SHA-256 is {digest}, and not {'0' * 64}", *told[0]]


@pytest.mark.parametrize("place", [0, 7, 8, 71])
def test_a_wrong_byte_in_the_seal_itself_is_placed_there(place: int) -> None:
    content = b"It waited."
    right = f"{zlib.crc32(content):08x}{hashlib.sha256(content).hexdigest()}"
    said = right[:place] + "x" + right[place + 1 :]
    told = f"byte {100 + place} is wrong: it is 0x78 and was {ord(right[place]):#04x}"
    assert broken_checksum(content, said, 100) == told
