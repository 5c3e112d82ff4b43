"""Which files of a release hold words of a story."""

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.storage import storage
from curation.releases import blobs
from curation.releases.models import Release, ReleaseFile
from curation.releases.story_ids import names_of
from curation.stories.models import Story

# What these have of a story is numbers: who rated what how, and when.
WITHOUT_WORDS = frozenset({"ratings", "annotators", "constitution"})
# It names every file by its hash and no story by its words; without it a version could not be checked any more.
MANIFEST = "manifest.json"
ROWS, STORIES = ".parquet", "stories"
# The card shows this many characters of a text at least.
SHOWN, LEAST, MOST = 250, 16, 80
PIECE = 1 << 20


def files_with_words(release: Release, story: Story) -> Iterator[ReleaseFile]:
    """Yield the files of a complete release that hold words of `story`, whose own words are still there.

    A file that cannot be read might hold them, and is one; one that the storage does not have is none.
    """
    named = release.files.select_related("blob").filter(blob__purged__isnull=True)
    files = [file for file in named if storage().size(blobs.key_of(file.blob_id)) is not None]
    rows = [file for file in files if PurePosixPath(file.path).suffix == ROWS and _config(file) not in WITHOUT_WORDS]
    # Another purge may have destroyed the shard that says under which id the others name it.
    ids = names_of(story.pk, story.normal_sha256)
    for file in sorted(rows, key=lambda file: _config(file) != STORIES):
        try:
            found = _ids_in(file, story.text_sha256) if _config(file) == STORIES else _has_rows_of(file, ids)
        except pa.ArrowException:
            found = True
        if found:
            yield file
        if isinstance(found, set):
            ids |= found
    needles = fragments(story)
    for file in files:
        if PurePosixPath(file.path).suffix != ROWS and file.path != MANIFEST and _has_any(file, needles):
            yield file


def fragments(story: Story) -> list[bytes]:
    """Return pieces of the text and its title by which a text file that quotes them is known, as it may write them."""
    pieces = re.split(r"[\x00-\x1f\"\\]", story.text[:SHOWN])
    longest = max(pieces, key=len)[:MOST].strip()
    told = [longest] if longest else []
    if len(longest) < LEAST:
        told.append(story.text[:SHOWN])
    if len(story.title) >= LEAST:
        told.append(story.title)
    in_json = [json.dumps(text, ensure_ascii=plain)[1:-1] for text in told for plain in (True, False)]
    return sorted({form.encode() for form in [*told, *in_json] if form})


def _config(file: ReleaseFile) -> str:
    return PurePosixPath(file.path).parts[0]


@contextmanager
def _opened(file: ReleaseFile) -> Iterator[pq.ParquetFile]:
    with (
        storage().open(blobs.key_of(file.blob_id), file.blob.size) as source,
        pq.ParquetFile(source) as parquet,
    ):
        yield parquet


def _ids_in(file: ReleaseFile, sha256: str) -> set[str]:
    """Return under which ids the shard has rows of the text with this hash."""
    with _opened(file) as parquet:
        found: set[str] = set()
        for number in range(parquet.num_row_groups):
            part = parquet.read_row_group(number, columns=["id", "sha256"])
            found |= set(part.filter(pc.equal(part["sha256"], sha256))["id"].to_pylist())
    return found


def _has_rows_of(file: ReleaseFile, ids: set[str]) -> bool:
    """Whether one of the columns that name a story names one of these."""
    with _opened(file) as parquet:
        named = [name for name in ("story_id", "id") if name in parquet.schema_arrow.names]
        # One whose stories cannot be told might hold any of them.
        if not named:
            return True
        wanted: Any = pa.array(sorted(ids), pa.string())
        for number in range(parquet.num_row_groups):
            column = parquet.read_row_group(number, columns=named[:1])[named[0]]
            if pc.any(pc.is_in(column.cast(pa.string()), wanted)).as_py():
                return True
    return False


def _has_any(file: ReleaseFile, needles: list[bytes]) -> bool:
    longest = max(map(len, needles), default=0)
    tail = b""
    for piece in _content(file):
        looked_at = tail + piece
        if any(needle in looked_at for needle in needles):
            return True
        tail = looked_at[-longest:]
    return False


def _content(file: ReleaseFile) -> Iterator[bytes]:
    key = blobs.key_of(file.blob_id)
    if not file.path.endswith(".gz"):
        yield from storage().read(key)
        return
    with storage().open(key, file.blob.size) as packed, gzip.open(packed) as plain:
        while piece := plain.read(PIECE):
            yield piece
