"""Reading pieces of Parquet files from the storage: a footer once, then the columns that are asked for."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.storage import storage
from curation.releases import blobs
from curation.releases.models import Blob

# Rows that are decoded at a time: with texts of 4 KB, two megabytes.
BATCH = 500
# Footers that a process remembers; that of a file of 50,000 stories takes some 50 KB.
FOOTERS = 64


class Footers:
    """The footers that were read last, by the SHA-256 of their files, which never change."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: OrderedDict[str, pq.FileMetaData] = OrderedDict()
        self.lock = Lock()

    def get(self, sha256: str) -> pq.FileMetaData | None:
        """Return the footer, or None if it is not remembered."""
        with self.lock:
            if sha256 in self.kept:
                self.kept.move_to_end(sha256)
            return self.kept.get(sha256)

    def keep(self, sha256: str, footer: pq.FileMetaData) -> None:
        """Remember a footer, and forget the one that was not asked for the longest."""
        with self.lock:
            self.kept[sha256] = footer
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)


footers = Footers(FOOTERS)


@contextmanager
def opened(blob: Blob) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file to read here and there in it. Raises as `Storage.open`; memory holds the columns of one row
    group at most, as they are stored."""
    with storage().open(blobs.key_of(blob.sha256), blob.size) as file:
        known = footers.get(blob.sha256)
        # Columns are fetched in a few large reads, which a bucket answers with a few ranges.
        with pq.ParquetFile(file, metadata=known, pre_buffer=True) as parquet:
            if known is None:
                footers.keep(blob.sha256, parquet.metadata)
            yield parquet


def batches(
    parquet: pq.ParquetFile, group: int, columns: Sequence[str], *, size: int = BATCH
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the rows of a row group in pieces of at most `size`, each with the place of its first row in the group.

    Columns that the file does not have are left out.
    """
    there = set(parquet.schema_arrow.names)
    asked = [name for name in columns if name in there]
    place = 0
    for batch in parquet.iter_batches(batch_size=size, row_groups=[group], columns=asked, use_threads=False):
        yield place, batch
        place += len(batch)
