"""One pass over the files of a release: what there is of everything, and which stories each row group is about."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.releases.models import Release, ReleaseFile
from curation.research.models import RowGroup
from curation.research.rows.opening import batches, opened

COUNTED = {"tiers": "quality_tier", "languages": "language", "generators": "generator", "sources": "source"}
ABOUT_STORIES = ("ratings", "behaviours")
# A story has at least so many words; the last of them has all longer ones.
WORDS_FROM = [0, 250, 500, 750, 1000, 1500, 2000, 3000, 5000]
# Means are counted by halves: up to 1.5, up to 2, and so on; the last goes up to 5.
MEANS_FROM = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]
COLUMNS = ["n_words", *COUNTED.values(), "principles", "themes"]


@dataclass
class Figures:
    """What is counted of stories: `by` names (see `COUNTED`), `principles` and `themes` and both together in `cells`,
    `words` and the `means` of each criterion by where they begin (`WORDS_FROM`, `MEANS_FROM`)."""

    stories: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})
    principles: Counter[str] = field(default_factory=Counter)
    themes: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: Any = field(default_factory=lambda: np.zeros(len(WORDS_FROM), np.int64))
    means: dict[str, Any] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of `stories`."""
        there = set(batch.schema.names)
        self.stories += len(batch)
        for name, column in COUNTED.items():
            if column in there:
                self.by[name].update(_counts(batch.column(column)))
        if "n_words" in there:
            self.words += _in_steps(batch.column("n_words"), WORDS_FROM)
        for column in there:
            if column.endswith("_mean"):
                key = column.removesuffix("_mean")
                self.means[key] = self.means.get(key, 0) + _in_steps(batch.column(column), MEANS_FROM)
        if {"principles", "themes"} <= there:
            pairs = zip(batch.column("principles").to_pylist(), batch.column("themes").to_pylist(), strict=True)
            for principles, themes in pairs:
                one, other = set(principles or ()), set(themes or ())
                self.principles.update(one)
                self.themes.update(other)
                self.cells.update((principle, theme) for principle in one for theme in other)

    def data(self) -> dict[str, Any]:
        """Return the figures as JSON keeps them."""
        return {
            "stories": self.stories,
            **{name: dict(found) for name, found in self.by.items()},
            "principles": dict(self.principles),
            "themes": dict(self.themes),
            "cells": sorted([principle, theme, n] for (principle, theme), n in self.cells.items()),
            "words": [int(n) for n in self.words],
            "means": {key: [int(n) for n in found] for key, found in sorted(self.means.items())},
        }


def _counts(column: pa.Array) -> dict[str, int]:
    return {str(one["values"] or ""): one["counts"] for one in pc.value_counts(column).to_pylist()}


def _in_steps(column: pa.Array, starts: list[Any]) -> Any:
    values = column.drop_null().to_numpy(zero_copy_only=False)
    # What lies below the first step counts with it.
    at = np.maximum(np.searchsorted(np.array(starts), values, side="right") - 1, 0)
    return np.bincount(at, minlength=len(starts))


def counted(release: Release) -> tuple[dict[str, Any], list[RowGroup]]:
    """Return the figures of a built release, and its row groups, not stored yet.

    Memory holds the ids of one split and one batch of rows. `FileMissing` when a file is gone from the storage.
    """
    figures = Figures()
    groups: list[RowGroup] = []
    shards = list(release.files.filter(path__endswith=".parquet").select_related("blob").order_by("path"))
    for split, files in _by_split(shards, "stories").items():
        ids: list[pa.Array] = []
        place = 0
        for group, parquet in _groups(release, "stories", split, files):
            means = [name for name in parquet.schema_arrow.names if name.endswith("_mean")]
            mine = []
            for _at, batch in batches(parquet, group.number, ["id", *COLUMNS, *means], size=5_000):
                figures.add(batch)
                mine.append(batch.column("id"))
            group.first_story, group.last_story = place, place + group.rows - 1
            group.low_id, group.high_id = _ends(pa.chunked_array(mine))
            place += group.rows
            ids += mine
            groups.append(group)
        known = pa.chunked_array(ids, pa.string())
        for config in ABOUT_STORIES:
            place = 0
            for group, parquet in _groups(release, config, split, _by_split(shards, config).get(split, [])):
                named = pa.chunked_array(
                    [batch.column(0) for _at, batch in batches(parquet, group.number, ["story_id"])]
                )
                # Their stories come in the same order, so each search begins where the last ended.
                first = place + pc.index(known.slice(place), named[0]).as_py()
                place = first + pc.index(known.slice(first), named[-1]).as_py()
                group.first_story, group.last_story = first, place
                group.low_id, group.high_id = _ends(named)
                groups.append(group)
    return figures.data(), groups


def _ends(ids: pa.ChunkedArray) -> tuple[str, str]:
    found = pc.min_max(ids)
    return found["min"].as_py(), found["max"].as_py()


def _by_split(shards: list[ReleaseFile], config: str) -> dict[str, list[ReleaseFile]]:
    found: dict[str, list[ReleaseFile]] = {}
    for file in shards:
        folder, _slash, name = file.path.partition("/")
        if folder == config:
            found.setdefault(name.partition("-")[0], []).append(file)
    return found


def _groups(release: Release, config: str, split: str, files: list[ReleaseFile]) -> Iterator[tuple[RowGroup, Any]]:
    """Yield each row group of these files with its open file."""
    first = 0
    for file in files:
        with opened(file.blob) as parquet:
            for number in range(parquet.metadata.num_row_groups):
                rows = parquet.metadata.row_group(number).num_rows
                yield (
                    RowGroup(
                        release=release,
                        file=file,
                        config=config,
                        split=split,
                        number=number,
                        first_row=first,
                        rows=rows,
                    ),
                    parquet,
                )
                first += rows
