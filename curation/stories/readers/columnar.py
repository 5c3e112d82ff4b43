"""Parquet, and Arrow files as `datasets` saves them to disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from curation.stories.columns import MOST_COLUMNS, named, nested
from curation.stories.readers.arrow_messages import check_messages
from curation.stories.readers.arrow_values import shape, simplified
from curation.stories.readers.base import FileRow, FileUnreadable, NamedBytes, Reader, row_of
from curation.stories.readers.parquet_pages import check_pages

BATCH = 256


class Columnar(Reader):
    """What Parquet and Arrow share: both need a file that can be read at any place, so a zip's member is unpacked."""

    total = 0
    done = 0

    @contextmanager
    def seekable(self) -> Iterator[IO[bytes]]:
        """Open the bytes so that they can be read at any place."""
        with self.blob.open() as stream:
            if not self.blob.member:
                yield stream
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
                copy.seek(0)
                yield copy

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turn the library's errors into one that a person can act on."""
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            text = _("This %(format)s file is damaged or cut off: %(error)s")
            raise FileUnreadable(text % {"format": self.format.title(), "error": error}) from error

    def position(self) -> int:
        return self.blob.size() * self.done // self.total if self.total else 0

    def _describe(self, schema: pa.Schema) -> None:
        self.names = named(schema.names, strip=False)
        shapes = [shape(field.type) for field in schema]
        inside = (nested(name, one.items()) for name, one in zip(self.names, shapes, strict=True) if one)
        self.columns = [*self.names, *islice(chain.from_iterable(inside), MOST_COLUMNS)]

    def _rows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[FileRow]:
        self.done = 0
        for batch in batches:
            for cells in zip(*map(simplified, batch.columns), strict=True):
                self.done += 1
                yield row_of(self.done, dict(zip(self.names, cells, strict=True)))


class Parquet(Columnar):
    """Reads Parquet page by page, so that one huge row group does not fill the memory."""

    format = "parquet"

    def __init__(self, blob: NamedBytes) -> None:
        super().__init__(blob)
        with self.readable(), self.seekable() as stream, pq.ParquetFile(stream) as table:
            self._describe(table.schema_arrow)
            self.total = table.metadata.num_rows
            self.batch = check_pages(stream, table, BATCH)

    def rows(self) -> Iterator[FileRow]:
        with (
            self.readable(),
            self.seekable() as stream,
            pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20) as table,
        ):
            yield from self._rows(table.iter_batches(batch_size=self.batch, use_threads=False))


class Arrow(Columnar):
    """Reads an Arrow IPC file or stream."""

    format = "arrow"

    def __init__(self, blob: NamedBytes) -> None:
        super().__init__(blob)
        with self.readable(), self.seekable() as stream:
            check_messages(stream)
            self._describe(self._open(stream).schema)

    def _open(self, stream: IO[bytes]) -> Any:
        magic = stream.read(6)
        stream.seek(0)
        return pa.ipc.open_file(stream) if magic == b"ARROW1" else pa.ipc.open_stream(stream)

    def rows(self) -> Iterator[FileRow]:
        with self.readable(), self.seekable() as stream:
            table = self._open(stream)
            if isinstance(table, pa.RecordBatchFileReader):
                batches = (table.get_batch(place) for place in range(table.num_record_batches))
            else:
                batches = iter(table)
            yield from self._rows(piece for batch in batches for piece in self._pieces(batch))

    def _pieces(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        for start in range(0, batch.num_rows, BATCH):
            yield batch.slice(start, BATCH)
