"""What is in the files of a release: their fields, and a few rows as they are."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.parquet as pq
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.utils.safestring import SafeString

from annotations.queries.blindness import stories_to_review_blind
from curation.accounts.models import User
from curation.core.storage import FileMissing, storage
from curation.releases import blobs, schema
from curation.releases.card import rendered_line, row_in
from curation.releases.card.front import PURPOSES
from curation.releases.manifest import rows_by_split
from curation.releases.models import Blob, Release, ReleaseFile
from curation.releases.story_ids import named, names_of

SAMPLES = 3
SHORT_CHARS = 160
REMEMBERED_SECONDS = 3600


@dataclass(frozen=True)
class FieldMeaning:
    """A column: `type` as a person reads it, `meaning` as the card has it, empty for one of an older schema."""

    name: str
    type: str
    meaning: SafeString


@dataclass(frozen=True)
class ConfigFields:
    """One config of a release. `splits` counts its rows; `samples` are the first few, a text for every field.

    Of these, `kept_back` are left out, as the reader has yet to judge their stories.
    """

    name: str
    purpose: str
    splits: dict[str, int]
    fields: list[FieldMeaning]
    samples: list[list[str | None]]
    kept_back: int = 0


@dataclass(frozen=True)
class Beginning:
    """The columns of a Parquet file, each with its type as a person reads it, and its first rows."""

    columns: list[tuple[str, str]]
    rows: list[list[str | None]]


def configs_of(release: Release, files: Sequence[ReleaseFile]) -> list[ConfigFields]:
    """Return the configs of a built release, in the card's order, from its first file of each; no statement.

    `files` come with their blobs. A config whose file is gone from the storage is left out.
    """
    counted = rows_by_split(release.manifest or {"files": []})
    keys = [part["key"] for part in release.frozen["rubric"]["criteria"]]
    return list(described(counted, keys, files))


def shown_to(
    reader: User | AnonymousUser, configs: Sequence[ConfigFields], readme: str
) -> tuple[list[ConfigFields], bool]:
    """Return the configs as `reader` is shown them, and whether the card's row is shown to them; one statement.

    Rows of stories that they have yet to judge blind are left out: they tell what others said. A stranger is shown all.
    """
    if not reader.is_authenticated:
        return list(configs), True
    example = row_in(readme)
    names = {example, *(name for config in configs for name in names_in(config))} - {None}
    found = stories_to_review_blind(reader).filter(named([name for name in names if name is not None]))
    blind = {name for story in found.values_list("pk", "normal_sha256") for name in names_of(*story)}
    return [without(config, blind) for config in configs], example not in blind


def names_in(config: ConfigFields) -> list[str | None]:
    """Return the id of the story of each of the sample rows; None for one that tells of none."""
    name = "id" if config.name == "stories" else "story_id"
    place = next((place for place, field in enumerate(config.fields) if field.name == name), None)
    return [None if place is None else row[place] for row in config.samples]


def without(config: ConfigFields, blind: Collection[str]) -> ConfigFields:
    """Leave out the sample rows of the stories of these ids."""
    samples = [row for row, name in zip(config.samples, names_in(config), strict=True) if name not in blind]
    return replace(config, samples=samples, kept_back=len(config.samples) - len(samples))


def described(
    counted: dict[str, dict[str, int]], keys: Sequence[str], files: Sequence[ReleaseFile]
) -> Iterator[ConfigFields]:
    """Yield the configs among `files`; `keys` are the criteria of the release's rubric."""
    for name in schema.CONFIGS:
        splits = counted.get(name, {})
        # The largest split, `train` in all but the smallest releases.
        first = f"{name}/{max(splits, key=lambda split: splits[split])}-" if splits else None
        whole = (file for file in files if first and file.path.startswith(first) and not file.is_purged)
        shard = next(whole, None)
        if shard is None:
            continue
        try:
            beginning = beginning_of(shard.blob)
        except FileMissing:
            continue
        meaning = {column.name: rendered_line(column.meaning) for column in schema.columns(name, keys)}
        fields = [FieldMeaning(part, kind, meaning.get(part, SafeString())) for part, kind in beginning.columns]
        yield ConfigFields(name, PURPOSES[name], splits, fields, beginning.rows)


def beginning_of(blob: Blob) -> Beginning:
    """Return what a Parquet file begins with, remembered for an hour: from a bucket it takes many requests."""
    remembered: Beginning | None = cache.get(key := _remembered_as(blob.sha256))
    if remembered is not None:
        return remembered
    # Unbuffered ahead, so that a few rows cost a few pages and not the whole row group.
    with (
        storage().open(blobs.key_of(blob.sha256), blob.size) as file,
        pq.ParquetFile(file, pre_buffer=False, buffer_size=64 * 1024) as parquet,
    ):
        kinds = parquet.schema_arrow
        rows = next(parquet.iter_batches(batch_size=SAMPLES), None)
    columns = [(part.name, schema.type_name(part.type)) for part in kinds]
    samples = [[short(row[name]) for name, _kind in columns] for row in (rows.to_pylist() if rows else [])]
    found = Beginning(columns, samples)
    cache.set(key, found, REMEMBERED_SECONDS)
    return found


def forget_beginning(sha256: str) -> None:
    """Remember no longer what a file begins with."""
    cache.delete(_remembered_as(sha256))


def _remembered_as(sha256: str) -> str:
    return f"releases.beginning:{sha256}"


def short(value: Any) -> str | None:
    """Return a value in one short line; None for null."""
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:.4g}"
    line = " ".join(str(value)[: 2 * SHORT_CHARS].split())
    return line if len(line) <= SHORT_CHARS else line[:SHORT_CHARS].rstrip() + " …"
