"""Writing the repository of a release into a directory, from its frozen rows alone.

Build and verify both call this; whatever it reads must be immutable, and nothing in it may ask for the time.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.releases import blobs, card, croissant, licences, manifest, schema, tables
from curation.releases.models import Release
from curation.releases.parquet import Shard, Writer
from curation.releases.queries.slices import Fetched, fetch_ahead
from curation.releases.splits import SHARES, TRAIN

EXAMPLE_CHARS = 300
HASHED_AT_ONCE = 2


@dataclass(frozen=True)
class File:
    """A finished file of the repository. `rows` and `rows_sha256` are set for shards."""

    path: str
    digest: blobs.Digest
    rows: int | None = None
    rows_sha256: str = ""

    def listed(self) -> dict[str, Any]:
        """Return the file as the manifest lists it."""
        digest = self.digest
        entry: dict[str, Any] = {"path": self.path, "size": digest.size, "sha256": digest.sha256}
        entry |= {"git_sha1": digest.git_sha1, "crc32": digest.crc32}
        return entry if self.rows is None else {**entry, "rows": self.rows, "rows_sha256": self.rows_sha256}


@dataclass(frozen=True)
class Assembled:
    """The files of a release, with its manifest as data."""

    files: list[File]
    manifest: dict[str, Any]


class Rows:
    """Writes the four configs side by side, in one pass over the frozen rows."""

    def __init__(self, release: Release, directory: Path) -> None:
        frozen = release.frozen["rubric"]["criteria"]
        keys = [part["key"] for part in frozen]
        self.directory = directory
        self.criterion_ids = [part["id"] for part in frozen]
        self.criteria = tables.Criteria(keys, release.frozen["pool"])
        self.columns = {config: schema.columns(config, keys) for config in schema.CONFIGS}
        self.readers = tables.Readers()
        self.shards: dict[str, dict[str, list[Shard]]] = {config: {} for config in schema.CONFIGS}
        self.example: dict[str, Any] = {}

    def writer(self, config: str, split: str) -> Writer:
        columns = self.columns[config]
        repeats = [part.name for part in columns if part.repeats]
        return Writer(self.directory, config, split, schema.arrow(columns), repeats)

    def write_splits(self, release: Release, progress: Callable[[int], None]) -> None:
        """Write the configs that go by stories, split by split."""
        fetched = fetch_ahead(release, [split for split, _share in SHARES], self.criterion_ids)
        for split, parts in groupby(fetched, key=lambda part: part.split):
            self.write_split(split, parts, progress)

    def write_split(self, split: str, parts: Iterable[Fetched], progress: Callable[[int], None]) -> None:
        """Write one split; a config without rows gets no file."""
        with ExitStack() as stack:
            names = ("stories", "ratings", "behaviours")
            writers = {name: stack.enter_context(self.writer(name, split)) for name in names}
            for part in parts:
                for name, table in zip(names, self.tables(part), strict=True):
                    writers[name].add(table)
                progress(part.rows)
            for name, writer in writers.items():
                if shards := writer.finish():
                    self.shards[name][split] = shards

    def tables(self, part: Fetched) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Return the rows of a slice for each of the three configs."""
        found, facts, reviews = part.stories, part.facts, part.reviews
        rated = tables.sorted_ratings(part.ratings)
        applying = facts["applying"].combine_chunks()
        # Revisions are shown, and counted nowhere.
        initial = reviews["initial"].to_numpy()
        counting, counted = reviews.filter(reviews["initial"]), tables.sorted_ratings(part.ratings[initial])
        numbers = tables.figures(found["story"].to_numpy(), applying, counting, counted, self.criteria)
        stories = tables.stories_table(found, facts, numbers, self.columns["stories"])
        self.readers.add(counting, counted, len(self.criteria.keys))
        if not self.example:
            self.example = shortened(stories.slice(0, 1).to_pylist()[0])
        ratings = tables.ratings_table(reviews, part.flags, rated, self.criteria)
        return stories, ratings, tables.behaviours_table(reviews, part.spans)

    def in_order(self) -> list[tuple[str, str, Shard]]:
        """Return all shards with their config and split."""
        return [
            (config, split, shard)
            for config, by_split in self.shards.items()
            for split, shards in by_split.items()
            for shard in shards
        ]

    def write_annotators(self) -> None:
        table = self.readers.table()
        with self.writer("annotators", TRAIN) as writer:
            writer.add(table)
            if shards := writer.finish():
                self.shards["annotators"][TRAIN] = shards

    def write_constitution(self, constitution: Mapping[str, Any] | None) -> None:
        if constitution is None:
            return
        with self.writer("constitution", TRAIN) as writer:
            writer.add(tables.constitution_table(constitution))
            self.shards["constitution"][TRAIN] = writer.finish()


