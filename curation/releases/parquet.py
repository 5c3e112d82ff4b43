"""Writing Parquet so that the same rows always give the same bytes."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_PER_GROUP = 5_000
ZSTD_LEVEL = 3


@dataclass
class Shard:
    """A finished file. `rows_sha256` is over the rows, whatever the encoding; `nbytes` is their size in memory."""

    path: Path
    rows: int
    nbytes: int
    rows_sha256: str


def writer(path: Path, schema: pa.Schema, repeats: Sequence[str]) -> pq.ParquetWriter:
    """Open a file with every setting pinned. Content-defined chunks let a later version share most of its bytes."""
    return pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=list(repeats),
        write_statistics=True,
        store_schema=True,
        use_content_defined_chunking=True,
    )


@lru_cache(maxsize=64)
def all_valid(rows: int) -> bytes:
    """Return the bits of so many rows of which none is null."""
    return np.packbits(np.ones(rows, np.bool_)).tobytes()


def feed(digest: "hashlib._Hash", values: pa.Array) -> None:
    """Add an array to a hash by value: which are null, then lengths and contents, little-endian."""
    kind, whole = values.type, not values.null_count
    digest.update(
        all_valid(len(values)) if whole else np.packbits(pc.is_valid(values).to_numpy(zero_copy_only=False)).tobytes()
    )
    if pa.types.is_struct(kind):
        for part in values.flatten():
            feed(digest, part)
    elif pa.types.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(values), 0)
        digest.update(lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        feed(digest, values.flatten())
    elif pa.types.is_string(kind):
        texts = values if whole else pc.fill_null(values, "")
        _validity, offsets, data = texts.buffers()
        if len(texts):
            bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
            digest.update(np.diff(bounds).astype("<i8").tobytes())
            if data is not None:
                digest.update(memoryview(data)[int(bounds[0]) : int(bounds[-1])])
    else:
        plain = values.cast(pa.int32()) if pa.types.is_date32(kind) else values
        filled = plain if whole else pc.fill_null(plain, False if pa.types.is_boolean(kind) else 0)
        numbers = filled.to_numpy(zero_copy_only=False)
        digest.update(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes())


class ParquetWriter:
    """Takes the rows of one file in order, and cuts them into row groups of a fixed size; no rows, no file.

    Hashing and compressing run in a thread beside the caller, one row group at a time; a failure there is raised by the
    next call.
    """

    def __init__(self, path: Path, schema: pa.Schema, repeats: Sequence[str]) -> None:
        self.path, self.schema, self.repeats = path, schema, repeats
        self.waiting: list[pa.Table] = []
        self.n_waiting = 0
        self.rows, self.nbytes = 0, 0
        self.file: pq.ParquetWriter | None = None
        self.digest = hashlib.sha256()
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.last: Future[None] | None = None

    def __enter__(self) -> "ParquetWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.pool.shutdown(wait=True)
        if self.file is not None and kind is not None:
            with suppress(OSError):
                self.file.close()

    def add(self, table: pa.Table) -> None:
        """Take rows; write all full row groups."""
        self.waiting.append(table)
        self.n_waiting += len(table)
        while self.n_waiting >= ROWS_PER_GROUP:
            self._hand_over()

    def finish(self) -> Shard | None:
        """Write what is left, and close the file."""
        if self.n_waiting:
            self._hand_over()
        self._await()
        if self.file is None:
            return None
        self.file.close()
        self.file = None
        return Shard(self.path, self.rows, self.nbytes, self.digest.hexdigest())

    def _cut(self) -> pa.Table:
        """Return the rows of the next row group, and no longer hold them."""
        rows = pa.concat_tables(self.waiting)
        self.n_waiting = max(0, len(rows) - ROWS_PER_GROUP)
        # An empty table would keep the texts of all that it was cut from.
        self.waiting = [rows.slice(ROWS_PER_GROUP)] if self.n_waiting else []
        return rows.slice(0, ROWS_PER_GROUP).combine_chunks()

    def _hand_over(self) -> None:
        # Before rows are put together, which holds them twice.
        self._await()
        self.last = self.pool.submit(self._write, self._cut())

    def _await(self) -> None:
        if self.last is not None:
            self.last.result()

    def _write(self, group: pa.Table) -> None:
        for column in group.columns:
            for chunk in column.chunks:
                feed(self.digest, chunk)
        if self.file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = writer(self.path, self.schema, self.repeats)
        self.file.write_table(group, row_group_size=ROWS_PER_GROUP)
        self.rows += len(group)
        self.nbytes += group.nbytes
