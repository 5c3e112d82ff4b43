"""The frozen rows of a release, slice by slice, as Arrow tables. Nothing here reads what can still change."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from curation.releases.models import Release
from curation.releases.queries.arrow import Session, fetch, held_connection

ROWS_PER_SLICE = 2_500
CHARS_PER_SLICE = 32_000_000

KEY = "'story-' || lpad(i.story_id::text, 8, '0')"
RANGE = "i.release_id = %(release)s AND i.split = %(split)s AND i.story_id BETWEEN %(first)s AND %(last)s"

STORIES = f"""
SELECT i.story_id, {KEY}, s.text, NULLIF(s.title, ''), s.n_words, NULLIF(s.language, ''), NULLIF(s.genre, ''),
  NULLIF(s.pov, ''), NULLIF(s.tone, ''), NULLIF(s.protagonist, ''), NULLIF(s.generator, ''), NULLIF(s.prompt, ''),
  CASE WHEN s.prompt <> '' THEN encode(sha256(convert_to(s.prompt, 'UTF8')), 'hex') END, NULLIF(s.original_id, ''),
  s.text_sha256, i.tier, i.weight, jsonb_array_length(i.review_ids), i.facts::text
FROM releases_releaseitem i JOIN stories_story s ON s.id = i.story_id
WHERE {RANGE} ORDER BY i.story_id"""  # noqa: S608 - constants of this module
STORIES_SCHEMA = pa.schema(
    [
        ("story", pa.int64()),
        ("id", pa.string()),
        ("text", pa.string()),
        ("title", pa.string()),
        ("n_words", pa.int32()),
        ("language", pa.string()),
        ("genre", pa.string()),
        ("pov", pa.string()),
        ("tone", pa.string()),
        ("protagonist", pa.string()),
        ("generator", pa.string()),
        ("prompt", pa.string()),
        ("prompt_sha256", pa.string()),
        ("original_id", pa.string()),
        ("sha256", pa.string()),
        ("quality_tier", pa.string()),
        ("weight", pa.float64()),
        ("n_ratings", pa.int32()),
        ("facts", pa.string()),
    ]
)

# Frozen with the item: the reviews of people who let their ratings be published.
PUBLISHED = "COALESCE(i.facts->'published' @> to_jsonb(v.id), true)"
CHOSEN = """
FROM releases_releaseitem i
CROSS JOIN LATERAL jsonb_array_elements_text(i.review_ids) AS chosen(review)"""
PEOPLE = """
JOIN annotations_review v ON v.id = chosen.review::bigint
JOIN releases_pseudonym p ON p.user_id = v.reviewer_id AND p.dataset_id = %(dataset)s"""

REVIEWS = f"""
SELECT i.story_id, v.id, {KEY}, p.name, (v.submitted_at AT TIME ZONE 'UTC')::date,
  COALESCE((SELECT string_agg(f.key, ' ' ORDER BY f.key COLLATE "C") FROM annotations_reviewflag r
    JOIN standards_flag f ON f.id = r.flag_id WHERE r.review_id = v.id), ''), {PUBLISHED}
{CHOSEN} {PEOPLE}
WHERE {RANGE} ORDER BY i.story_id, p.name COLLATE "C", v.id"""  # noqa: S608
REVIEWS_SCHEMA = pa.schema(
    [
        ("story", pa.int64()),
        ("review", pa.int64()),
        ("story_id", pa.string()),
        ("annotator", pa.string()),
        ("submitted", pa.date32()),
        ("flags", pa.string()),
        ("published", pa.bool_()),
    ]
)

RATINGS = f"""
SELECT g.review_id, g.criterion_id, g.value
{CHOSEN}
JOIN annotations_rating g ON g.review_id = chosen.review::bigint
WHERE {RANGE}"""
RATINGS_SCHEMA = pa.schema([("review", pa.int64()), ("criterion", pa.int64()), ("value", pa.int8())])

BEHAVIOURS = f"""
SELECT {KEY}, p.name, c.key, f.key, n.start, n."end", n.quote, NULLIF(n.conduct, ''), NULLIF(n.intent, ''),
  NULLIF(n.portrayal, '')
{CHOSEN}
JOIN annotations_span n ON n.review_id = chosen.review::bigint
{PEOPLE}
LEFT JOIN standards_criterion c ON c.id = n.criterion_id
LEFT JOIN standards_flag f ON f.id = n.flag_id
WHERE {RANGE} AND {PUBLISHED} ORDER BY i.story_id, p.name COLLATE "C", n.start, n.id"""


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
    """The rows of a slice: stories by story; reviews by story and pseudonym; their ratings in no order; passages.

    A review whose `published` is false counts in means and is not shown by itself; its passages are left out here.
    """

    rows: int
    stories: pa.Table
    reviews: pa.Table
    ratings: pa.Table
    behaviours: pa.Table


def fetch_slice(session: Session, part: Slice, behaviours: pa.Schema) -> Fetched:
    """Fetch a slice in four statements; `behaviours` are the columns of that config."""
    return Fetched(
        rows=part.rows,
        stories=fetch(session, STORIES, vars(part), STORIES_SCHEMA),
        reviews=fetch(session, REVIEWS, vars(part), REVIEWS_SCHEMA),
        ratings=fetch(session, RATINGS, vars(part), RATINGS_SCHEMA),
        behaviours=fetch(session, BEHAVIOURS, vars(part), behaviours),
    )


def fetch_ahead(release: Release, split: str, behaviours: pa.Schema) -> Iterator[Fetched]:
    """Yield the slices of a split; the next one is fetched while the caller works on the one before."""
    session = held_connection()
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead: Future[Fetched] | None = None
        for part in slices(release, split):
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
