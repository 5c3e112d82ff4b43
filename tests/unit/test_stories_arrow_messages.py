"""A short Arrow file that unpacks to anything is refused before a batch of it is unpacked."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curation.stories.readers import FileUnreadable, arrow_messages, open_file
from curation.stories.readers.arrow_messages import check_messages

KINDS = {"file": pa.ipc.new_file, "stream": pa.ipc.new_stream}


def written(path: Path, columns: dict[str, Any], *, kind: str = "file", codec: str | None = "zstd") -> Path:
    table = pa.table(columns)
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.OSFile(str(path), "wb") as out, KINDS[kind](out, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_messages, "MOST_UNPACKED", 1 << 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("codec", ["zstd", "lz4"])
@pytest.mark.parametrize("columns", [
    {"n": [1, 2, 3], "text": ["b", "a", "a" * 30_000_000]},
    {"text": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["b", "a" * 30_000_000]))},
])  # fmt: skip
def test_a_batch_that_unpacks_to_more_than_fits_is_refused_unread(
    kind: str, codec: str, columns: dict[str, Any], tmp_path: Path
) -> None:
    path = written(tmp_path / "a.arrow", columns, kind=kind, codec=codec)
    assert path.stat().st_size < 500_000
    with pytest.raises(FileUnreadable, match="does not fit into the memory"), open_file(path):
        pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("codec", ["zstd", "lz4", None])
def test_what_unpacks_as_texts_do_is_read(kind: str, codec: str | None, tmp_path: Path) -> None:
    texts = [f"A tug waited {n * 7919} times for the harbour master. " * 2 for n in range(50)]
    columns = {"text": texts, "kind": pa.array(["a", "b"] * 25).dictionary_encode(), "n": list(range(50))}
    with open_file(written(tmp_path / "a.arrow", columns, kind=kind, codec=codec)) as reader:
        assert [row.values["text"] for row in reader.rows()] == texts


def test_a_long_batch_that_is_not_packed_is_as_long_as_its_file(tmp_path: Path) -> None:
    with open_file(written(tmp_path / "a.arrow", {"text": ["a" * 2_000_000]}, codec=None)) as reader:
        assert sum(1 for _row in reader.rows()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_byte_is_wrong_it_is_read_or_said_to_be_damaged(kind: str, tmp_path: Path) -> None:
    whole = written(tmp_path / "a.arrow", {"text": ["a tug", "b", "c"]}, kind=kind).read_bytes()
    path = tmp_path / "b.arrow"
    for place in range(len(whole)):
        for wrong in (0x00, 0x7F, 0xFF):
            path.write_bytes(whole[:place] + bytes([wrong]) + whole[place + 1 :])
            with path.open("rb") as stream:
                try:
                    check_messages(stream)
                except FileUnreadable:
                    continue
