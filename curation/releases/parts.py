"""Writing one part of a release: a run of its stories, as one file of each config and of each further format."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from curation.releases import schema, tables
from curation.releases.lines import LineWriter
from curation.releases.models import Release
from curation.releases.parquet import ParquetWriter, Shard
from curation.releases.prior import prior_of
from curation.releases.queries.slices import Fetched, PartSlice
from curation.releases.repository import File, finished, shard_name

BY_STORY = ("stories", "ratings", "behaviours")
EXAMPLE_CHARS = 300


@dataclass(frozen=True)
class Written:
    """A part whose files are written, by config or format, and not yet read back."""

    part: PartSlice
    shards: Mapping[str, Shard]
    readers: Mapping[str, Any]
    example: Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """A finished part: its `files` by config or format, still without their names; its share in what is said of the
    reviewers; and its first row, shortened."""

    part: PartSlice
    files: Mapping[str, File]
    readers: Mapping[str, Any]
    example: Mapping[str, Any]

    def noted(self) -> dict[str, Any]:
        """Return it as JSON, for `recalled`."""
        files = {name: file.noted() for name, file in self.files.items()}
        ends = [*self.part.ends, self.part.rows]
        # As text: PostgreSQL would bring its keys into another order.
        example = json.dumps(self.example)
        return {"ends": ends, "files": files, "readers": dict(self.readers), "example": example}

    @classmethod
    def recalled(cls, part: PartSlice, noted: Mapping[str, Any]) -> "Made":
        """Return a part that was noted, and whose files are stored."""
        files = {name: File.recalled(file) for name, file in noted["files"].items()}
        return cls(part, files, noted["readers"], json.loads(noted["example"]))


class Kept(Protocol):
    """Where finished parts stay while others are made."""

    def find(self, part: PartSlice) -> Made | None:
        """Return the part if it was finished before, just as it would be made now, and its files are whole."""

    def store(self, made: Made) -> Made:
        """Bring the files of a part to where they stay. Called beside the next part, without the database."""

    def keep(self, made: Made) -> None:
        """Keep a part whose files are stored for another time."""


class Layout:
    """What all parts of a release have in common: columns, criteria and further formats."""

    def __init__(self, release: Release) -> None:
        frozen = release.frozen["rubric"]["criteria"]
        keys = [part["key"] for part in frozen]
        self.criterion_ids = [part["id"] for part in frozen]
        self.criteria = tables.Criteria(keys, prior_of(release.frozen)["figures"])
        self.columns = {config: schema.columns(config, keys) for config in schema.CONFIGS}
        self.formats: list[str] = release.frozen.get("formats", [])

    def writer(self, config: str, path: Path) -> ParquetWriter:
        """Open a file of a config."""
        columns = self.columns[config]
        return ParquetWriter(path, schema.arrow(columns), [part.name for part in columns if part.repeats])

    def tables(self, part: Fetched, readers: tables.Readers) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Return the rows of a slice for each of the configs that go by stories, and count its reviews."""
        found, facts, reviews = part.stories, part.facts, part.reviews
        rated = tables.sorted_ratings(part.ratings)
        applying = facts["applying"].combine_chunks()
        # Revisions are shown, and counted nowhere.
        initial = reviews["initial"].to_numpy()
        counting, counted = reviews.filter(reviews["initial"]), tables.sorted_ratings(part.ratings[initial])
        numbers = tables.figures(found["story"].to_numpy(), applying, counting, counted, self.criteria)
        readers.add(counting, counted, len(self.criteria.keys))
        stories = tables.stories_table(found, facts, numbers, self.columns["stories"])
        ratings = tables.ratings_table(reviews, part.flags, rated, self.criteria)
        return stories, ratings, tables.behaviours_table(reviews, part.spans)


def write(
    layout: Layout, part: PartSlice, slices: Iterable[Fetched], folder: Path, progress: Callable[[int], None]
) -> Written:
    """Write the files of a part into `folder`; tell `progress` the rows of every slice done."""
    readers = tables.Readers()
    example: dict[str, Any] = {}
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(layout.writer(name, folder / f"{name}-{part.split}-{part.number}"))
            for name in BY_STORY
        }
        others = {
            name: stack.enter_context(LineWriter(name, folder / f"{name}-{part.split}-{part.number}"))
            for name in layout.formats
        }
        for one in slices:
            made = layout.tables(one, readers)
            for writer, table in zip(writers.values(), made, strict=True):
                writer.add(table)
            for lines in others.values():
                lines.add(made[0])
            example = example or shortened(made[0].slice(0, 1).to_pylist()[0])
            progress(one.rows)
        shards = {name: writer.finish() for name, writer in writers.items()}
        shards |= {name: lines.finish() for name, lines in others.items()}
    found = {name: shard for name, shard in shards.items() if shard is not None}
    return Written(part, found, readers.noted(), example)


def finish(written: Written) -> Made:
    """Flush the files of a part and take their digests."""
    files = {name: finished(shard.path, shard=shard) for name, shard in written.shards.items()}
    return Made(written.part, files, written.readers, written.example)


def named(made: Iterable[Made], name: str, suffix: str = ".parquet") -> list[tuple[str, File]]:
    """Return the files of one config or format with their splits, each under its path in the repository."""
    found = [(one.part.split, one.files[name]) for one in made if name in one.files]
    counts: dict[str, int] = {}
    for split, _file in found:
        counts[split] = counts.get(split, 0) + 1
    numbers = dict.fromkeys(counts, 0)
    files = []
    for split, file in found:
        path = shard_name(name, split, numbers[split], counts[split], suffix)
        files.append((split, replace(file, path=path)))
        numbers[split] += 1
    return files


def shortened(value: Any) -> Any:
    """Return a row with its long texts cut, for the card."""
    if isinstance(value, str) and len(value) > EXAMPLE_CHARS:
        return value[:EXAMPLE_CHARS].rstrip() + " …"
    if isinstance(value, list):
        return [shortened(part) for part in value]
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return value