def shortened(value: Any) -> Any:
    """Return a row with its long texts cut, for the card."""
    if isinstance(value, str) and len(value) > EXAMPLE_CHARS:
        return value[:EXAMPLE_CHARS].rstrip() + " …"
    if isinstance(value, list):
        return [shortened(part) for part in value]
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return value


def assemble(release: Release, directory: Path, progress: Callable[[int], None]) -> Assembled:
    """Write all files of a release into `directory`, flushed to disk; tell `progress` the rows of every slice done."""
    rows = Rows(release, directory)
    rows.write_splits(release, progress)
    rows.write_annotators()
    rows.write_constitution(release.frozen["constitution"])
    shards = rows.in_order()
    # Hashing lets other threads go on.
    with ThreadPoolExecutor(max_workers=HASHED_AT_ONCE) as pool:
        files = list(pool.map(lambda made: finished(directory, made[2].path, made[2]), shards))
    splits: dict[str, dict[str, card.Split]] = {}
    for (config, split), pairs in groupby(zip(shards, files, strict=True), key=lambda pair: pair[0][:2]):
        made = [(shard, file) for (_config, _split, shard), file in pairs]
        splits.setdefault(config, {})[split] = card.Split(
            rows=sum(shard.rows for shard, _file in made),
            num_bytes=sum(shard.nbytes for shard, _file in made),
            file_bytes=sum(file.digest.size for _shard, file in made),
        )
    listed = [file.listed() for file in files]
    for name, content in texts(release, rows, splits, listed).items():
        (directory / name).write_bytes(content)
        files.append(finished(directory, directory / name))
    tools = {"pyarrow": pa.__version__, "schema": str(release.frozen["schema"])}
    data = manifest.build(frozen=release.frozen, files=[file.listed() for file in files], tools=tools)
    (directory / manifest.NAME).write_bytes(manifest.canonical(data))
    files.append(finished(directory, directory / manifest.NAME))
    return Assembled(sorted(files, key=lambda file: file.path), data)


def finished(directory: Path, path: Path, shard: Shard | None = None) -> File:
    """Flush a file, and take its digests."""
    blobs.flush(path)
    name = path.relative_to(directory).as_posix()
    if shard is None:
        return File(name, blobs.digest(path))
    return File(name, blobs.digest(path), shard.rows, shard.rows_sha256)


def texts(
    release: Release, rows: Rows, splits: dict[str, dict[str, card.Split]], shards: list[dict[str, Any]]
) -> dict[str, bytes]:
    """Return the files that are not Parquet, but for the manifest."""
    licence = licences.hub_name(release.frozen["dataset"]["license"])
    columns = {config: rows.columns[config] for config in splits}
    shown = card.Shown(
        frozen=release.frozen,
        configs=splits,
        columns={
            config: [card.Column(p.name, schema.type_name(p.type), schema.feature(p.type), p.meaning) for p in parts]
            for config, parts in columns.items()
        },
        example=rows.example,
        license=licence,
    )
    described = croissant.metadata(
        frozen=release.frozen,
        licence=licences.address(release.frozen["dataset"]["license"]),
        files=shards,
        columns={
            config: [(part.name, schema.feature(part.type), part.meaning) for part in parts]
            for config, parts in columns.items()
        },
    )
    return {
        "README.md": card.readme(shown).encode(),
        "CHANGELOG.md": card.changelog(shown).encode(),
        "croissant.json": manifest.canonical(described),
        "withdrawn.json": manifest.canonical(release.frozen.get("withdrawn", [])),
    }
