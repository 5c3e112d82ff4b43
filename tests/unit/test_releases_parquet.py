"""Parquet: the same rows, the same bytes and the same row hash, however they arrive."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.releases import parquet, schema
from curation.releases.parquet import ROWS_PER_GROUP, ParquetWriter, Shard, feed

SCHEMA = pa.schema([("id", pa.string()), ("n", pa.int8()), ("names", pa.list_(pa.string())), ("ok", pa.bool_())])


# Of every column's name and type, and the schema version that has them.
COLUMNS = (3, "196ca02588f7b6dd")


def test_other_columns_are_another_version_of_the_schema() -> None:
    columns = [[config, c.name, str(c.type)] for config in schema.CONFIGS for c in schema.columns(config, ["A1"])]
    found = hashlib.sha256(repr(columns).encode()).hexdigest()[:16]
    assert (schema.VERSION, found) == COLUMNS, "raise schema.VERSION by one, and write both here"


def table(rows: int) -> pa.Table:
    columns = [
        [f"story-{n:05d}" for n in range(rows)],
        [n % 5 or None for n in range(rows)],
        [["é😀"] * (n % 3) for n in range(rows)],
        [None if n % 7 == 0 else n % 2 == 0 for n in range(rows)],
    ]
    return pa.table(columns, schema=SCHEMA)


def write(path: Path, rows: pa.Table, steps: int) -> Shard | None:
    with ParquetWriter(path, SCHEMA, ["names"]) as writer:
        for start in range(0, len(rows), steps):
            writer.add(rows.slice(start, steps))
        return writer.finish()


def test_the_same_rows_in_other_slices_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 100)
    rows = table(750)
    one, other = write(tmp_path / "one", rows, 750), write(tmp_path / "other", rows, 37)
    assert one is not None
    assert other is not None
    assert one.path.read_bytes() == other.path.read_bytes()
    assert (one.rows, one.rows_sha256) == (750, other.rows_sha256)
    assert pq.read_table(one.path).equals(rows)
    assert pq.ParquetFile(one.path).metadata.num_row_groups == 8


def test_no_rows_no_file(tmp_path: Path) -> None:
    assert write(tmp_path / "one", table(0), 1) is None
    assert not list(tmp_path.rglob("*"))


def test_a_failure_beside_reaches_the_caller_and_ends_the_thread(tmp_path: Path) -> None:
    (tmp_path / "stories").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="stories"):
        write(tmp_path / "stories" / "one", table(10), 10)


def hashed(values: list[object], kind: pa.DataType) -> str:
    digest = hashlib.sha256()
    feed(digest, pa.array(values, kind))
    return digest.hexdigest()


@given(st.lists(st.none() | st.text(max_size=5)), st.lists(st.none() | st.text(max_size=5)))
def test_the_row_hash_tells_different_texts_apart(one: list[object], other: list[object]) -> None:
    assert (hashed(one, pa.string()) == hashed(other, pa.string())) == (one == other)


def test_the_row_hash_does_not_depend_on_slicing_and_tells_null_from_empty() -> None:
    names = pa.list_(pa.string())
    longer = pa.array([["x"], ["a", None], [], None], names)
    digest = hashlib.sha256()
    feed(digest, longer.slice(1))
    assert digest.hexdigest() == hashed([["a", None], [], None], names)
    assert hashed([[]], names) != hashed([None], names)
    assert hashed([["a"], []], names) != hashed([[], ["a"]], names)


def test_rows_that_are_written_are_let_go(tmp_path: Path) -> None:
    schema, size = pa.schema([("text", pa.string())]), 40_000_000
    group = pa.table({"text": ["x" * (size // ROWS_PER_GROUP)] * ROWS_PER_GROUP}, schema=schema)
    with ParquetWriter(tmp_path / "texts", schema, []) as writer:
        writer.add(group)
        writer._await()
        held = pa.total_allocated_bytes()
        del group
        assert held - pa.total_allocated_bytes() > size / 2
        writer.finish()
