"""The frozen rows of a release, slice by slice, as Arrow tables. Nothing here reads what can still change."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from annotations.queries.packed_ratings import packing
from curation.releases import tables
from curation.releases.models import Release
from curation.releases.queries.arrow import (
    Ints,
    Session,
    fetch,
    fetch_arrays,
    fetch_numbers,
    held_connection,
    parse,
)
from curation.releases.splits import SHARES
from curation.releases.story_ids import public_id_sql

# Of a few slices one is fetched, one is made into tables and the rest wait for their row group to be full. Smaller ones
# take less memory, and more statements: with half of it a build takes a tenth longer.
ROWS_PER_SLICE = 2_500
CHARS_PER_SLICE = 32_000_000
# A part has some ten thousand stories: after the least number of them it ends at one story in so many.
LEAST_IN_PART, MOST_IN_PART, ONE_IN = 5_000, 20_000, 5_000
CHARS_IN_PART = 256_000_000
ROWS_AT_ONCE = 20_000

RANGE = "i.release_id = %(release)s AND i.split = %(split)s AND i.story_id BETWEEN %(first)s AND %(last)s"

STORIES = f"""
SELECT i.story_id, {public_id_sql("s")}, NULLIF(s.title, ''), s.n_words, NULLIF(s.language, ''), NULLIF(s.genre, ''),
  NULLIF(s.pov, ''), NULLIF(s.tone, ''), NULLIF(s.protagonist, ''), NULLIF(s.generator, ''),
  CASE WHEN s.prompt <> '' THEN encode(sha256(convert_to(s.prompt, 'UTF8')), 'hex') END, NULLIF(s.original_id, ''),
  s.text_sha256, s.text, NULLIF(s.prompt, ''), i.tier, i.weight, jsonb_array_length(i.review_ids), i.review_ids::text,
  i.facts::text
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
        ("text", pa.string()),
        ("prompt", pa.string()),
        ("quality_tier", pa.string()),
        ("weight", pa.float64()),
        ("n_ratings", pa.int32()),
        ("review_ids", pa.string()),
        ("facts", pa.string()),
    ]
)

SIZES = """
SELECT array_agg(i.story_id), array_agg(s.n_chars::bigint)
FROM releases_releaseitem i JOIN stories_story s ON s.id = i.story_id
WHERE i.release_id = %(release)s AND i.split = %(split)s GROUP BY i.story_id / %(at_once)s"""

# By the ids that are frozen with the items, as one array: from a lateral join over JSON the planner would expect fifty
# times as many rows. What a subselect gives it does not look at: for each of thousands of ids it would ask the table's
# statistics, which takes as long as to find the row.
AMONG = "= ANY((SELECT %(reviews)s::bigint[])::bigint[])"
AMONG_SHOWN = "= ANY((SELECT %(shown)s::bigint[])::bigint[])"

REVIEWS = f"""
SELECT id, reviewer_id, (submitted_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01' FROM annotations_review
WHERE id {AMONG}"""  # noqa: S608  # nosec

FLAGS = f"""
SELECT r.review_id, string_agg(f.key, ' ' ORDER BY f.key COLLATE "C")
FROM annotations_reviewflag r JOIN standards_flag f ON f.id = r.flag_id
WHERE r.review_id {AMONG} GROUP BY r.review_id"""  # noqa: S608  # nosec
FLAGS_SCHEMA = pa.schema([("review", pa.int64()), ("flags", pa.string())])

RATINGS = f"""
SELECT g.review_id, {{packing}} FROM annotations_rating g
WHERE g.review_id {AMONG} GROUP BY g.review_id"""  # noqa: S608  # nosec

