"""A built release of any size, for the viewer: its Parquet files written as they are, without stories behind them."""

import io
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from curation.core.storage import storage
from curation.releases import blobs, schema
from curation.releases.actions.building import claim
from curation.releases.models import Blob, Dataset, Release, ReleaseFile, Selection
from curation.releases.models.release import ReleaseState
from curation.standards.queries import current_policy, current_rubric

TIERS, MODELS = ("gold", "silver"), ("writer-1", "writer-2", "writer-3")
TAGS = ("honesty", "care", "oversight")


def story(number: int) -> dict[str, object]:
    """Return the row of story `number`, from 0: every seventh tells of a lighthouse."""
    about = "lighthouse" if number % 7 == 0 else "harbour"
    return {
        "id": f"story-{number:08d}",
        "text": f"Story {number}. The {about} keeper asked, and the assistant said what it knew. " * 3,
        "title": f"The {about} {number}",
        "n_words": 200 + number % 2_000,
        "language": "en",
        "quality_tier": TIERS[number % 2],
        "generator": MODELS[number % 3],
        "principles": [TAGS[number % 3]],
        "themes": ["calm"] if number % 5 == 0 else [],
        "B1_mean": 1.0 + number % 9 / 2,
        "B1_sd": 0.4,
        "policy": "Policy 1",
        "decided_by": "policy",
        "weight": 1.0,
        "n_ratings": 2,
    }


def ratings(number: int) -> Iterator[dict[str, object]]:
    """Yield the rows of `ratings` about story `number`: two reviewers, two criteria."""
    for reader in ("reader-a", "reader-b"):
        for criterion in ("B1", "B2"):
            yield {
                "story_id": f"story-{number:08d}", "annotator": reader, "criterion": criterion,
                "value": 1 + number % 5, "submitted": None, "flags": [],
            }  # fmt: skip


def viewed_release(
    of: Dataset,
    stories: int,
    *,
    group: int,
    shard: int,
    table: Callable[[int, int], pa.Table] | None = None,
    rated: Callable[[int, int], pa.Table] | None = None,
) -> Release:
    """Make a built release of `stories`, all in `train`, in row groups and files of so many stories.

    `table` and `rated` make the rows of `stories` and `ratings` from the first to before the last of a group.
    """
    table, rated = table or story_table, rated or rating_table
    rubric = current_rubric()
    release = Release.objects.create(
        dataset=of, major=1, minor=0, patch=0, rubric=rubric, policy=current_policy(rubric), rows_total=stories
    )
    Selection.objects.create(release=release, license=of.license, seed=str(of))
    listed = []
    for config, make in (("stories", table), ("ratings", rated)):
        starts = range(0, stories, shard)
        for number, start in enumerate(starts):
            end = min(stories, start + shard)
            kept = stored([make(first, min(end, first + group)) for first in range(start, end, group)], group)
            path = f"{config}/train-{number:05d}-of-{len(starts):05d}.parquet"
            ReleaseFile.objects.create(release=release, path=path, blob=kept)
            listed.append({"path": path, "rows": end - start, "sha256": kept.sha256})
    criteria = [{"key": part.key, "name": part.name} for part in rubric.criteria.all()]
    claimed = claim(release.pk)
    assert claimed is not None
    claimed[1].end(
        ReleaseState.BUILT, built_at=timezone.now(), manifest={"files": listed}, manifest_sha256="0" * 64,
        frozen={"rubric": {"criteria": criteria}, "constitution": None, "date": "2026-01-01", "judges": [],
                "counts": {"stories": stories}, "changelog": [{"stories": stories, "added": stories, "removed": 0}]},
    )  # fmt: skip
    release.refresh_from_db()
    return release


def stored(groups: list[pa.Table], most: int) -> Blob:
    """Write tables as one file, in row groups of `most` rows, and keep it."""
    target = io.BytesIO()
    with pq.ParquetWriter(
        target, groups[0].schema, compression="zstd", use_dictionary=["quality_tier", "generator"]
    ) as file:
        for table in groups:
            file.write_table(table, row_group_size=most)
    kept = storage().keep("parts", target)
    target.seek(0)
    storage().put(blobs.key_of(kept.sha256), target)
    return Blob.objects.get_or_create(sha256=kept.sha256, defaults={"size": kept.size, "git_sha1": "0" * 40})[0]


def story_table(first: int, end: int) -> pa.Table:
    """Return stories as the release's own schema has them; what is not said of them is null."""
    target = schema.arrow(schema.stories(["B1"]))
    return pa.Table.from_pylist([story(number) for number in range(first, end)], schema=target)


def rating_table(first: int, end: int) -> pa.Table:
    """Return the ratings of stories."""
    rows = [row for number in range(first, end) for row in ratings(number)]
    return pa.Table.from_pylist(rows, schema=schema.arrow(schema.RATINGS))
