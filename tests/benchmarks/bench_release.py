"""How fast a release is built, against bare pyarrow writing the same columns in the same run."""

import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection

from curation.releases import blobs
from curation.releases.actions import build, start_release
from curation.releases.models import Release
from curation.releases.parquet import ROWS_PER_GROUP, ZSTD_LEVEL
from tests import builders

STORIES = 100_000
# Two reviewers, seven ratings each, every tenth review with a passage; text of 4 kB that zstd halves.
GROW = """
SET session_replication_role = replica;
INSERT INTO stories_story (source_id, title, text, text_sha256, normal_sha256, n_words, n_chars, language, license,
    genre, setting, pov, tone, protagonist, generator, prompt, original_id, original, created_at)
  SELECT source_id, 'Berth ' || n, words.text, encode(sha256(convert_to(words.text, 'UTF8')), 'hex'),
    encode(sha256(convert_to(words.text, 'UTF8')), 'hex'), 640, length(words.text), language, license,
    'harbour', '', 'first person', 'calm', 'a tug', 'some-model', '', n::text, '{}', created_at
  FROM stories_story, generate_series(1, %(more)s) n,
  LATERAL (SELECT n || ' ' || string_agg(md5((n * 131 + k)::text), ' ' ORDER BY k) AS text
    FROM generate_series(1, 128) k) words
  WHERE stories_story.id = %(story)s;
INSERT INTO stories_stage (story_id, state, changed_at)
  SELECT id, 'accepted', created_at FROM stories_story WHERE id <> %(story)s;
INSERT INTO annotations_item (queue_id, story_id, kind, priority, seats, seats_left)
  SELECT i.queue_id, s.id, 'normal', 0, 2, 0 FROM annotations_item i, stories_story s
  WHERE i.story_id = %(story)s AND s.id <> %(story)s;
INSERT INTO annotations_assignment (item_id, story_id, reviewer_id, rubric_id, seat, is_repeat, state, lease_until,
    claimed_at, ended_at, pass_reason)
  SELECT n.id, n.story_id, a.reviewer_id, a.rubric_id, a.seat, false, a.state, a.lease_until, a.claimed_at,
    a.ended_at, ''
  FROM annotations_assignment a, annotations_item n WHERE a.story_id = %(story)s AND n.story_id <> %(story)s;
INSERT INTO annotations_review (assignment_id, story_id, reviewer_id, rubric_id, kind, out_of_scope, themes, comment,
    active_seconds, idempotency_key, submitted_at)
  SELECT n.id, n.story_id, r.reviewer_id, r.rubric_id, r.kind, false, '{}', '', 60, gen_random_uuid(), r.submitted_at
  FROM annotations_review r JOIN annotations_assignment n ON n.reviewer_id = r.reviewer_id
  WHERE r.story_id = %(story)s AND n.story_id <> %(story)s;
INSERT INTO annotations_rating (review_id, criterion_id, value)
  SELECT n.id, g.criterion_id, 3 + (n.id + g.criterion_id) %% 3
  FROM annotations_review n JOIN annotations_review r ON r.story_id = %(story)s AND r.reviewer_id = n.reviewer_id
  JOIN annotations_rating g ON g.review_id = r.id WHERE n.story_id <> %(story)s;
INSERT INTO annotations_span (review_id, flag_id, start, "end", quote, prefix, suffix, conduct, intent, portrayal)
  SELECT n.id, (SELECT min(id) FROM standards_flag), 0, 40, left(s.text, 40), '', '',
    'aligned', 'benevolent', 'positive'
  FROM annotations_review n JOIN stories_story s ON s.id = n.story_id WHERE n.id %% 10 = 0;
INSERT INTO annotations_decision (story_id, queue_id, policy_id, outcome, reasons, values, review_ids, note, created_at)
  SELECT s.id, d.queue_id, d.policy_id, d.outcome, d.reasons, d.values, '{}', '', d.created_at
  FROM annotations_decision d, stories_story s WHERE d.story_id = %(story)s AND s.id <> %(story)s;
SET session_replication_role = origin;
ANALYZE
"""


def bare(folder: Path, out: Path) -> tuple[float, int]:
    """Write the release's own tables again from memory, with the same settings; return seconds and rows."""
    tables = {path: pq.read_table(path).combine_chunks() for path in sorted(folder.rglob("*.parquet"))}
    text_like = {"text", "title", "original_id", "sha256", "prompt_sha256", "quote", "decision_reason"}
    out.mkdir()
    begin = time.perf_counter()
    for number, table in enumerate(tables.values()):
        pq.write_table(
            table,
            out / f"{number}.parquet",
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            row_group_size=ROWS_PER_GROUP,
            use_content_defined_chunking=True,
            use_dictionary=[name for name in table.column_names if name not in text_like],
        )
    return time.perf_counter() - begin, sum(len(table) for table in tables.values())


@pytest.fixture
def many(transactional_db: None, settings: Any, tmp_path: Path) -> Release:
    """A release of `STORIES` stories whose rows are frozen."""
    settings.HOME = tmp_path / "home"
    (story,) = builders.accepted_stories(1)
    with connection.cursor() as cursor:
        cursor.execute(GROW, {"story": story.pk, "more": STORIES - 1})
    begin = time.perf_counter()
    release = start_release(actor=None, dataset=builders.dataset(), version="v0.1.0", hold=True)
    print(f"\nfrozen: {STORIES / (time.perf_counter() - begin):,.0f} stories/s")  # noqa: T201
    return release


def test_build_against_bare_pyarrow(many: Release, settings: Any, tmp_path: Path) -> None:
    """Aim: at least half the rate of bare pyarrow."""
    begin = time.perf_counter()
    release = build(release=many, held=True)
    built = time.perf_counter() - begin
    folder = tmp_path / "release"
    for file in release.files.filter(path__endswith=".parquet"):
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(blobs.place(settings.HOME, file.blob_id))
    alone, rows = bare(folder, tmp_path / "bare")
    print(  # noqa: T201
        f"build {rows / built:,.0f} rows/s ({STORIES / built:,.0f} stories/s, {built:.1f} s); "
        f"bare pyarrow {rows / alone:,.0f} rows/s ({alone:.1f} s); share {alone / built:.0%}"
    )
    assert alone / built >= 0.5
