"""Writing the repository of a release, from its frozen rows alone, part by part.

Build and verify both call this; whatever it reads must be immutable, and nothing in it may ask for the time.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.releases import formats, manifest, parts, tables, texts
from curation.releases.models import Release
from curation.releases.parts import Kept, Layout, Made
from curation.releases.queries.slices import PartSlice, fetch_ahead, parts_of
from curation.releases.repository import File, finished, shard_name
from curation.releases.splits import SHARES, TRAIN

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Assembled:
    """The files of a release, with its manifest as data."""

    files: list[File]
    manifest: dict[str, Any]


def assemble(release: Release, folder: Path, progress: Progress, kept: Kept) -> Assembled:
    """Write all files of a release into `folder`, flushed to disk; tell `progress` the rows of every slice done.

    Parts that `kept` has are not made again, and those that are made are kept there.
    """
    layout = Layout(release)
    made = make_parts(release, layout, folder, progress, kept)
    by_config = {config: found for config in parts.BY_STORY if (found := parts.named(made, config))}
    readers = tables.Readers()
    for one in made:
        readers.merge(one.readers)
    by_config |= whole(layout, folder, "annotators", readers.table())
    if constitution := release.frozen["constitution"]:
        by_config |= whole(layout, folder, "constitution", tables.constitution_table(constitution))
    by_format = {name: parts.named(made, name, formats.SUFFIXES[name]) for name in layout.formats}
    files = [file for found in (*by_config.values(), *by_format.values()) for _split, file in found]
    example = made[0].example if made else {}
    for name, content in texts.texts(release, layout, by_config, by_format, example, files).items():
        files.append(written(folder, name, content))
    data = manifest.with_own_checksum(
        manifest.build(
            frozen=release.frozen,
            columns={config: [[c.name, str(c.type)] for c in layout.columns[config]] for config in by_config},
            files=[file.listed() for file in files],
            tools={"pyarrow": pa.__version__, "schema": str(release.frozen["schema"])},
        )
    )
    files.append(written(folder, manifest.NAME, manifest.canonical(data)))
    return Assembled(sorted(files, key=lambda file: file.path), data)


def written(folder: Path, name: str, content: bytes) -> File:
    """Write a file of text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return finished(path, name)


def whole(layout: Layout, folder: Path, config: str, table: pa.Table) -> dict[str, list[tuple[str, File]]]:
    """Write a config that does not go by stories; without rows there is none."""
    with layout.writer(config, folder / config) as writer:
        writer.add(table)
        shard = writer.finish()
    if shard is None:
        return {}
    return {config: [(TRAIN, finished(shard.path, shard_name(config, TRAIN, 0, 1), shard))]}


def make_parts(release: Release, layout: Layout, folder: Path, progress: Progress, kept: Kept) -> list[Made]:
    """Return all parts in order. While one is written, the one before it is hashed and stored."""
    found: dict[tuple[str, int], Made] = {}

    def missing() -> Iterator[PartSlice]:
        for part in parts_of(release):
            if (one := kept.find(part)) is None:
                yield part
                continue
            found[part.split, part.number] = one
            progress(part.rows)

    def finish_and_store(one: parts.Written) -> Made:
        return kept.store(parts.finish(one))

    def keep_finished(one: Future[Made]) -> None:
        made = one.result()
        kept.keep(made)
        found[made.part.split, made.part.number] = made

    folder.mkdir(parents=True, exist_ok=True)
    last: Future[Made] | None = None
    # Hashing lets other threads go on.
    with ThreadPoolExecutor(max_workers=1) as pool:
        fetched = fetch_ahead(release, missing(), layout.criterion_ids)
        for part, slices in groupby(fetched, key=lambda pair: pair[0]):
            one = parts.write(layout, part, (rows for _part, rows in slices), folder, progress)
            if last is not None:
                keep_finished(last)
            last = pool.submit(finish_and_store, one)
        if last is not None:
            keep_finished(last)
    order = {name: place for place, (name, _share) in enumerate(SHARES)}
    return [found[key] for key in sorted(found, key=lambda key: (order[key[0]], key[1]))]


class NothingKept:
    """Makes every part, and keeps no file."""

    def find(self, part: PartSlice) -> Made | None:
        """Return nothing."""
        return None

    def store(self, made: Made) -> Made:
        """Remove the files, of which their digests are left."""
        for file in made.files.values():
            if file.local:
                file.local.unlink()
        return replace(made, files={name: replace(file, local=None) for name, file in made.files.items()})

    def keep(self, made: Made) -> None:
        """Do nothing."""
