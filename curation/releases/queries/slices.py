"""The frozen rows of a release, slice by slice, as Arrow tables. Nothing here reads what can still change."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from curation.releases.models import Release
from curation.releases.queries.arrow import Session, fetch, fetch_texts, held_connection

# A slice of as many rows as a row group goes into the file without being copied together.
ROWS_PER_SLICE = 5_000
CHARS_PER_SLICE = 32_000_000

KEY = "'story-' || lpad(i.story_id::text, 8, '0')"
RANGE = "i.release_id = %(release)s AND i.split = %(split)s AND i.story_id BETWEEN %(first)s AND %(last)s"

STORIES = f"""
SELECT i.story_id, {KEY}, NULLIF(s.title, ''), s.n_words, NULLIF(s.language, ''), NULLIF(s.genre, ''),
  NULLIF(s.pov, ''), NULLIF(s.tone, ''), NULLIF(s.protagonist, ''), NULLIF(s.generator, ''),
  CASE WHEN s.prompt <> '' THEN encode(sha256(convert_to(s.prompt, 'UTF8')), 'hex') END, NULLIF(s.original_id, ''),
  s.text_sha256, i.tier, i.weight, jsonb_array_length(i.review_ids), i.facts::text
FROM releases_releaseitem i JOIN stories_story s ON s.id = i.story_id
WHERE {RANGE} ORDER BY i.story_id"""  # noqa: S608 - constants of this module  # nosec
STORIES_SCHEMA = pa.schema(
    [
        ("story", pa.int64()),
        ("id", pa.string()),
        ("title", pa.string()),
        ("n_words", pa.int32()),
        ("language", pa.string()),
        ("genre", pa.string()),
        ("pov", pa.string()),
        ("tone", pa.string()),
        ("protagonist", pa.string()),
        ("generator", pa.string()),
        ("prompt_sha256", pa.string()),
        ("original_id", pa.string()),
        ("sha256", pa.string()),
        ("quality_tier", pa.string()),
        ("weight", pa.float64()),
        ("n_ratings", pa.int32()),
        ("facts", pa.string()),
    ]
)

TEXTS = f"""
SELECT s.text, NULLIF(s.prompt, '')
FROM releases_releaseitem i JOIN stories_story s ON s.id = i.story_id
WHERE {RANGE} ORDER BY i.story_id"""  # noqa: S608  # nosec

# Frozen with the item: the reviews of people who let their ratings be published.
PUBLISHED = "COALESCE(i.facts->'published' @> to_jsonb(v.id), true)"
CHOSEN = """
FROM releases_releaseitem i
CROSS JOIN LATERAL jsonb_array_elements_text(i.review_ids) AS chosen(review)"""
# As a join, the planner would pair every person with every review first.
NAME = """
  (SELECT p.name FROM releases_pseudonym p WHERE p.user_id = v.reviewer_id AND p.dataset_id = %(dataset)s)"""

REVIEWS = f"""
SELECT i.story_id, v.id, {KEY}, {NAME}, (v.submitted_at AT TIME ZONE 'UTC')::date, {PUBLISHED}
{CHOSEN}
JOIN annotations_review v ON v.id = chosen.review::bigint
WHERE {RANGE} ORDER BY i.story_id, {NAME} COLLATE "C", v.id"""
REVIEWS_SCHEMA = pa.schema(
    [
        ("story", pa.int64()),
        ("review", pa.int64()),
        ("story_id", pa.string()),
        ("annotator", pa.string()),
        ("submitted", pa.date32()),
        ("published", pa.bool_()),
    ]
)

FLAGS = f"""
SELECT r.review_id, string_agg(f.key, ' ' ORDER BY f.key COLLATE "C")
{CHOSEN}
JOIN annotations_reviewflag r ON r.review_id = chosen.review::bigint
JOIN standards_flag f ON f.id = r.flag_id
WHERE {RANGE} GROUP BY r.review_id"""
FLAGS_SCHEMA = pa.schema([("review", pa.int64()), ("flags", pa.string())])

RATINGS = f"""
SELECT g.review_id, g.criterion_id, g.value
{CHOSEN}
JOIN annotations_rating g ON g.review_id = chosen.review::bigint
WHERE {RANGE}"""
RATINGS_SCHEMA = pa.schema([("review", pa.int64()), ("criterion", pa.int64()), ("value", pa.int8())])

BEHAVIOURS = f"""
SELECT {KEY}, {NAME}, c.key, f.key, n.start, n."end", n.quote, NULLIF(n.conduct, ''), NULLIF(n.intent, ''),
  NULLIF(n.portrayal, ''),
  n.backfire
{CHOSEN}
JOIN annotations_span n ON n.review_id = chosen.review::bigint
JOIN annotations_review v ON v.id = n.review_id
LEFT JOIN standards_criterion c ON c.id = n.criterion_id
LEFT JOIN standards_flag f ON f.id = n.flag_id
WHERE {RANGE} AND {PUBLISHED} ORDER BY i.story_id, {NAME} COLLATE "C", n.start, n.id"""


@dataclass(frozen=True)
class Slice:
    """The stories `first` to `last` of one split of one release."""

    release: int
    dataset: int
    split: str
    first: int
    last: int
    rows: int


@dataclass(frozen=True)
class Fetched:
    """The rows of a slice: stories by story; reviews by story and pseudonym; flags and ratings of reviews in no
    order; passages.

    A review whose `published` is false counts in means and is not shown by itself; its passages are left out here.
    """

    split: str
    rows: int
    stories: pa.Table
    reviews: pa.Table
    flags: pa.Table
    ratings: pa.Table
    behaviours: pa.Table


def fetch_slice(session: Session, part: Slice, behaviours: pa.Schema) -> Fetched:
    """Fetch a slice in six statements; `behaviours` are the columns of that config."""
    stories = fetch(session, STORIES, vars(part), STORIES_SCHEMA)
    text, prompt = fetch_texts(session, TEXTS, vars(part), 2)
    return Fetched(
        split=part.split,
        rows=part.rows,
        stories=stories.append_column("text", text).append_column("prompt", prompt),
        reviews=fetch(session, REVIEWS, vars(part), REVIEWS_SCHEMA),
        flags=fetch(session, FLAGS, vars(part), FLAGS_SCHEMA),
        ratings=fetch(session, RATINGS, vars(part), RATINGS_SCHEMA),
        behaviours=fetch(session, BEHAVIOURS, vars(part), behaviours),
    )


def fetch_ahead(release: Release, splits: Iterable[str], behaviours: pa.Schema) -> Iterator[Fetched]:
    """Yield the slices of all splits in turn; the next one is fetched while the caller works on the one before."""
    session = held_connection()
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead: Future[Fetched] | None = None
        for part in chain.from_iterable(slices(release, split) for split in splits):
            following = pool.submit(fetch_slice, session, part, behaviours)
            if ahead is not None:
                yield ahead.result()
            ahead = following
        if ahead is not None:
            yield ahead.result()


def slices(release: Release, split: str) -> Iterator[Slice]:
    """Cut a split into slices of bounded rows and bounded text, by story."""
    found = release.items.filter(split=split).order_by("story_id").values_list("story_id", "story__n_chars")
    first, last, rows, chars = 0, 0, 0, 0
    for story, n_chars in found:
        if rows and (rows >= ROWS_PER_SLICE or chars + n_chars > CHARS_PER_SLICE):
            yield Slice(release.pk, release.dataset_id, split, first, last, rows)
            rows = chars = 0
        first, last, rows, chars = first if rows else story, story, rows + 1, chars + n_chars
    if rows:
        yield Slice(release.pk, release.dataset_id, split, first, last, rows)
