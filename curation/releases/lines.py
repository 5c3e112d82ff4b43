"""Writing the stories of a release in the further formats that it was asked for with, a line at a time."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import pyarrow as pa

from curation.releases.formats import JSONL, MESSAGES, TEXT
from curation.releases.parquet import Shard

END = "<|end|>"
ROWS_AT_ONCE = 500


def as_json(row: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, default=str, allow_nan=False) + "\n"


def as_messages(row: Mapping[str, Any]) -> str:
    """Return the chat of a story; nothing for one without a stored prompt."""
    return as_json({"id": row["id"], "messages": row["messages"]}) if row["messages"] else ""


def as_text(row: Mapping[str, Any]) -> str:
    """Return a story under its control tag. No story can write a tag itself."""
    text = row["text"].replace("<|", "< |").strip("\n")
    return f"{row['control_tag']}\n{text}\n{END}\n"


WRITERS: dict[str, tuple[Callable[[Mapping[str, Any]], str], list[str] | None]] = {
    JSONL: (as_json, None),
    MESSAGES: (as_messages, ["id", "messages"]),
    TEXT: (as_text, ["text", "control_tag"]),
}


class LineWriter:
    """Takes the rows of `stories` in order, and writes them in one of the formats; no rows, no file."""

    def __init__(self, name: str, path: Path) -> None:
        self.path = path
        self.write, self.columns = WRITERS[name]
        self.rows, self.nbytes = 0, 0
        self.file: IO[bytes] | None = None

    def __enter__(self) -> "LineWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.file is not None:
            self.file.close()

    def add(self, stories: pa.Table) -> None:
        """Take rows of `stories`."""
        for row in rows_of(stories.select(self.columns) if self.columns else stories):
            if not (line := self.write(row)):
                continue
            if self.file is None:
                self.file = self.path.open("wb")
            self.rows += 1
            self.nbytes += self.file.write(line.encode())

    def finish(self) -> Shard | None:
        """Close the file. Its rows are hashed with its bytes."""
        if self.file is None:
            return None
        self.file.close()
        return Shard(self.path, self.rows, self.nbytes, "")


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield rows as Python has them, a few at a time."""
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        yield from batch.to_pylist()
