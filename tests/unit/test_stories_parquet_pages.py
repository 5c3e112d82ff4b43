"""A short Parquet file that unpacks to anything is refused before a page of it is unpacked."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.stories.readers import FileUnreadable, open_file, parquet_pages
from curation.stories.readers.columnar import Parquet
from curation.stories.readers.parquet_pages import Head, check_pages, pages_of

ROWS = {"text": [f"A tug waited {n % 50} times. " * (n % 9) for n in range(3_000)], "n": list(range(3_000)),
        "tags": [["a", "b"][: n % 3] for n in range(3_000)]}  # fmt: skip


def written(path: Path, rows: dict[str, Any] = ROWS, **how: Any) -> Path:
    pq.write_table(pa.table(rows), path, **how)
    return path


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_the_pages_of_a_column_are_all_of_it(version: str, codec: str, dictionary: bool, tmp_path: Path) -> None:
    how: dict[str, Any] = {
        "data_page_version": version,
        "compression": codec,
        "use_dictionary": dictionary,
        "data_page_size": 4_000,
    }
    path = written(tmp_path / "a.parquet", row_group_size=1_000, write_page_checksum=True, **how)
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:
        chunks = [file.metadata.row_group(group).column(column) for group in range(3) for column in range(3)]
        for chunk in chunks:
            first = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
            pages = list(pages_of(stream, first, chunk.total_compressed_size))
            assert sum(page.head + page.unpacked for page in pages) == chunk.total_uncompressed_size
            assert sum(page.head + page.packed for page in pages) == chunk.total_compressed_size
            assert [page.is_dictionary for page in pages] == [chunk.has_dictionary_page] + [False] * (len(pages) - 1)
        assert check_pages(stream, file, 256) == 256


@pytest.mark.parametrize("dictionary", [True, False])
def test_a_column_without_a_value_has_no_pages_that_could_be_damaged(dictionary: bool, tmp_path: Path) -> None:
    rows: dict[str, Any] = {"text": pa.array([], pa.string()), "n": pa.array([], pa.int64())}
    with open_file(written(tmp_path / "a.parquet", rows, use_dictionary=dictionary)) as reader:
        assert (reader.columns, list(reader.rows())) == (["text", "n"], [])


def test_a_page_that_unpacks_to_more_than_fits_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_UNPACKED", 1 << 20)
    path = written(tmp_path / "a.parquet", {"text": ["a" * 2_000_000]}, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(Parquet, "rows", lambda _self: pytest.fail("it was read"))
    with pytest.raises(FileUnreadable, match="do not fit into the memory"), open_file(path):
        pass


def test_the_largest_pages_of_all_columns_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_UNPACKED", 1 << 20)
    wide = {f"c{n}": ["a" * 300_000] for n in range(4)}
    with pytest.raises(FileUnreadable, match="do not fit"), open_file(written(tmp_path / "a.parquet", wide)):
        pass


def test_a_long_value_that_all_rows_share_is_read_few_rows_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_IN_A_BATCH", 1 << 20)
    path = written(tmp_path / "a.parquet", {"text": ["a" * 250_000] * 40}, dictionary_pagesize_limit=1 << 20)
    with open_file(path) as reader:
        assert isinstance(reader, Parquet)
        assert reader.batch == 4
        assert sum(len(row.values["text"]) for row in reader.rows()) == 40 * 250_000


def test_pages_without_number_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_PAGES", 5)
    with pytest.raises(FileUnreadable, match="do not fit"), open_file(written(tmp_path / "a.parquet")):
        pass


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"", "breaks off"),
        (b"\x15", "breaks off"),
        (b"\x15\x00\x15\x01\x15\x00\x00", "no length"),
        (b"\x15\x00\x15\x00\x15\x01\x00", "no length"),
        (b"\x15" + b"\xff" * 20, "cannot be read"),
        (b"\x19\x00", "cannot be read"),
        (b"\x1c" * 2_000, "cannot be read"),
        (b"\x18\xff\xff\xff\xff\x0f", "breaks off"),
    ],
)
def test_a_head_that_is_none_is_refused(head: bytes, said: str) -> None:
    with pytest.raises(FileUnreadable, match=said):
        list(pages_of(BytesIO(head), 0, 100))


def test_a_long_head_is_read_in_steps() -> None:
    """With the least value of its page in it, as the statistics of a page have it."""
    least = b"\x18\x90\x4e" + b"a" * 10_000
    head = b"\x15\x00\x15\x14\x15\x14\x2c\x5c" + least + b"\x00\x00\x00"
    (page,) = pages_of(BytesIO(head + b"0123456789"), 0, len(head) + 10)
    assert (page.head, page.packed, page.unpacked) == (len(head), 10, 10)
    assert Head(head).page() == page
