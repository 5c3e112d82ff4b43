"""How long it takes to freeze and to build a release, against what cannot be spared, in the same run.

Freezing is held against SQL that stores the same rows from a copy, in one transaction: INSERT .. SELECT under the same
constraints, triggers and indexes. Building, which includes hashing and storing the files, is held against pyarrow
writing the same columns from memory. The processor time of both sides is compared, as other work on the machine takes
little part in it.

Planted: reviews and ratings fetched as rows, and ids sent as a parameter each: freezing takes 8.0 x. Facts read by
`json.loads`, and texts taken from psycopg's own loop: building takes 4.3 x.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction
from django.db.models import Model

from annotations.models import Assignment, Decision, Item, Rating, Review, Span
from curation.accounts.actors import SYSTEM
from curation.core import roles
from curation.releases import blobs
from curation.releases.actions import build, building, freezing, start_release
from curation.releases.models import Release
from curation.releases.parquet import ROWS_PER_GROUP, ZSTD_LEVEL
from curation.stories.models import Stage, Story
from tests import builders
from tests.benchmarks.report import tell
from tests.benchmarks.spent import HEADINGS, spent

STORIES = 100_000
MOST_SQL, MOST_ARROW, AIM = 4.0, 3.5, 0.6
BARE_ITEMS = """
INSERT INTO releases_releaseitem (release_id, story_id, decision_id, split, tier, weight, review_ids, facts)
SELECT %s, story_id, decision_id, split, tier, weight, review_ids, facts
FROM releases_releaseitem WHERE release_id = %s"""
BARE_SPLITS = """
INSERT INTO releases_splitassignment (dataset_id, story_id, split)
SELECT %s, story_id, split FROM releases_releaseitem WHERE release_id = %s"""
# Text of 4 kB that zstd halves.
TEXT = """(SELECT n || ' ' || string_agg(md5((n * 131 + k)::text), ' ' ORDER BY k) AS text
    FROM generate_series(1, 128) k)"""
# 3, 4 or 5, by chance: hardly two stories are rated alike.
RATED = "3 + abs(hashint8(n.id * 31 + t.criterion_id) % 3)"
SHA256 = "encode(sha256(convert_to(words.text, 'UTF8')), 'hex')"


def multiply(model: type[Model], rows: str, **changes: str) -> None:
    """Insert copies of the template rows `t`: `rows` is what follows FROM, `changes` are expressions by column."""
    table, key = model._meta.db_table, model._meta.pk.column
    columns = [field.column for field in model._meta.concrete_fields if field.column != key or key in changes]
    listed = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table} t {rows}")  # noqa: S608


def grow(story: int, more: int) -> None:
    """Multiply one accepted story with its two reviews of seven ratings each; every tenth review gets a passage."""
    # Only the owner may set triggers aside.
    with roles.as_owner():
        multiply_all(story, more)


def multiply_all(story: int, more: int) -> None:
    """Do what `grow` says, as the owner."""
    others = f"WHERE t.story_id = {story}"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    multiply(
        Story,
        f"CROSS JOIN generate_series(1, {more}) n CROSS JOIN LATERAL {TEXT} words WHERE t.id = {story}",
        text="words.text",
        text_sha256=SHA256,
        normal_sha256=SHA256,
        n_chars="length(words.text)",
        original_id="n::text",
    )
    stories = f"CROSS JOIN stories_story s {others} AND s.id <> {story}"
    multiply(Stage, stories, story_id="s.id")
    multiply(Item, stories, story_id="s.id")
    multiply(Decision, stories, story_id="s.id")
    items = f"CROSS JOIN annotations_item n {others} AND n.story_id <> {story}"
    multiply(Assignment, items, item_id="n.id", story_id="n.story_id")
    assignments = f"JOIN annotations_assignment n ON n.reviewer_id = t.reviewer_id {others} AND n.story_id <> {story}"
    keys = {"assignment_id": "n.id", "story_id": "n.story_id", "idempotency_key": "gen_random_uuid()"}
    multiply(Review, assignments, **keys)
    reviews = (
        "JOIN annotations_review r ON r.id = t.review_id JOIN annotations_review n ON n.reviewer_id = r.reviewer_id "
        f"WHERE r.story_id = {story} AND n.story_id <> {story}"
    )
    multiply(Rating, reviews, review_id="n.id", value=RATED)
    multiply(Span, f"{reviews} AND n.id % 10 = 0", review_id="n.id")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin; ANALYZE")


def bare_sql(release: Release) -> None:
    """Store the rows and splits of a release once more, as those of another: the same columns, rules and indexes."""
    other = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE_ITEMS, [other.pk, release.pk])
        cursor.execute(BARE_SPLITS, [other.dataset_id, release.pk])


def bare_pyarrow(tables: Sequence[pa.Table], out: Path) -> None:
    """Write tables with the release's own settings, safe against power loss."""
    text_like = {"text", "title", "original_id", "sha256", "prompt_sha256", "quote", "decision_reason"}
    out.mkdir()
    for number, table in enumerate(tables):
        path = out / f"{number}.parquet"
        pq.write_table(
            table,
            path,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            row_group_size=ROWS_PER_GROUP,
            use_content_defined_chunking=True,
            use_dictionary=[name for name in table.column_names if name not in text_like],
        )
        blobs.flush(path)


@pytest.fixture
def waiting(transactional_db: None, settings: Any, tmp_path: Path) -> Release:
    """A release of `STORIES` stories that somebody has asked for."""
    settings.HOME = tmp_path / "home"
    span = {"criterion": "B1", "flag": None, "start": 0, "end": 5, "quote": "Story"}
    span |= {"conduct": "", "intent": "", "portrayal": ""}
    (story,) = builders.accepted_stories(1, data=builders.answers(spans=[span]))
    grow(story.pk, STORIES - 1)
    return start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")


def test_freezing_and_building(
    waiting: Release, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load, costs = os.getloadavg()[0], {}
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        (fsync,) = cursor.fetchone()
    claimed = building.claim(waiting.pk)
    assert claimed is not None
    with spent() as costs["freezing"], claimed[1]:
        freezing.freeze(*claimed)
    claimed[1].give_back()
    with spent() as costs["bare SQL, the same rows"]:
        bare_sql(waiting)
    with spent() as costs["building"]:
        release = build(release=waiting)
    files = [settings.HOME / blobs.key_of(file.blob_id) for file in release.files.filter(path__endswith=".parquet")]
    tables = [pq.read_table(file).combine_chunks() for file in files]
    with spent() as costs["bare pyarrow, the same columns"]:
        bare_pyarrow(tables, tmp_path / "bare")
    freeze, sql, built, arrow = costs.values()
    speed = arrow.clock / built.clock
    lines = [
        f"a release of {STORIES:,} stories, {sum(map(len, tables)):,} rows in all; fsync {fsync}; load {load:.1f}",
        HEADINGS,
        *(cost.told(name) for name, cost in costs.items()),
        f"freezing takes {freeze.processor / sql.processor:.1f} x the processor time of bare SQL (at most {MOST_SQL})",
        f"building takes {built.processor / arrow.processor:.1f} x that of bare pyarrow (at most {MOST_ARROW})",
        f"building runs at {speed:.0%} of bare pyarrow (aim: {AIM:.0%}; told, not asserted)",
    ]
    tell(capsys, "Release build", __doc__, lines)
    assert release.items.count() == STORIES
    assert freeze.processor <= MOST_SQL * sql.processor
    assert built.processor <= MOST_ARROW * arrow.processor
