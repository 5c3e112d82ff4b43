"""Putting stories into the database, many at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg import Copy

from curation.stories import copied
from curation.stories.copied import ReadyStory
from curation.stories.models.tag import TagSource
from curation.stories.stages import State

# Stories are added by one transaction at a time, so that looking for duplicates and adding the rest is one step.
LOCK = 0x73746F72
COPY = f"COPY stories_story ({', '.join(copied.COLUMNS)}) FROM STDIN (FORMAT BINARY)"
TAGS = "COPY stories_tag (story_id, kind, key, source, created_at) FROM STDIN"
# So many bytes are handed to the connection at once.
PIECE = 1 << 20
# As one text, hashes cost a fraction of what they cost as so many.
KNOWN = """
SELECT story.normal_sha256, story.id, stage.state FROM stories_story AS story
JOIN stories_stage AS stage ON stage.story_id = story.id WHERE story.normal_sha256 = ANY(string_to_array(%s, ' '))
"""

# OFFSET has the sequence looked for once: for each number it takes ten times as long as the number.
NUMBERS = """
SELECT nextval(numbers) FROM generate_series(1, %s), (
  SELECT pg_get_serial_sequence('stories_story', 'id')::regclass AS numbers OFFSET 0
) AS sequence
"""


@dataclass(frozen=True)
class StoredBatch:
    """What became of a batch: for each story its id; which are new, and which were there once and are purged."""

    ids: list[int]
    new: set[int]
    purged: set[int]


def store(
    *, stories: Sequence[ReadyStory], source_id: int, run_id: int | None = None, tag_source: str = TagSource.IMPORT
) -> StoredBatch:
    """Add those of `stories` that are not there yet, with their stages and tags. Call it inside a transaction.

    Stories with the same normal form are one story: a later one gets the id of the one that is there. A purged story is
    not stored again: its fingerprint is all that is left of it. The caller's
    transaction holds a lock on adding stories until it ends, so keep it short.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(KNOWN, [" ".join([story.normal_sha256 for story in stories])])
        there = cursor.fetchall()
        known: dict[str, int] = {key: pk for key, pk, _state in there}
        fresh: dict[str, ReadyStory] = {}
        for story in stories:
            if story.normal_sha256 not in known:
                fresh.setdefault(story.normal_sha256, story)
        cursor.execute(NUMBERS, [len(fresh)])
        new = {pk: story for (pk,), story in zip(cursor.fetchall(), fresh.values(), strict=True)}
        known.update({story.normal_sha256: pk for pk, story in new.items()})
        with _copying(cursor, COPY) as copy:
            for piece in _pieces(new, copied.same(source_id, run_id, now)):
                copy.write(piece)
        cursor.execute(
            "INSERT INTO stories_stage (story_id, state, changed_at) SELECT unnest(%s::bigint[]), %s, %s",
            [list(new), State.STORED.value, now],
        )
        if any(story.tags for story in new.values()):
            with _copying(cursor, TAGS) as copy:
                for pk, story in new.items():
                    for kind, key in story.tags:
                        copy.write_row((pk, kind, key, tag_source, now))
    purged = {pk for _key, pk, state in there if state == State.PURGED}
    return StoredBatch(ids=[known[story.normal_sha256] for story in stories], new=set(new), purged=purged)


@contextmanager
def _copying(cursor: CursorWrapper, statement: str) -> Iterator[Copy]:
    """Give what takes the rows of a COPY. Of a cursor's errors Django makes its own, but not of those in a COPY."""
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        yield copy


def _pieces(new: Mapping[int, ReadyStory], same: bytes) -> Iterator[bytes]:
    """Yield what COPY takes for stories by their ids, not much more than `PIECE` bytes at a time."""
    parts: list[bytes | memoryview] = [copied.BEGINS]
    size = 0
    for pk, story in new.items():
        parts += (copied.first(pk), same, story.own)
        size += len(story.own)
        if size > PIECE:
            yield b"".join(parts)
            parts, size = [], 0
    yield b"".join([*parts, copied.ENDS])