SPANS = f"""
SELECT n.review_id, n.id, c.key, f.key, n.start, n."end", n.quote, NULLIF(n.conduct, ''), NULLIF(n.intent, ''),
  NULLIF(n.portrayal, ''), n.backfire
FROM annotations_span n
LEFT JOIN standards_criterion c ON c.id = n.criterion_id
LEFT JOIN standards_flag f ON f.id = n.flag_id
WHERE n.review_id {AMONG_SHOWN}"""  # noqa: S608  # nosec
SPANS_SCHEMA = pa.schema(
    [
        ("review", pa.int64()),
        ("span", pa.int64()),
        ("criterion", pa.string()),
        ("flag", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("quote", pa.string()),
        ("conduct", pa.string()),
        ("intent", pa.string()),
        ("portrayal", pa.string()),
        ("backfire", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Slice:
    """The stories `first` to `last` of one split of one release."""

    release: int
    split: str
    first: int
    last: int
    rows: int


@dataclass(frozen=True)
class PartSlice:
    """A run of stories of one split, whose rows make one file of each config. `number` counts the parts of the split.

    What is finished of a build that is interrupted is finished by the part.
    """

    split: str
    number: int
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        """How many stories it has."""
        return sum(one.rows for one in self.slices)

    @property
    def ends(self) -> tuple[int, int]:
        """Its first and its last story."""
        return self.slices[0].first, self.slices[-1].last


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms of a dataset: `name[n]` is that of the person with the id `person[n]`; in order of the names."""

    person: npt.NDArray[np.int64]
    name: pa.Array


@dataclass(frozen=True)
class Fetched:
    """The rows of a slice: stories with their facts by story; reviews by story and pseudonym; flags by review in no
    order; passages by story, pseudonym and where they begin.

    `ratings`, shape (reviews, criteria), are as `packed_ratings.unpack` gives them. A review whose `published` is false
    counts in means and is not shown by itself; its passages are not fetched, nor are those of revisions.
    """

    split: str
    rows: int
    stories: pa.Table
    facts: pa.Table
    reviews: pa.Table
    flags: pa.Table
    ratings: npt.NDArray[np.int8]
    spans: pa.Table


def names_of(release: Release) -> Pseudonyms:
    """Return the pseudonyms of the release's dataset, which are ASCII and so in one order everywhere."""
    known = sorted((name, person) for person, name in release.dataset.pseudonyms.values_list("user_id", "name"))
    return Pseudonyms(
        np.array([person for _, person in known], np.int64), pa.array([name for name, _ in known], pa.string())
    )


def fetch_slice(session: Session, part: Slice, names: Pseudonyms, criteria: Sequence[int]) -> Fetched:
    """Fetch a slice in five statements; `criteria` are ids in the rubric's order."""
    stories = fetch(session, STORIES, vars(part), STORIES_SCHEMA)
    lists = pc.binary_join_element_wise('{"review_ids":', stories["review_ids"].combine_chunks(), "}", "")
    place = stories.schema.get_field_index("review_ids")
    stories = stories.set_column(place, "review_ids", parse(lists, tables.REVIEWS)["review_ids"])
    facts = parse(stories["facts"].combine_chunks(), tables.FACTS)
    chosen = tables.Chosen.of(stories, facts)
    among = {"reviews": literal(chosen.review), "shown": literal(chosen.review[chosen.published & chosen.initial])}
    reviews = tables.reviews_table(
        stories, chosen, tables.ReviewTable(*fetch_numbers(session, REVIEWS, among, 3)), names.person, names.name
    )
    packs = packing(criteria)
    rated, *packed = fetch_numbers(session, RATINGS.format(packing=", ".join(packs)), among, 1 + len(packs))
    return Fetched(
        split=part.split,
        rows=part.rows,
        stories=stories.drop_columns(["facts"]),
        facts=facts,
        reviews=reviews,
        flags=fetch(session, FLAGS, among, FLAGS_SCHEMA),
        ratings=tables.ratings_of(reviews, rated, np.stack(packed, axis=1), len(criteria)),
        spans=tables.spans_in_order(reviews, fetch(session, SPANS, among, SPANS_SCHEMA)),
    )


def literal(ids: npt.NDArray[np.int64]) -> str:
    """Return ids as PostgreSQL reads an array: adapting each by itself takes longer than to find its row."""
    return f"{{{','.join(map(str, ids.tolist()))}}}"


def fetch_ahead(
    release: Release, parts: Iterable[PartSlice], criteria: Sequence[int]
) -> Iterator[tuple[PartSlice, Fetched]]:
    """Yield the slices of parts in turn; the next one is fetched while the caller works on the one before."""
    names = names_of(release)
    session = held_connection()
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead: tuple[PartSlice, Future[Fetched]] | None = None
        for part in parts:
            for one in part.slices:
                following = pool.submit(fetch_slice, session, one, names, criteria)
                if ahead is not None:
                    yield ahead[0], ahead[1].result()
                ahead = part, following
        if ahead is not None:
            yield ahead[0], ahead[1].result()


def parts_of(release: Release) -> Iterator[PartSlice]:
    """Cut a release into parts, split by split and by story."""
    for split, _share in SHARES:
        numbers = count()
        # All of them first, so that what is known of each story is not held while the parts are made.
        for runs in list(cut(*sizes(release.pk, split))):
            slices = tuple(Slice(release.pk, split, *run) for run in runs)
            yield PartSlice(split, next(numbers), slices)


def sizes(release: int, split: str) -> tuple[Ints, Ints]:
    """Return the stories of a split in order, and how many characters each has."""
    asked = {"release": release, "split": split, "at_once": ROWS_AT_ONCE}
    story, chars = fetch_arrays(held_connection(), SIZES, asked, 2)
    order = np.argsort(story)
    return story[order], chars[order]


def cut(story: Ints, chars: Ints) -> Iterator[list[tuple[int, int, int]]]:
    """Cut the stories of a split, in order, each with its number of characters, into parts, and these into slices:
    yield the first story, the last and the number of those of each slice of a part.

    Where a part ends depends on the story there, and not on how many come before it: with a story more or less, all
    parts but its own are those of the version before, to the byte.
    """
    # Knuth's multiplicative hash: the numbers of stories go up evenly.
    may_end = np.flatnonzero(story.astype(np.uint64) * np.uint64(2_654_435_761) % 2**32 < 2**32 // ONE_IN) + 1
    until, start = np.concatenate([[0], np.cumsum(chars)]), 0
    while start < len(story):
        enough = np.append(may_end[np.searchsorted(may_end, start + LEAST_IN_PART) :][:1], start + MOST_IN_PART)
        long = int(np.searchsorted(until, until[start] + CHARS_IN_PART))
        end, runs = min(int(enough.min()), long, len(story)), []
        while start < end:
            fits = int(np.searchsorted(until, until[start] + CHARS_PER_SLICE, side="right")) - 1
            after = min(max(fits, start + 1), start + ROWS_PER_SLICE, end)
            runs.append((int(story[start]), int(story[after - 1]), after - start))
            start = after
        yield runs
