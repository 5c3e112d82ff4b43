"""Putting stories into the database, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from curation.stories.mapping import NewStory
from curation.stories.models.tag import TagSource
from curation.stories.stages import State
from curation.stories.text import assumed_language, fingerprint

# Stories are added by one transaction at a time, so that looking for duplicates and adding the rest is one step.
LOCK = 0x73746F72
NAMES = ("title", "license", "genre", "setting", "pov", "tone", "protagonist", "generator", "prompt", "original_id")
COPY = (
    "COPY stories_story (id, source_id, import_run_id, row, text, text_sha256, normal_sha256, n_words, n_chars, "
    "language, original, created_at, " + ", ".join(NAMES) + ") FROM STDIN (FORMAT BINARY)"
)
# As one text, hashes cost a fraction of what they cost as so many.
KNOWN = """
SELECT story.normal_sha256, story.id, stage.state FROM stories_story AS story
JOIN stories_stage AS stage ON stage.story_id = story.id WHERE story.normal_sha256 = ANY(string_to_array(%s, ' '))
"""
# Binary, so that neither side looks through the texts for what it would have to escape.
TYPES = [
    *("int8", "int8", "int8", "int8", "text", "varchar", "varchar", "int4", "int4", "varchar", "jsonb", "timestamptz"),
    *("text" if name == "prompt" else "varchar" for name in NAMES),
]


@dataclass(frozen=True)
class StoredBatch:
    """What became of a batch: for each story its id; which are new, and which were there once and are purged."""

    ids: list[int]
    new: set[int]
    purged: set[int]


def store(
    *, stories: Sequence[NewStory], source_id: int, run_id: int | None = None, tag_source: str = TagSource.IMPORT
) -> StoredBatch:
    """Add those of `stories` that are not there yet, with their stages and tags. Call it inside a transaction.

    Stories with the same normal form are one story: a later one gets the id of the one that is there. A purged story is
    not stored again: its fingerprint is all that is left of it. The caller's
    transaction holds a lock on adding stories until it ends, so keep it short.
    """
    fingerprints = [story.fingerprint or fingerprint(story.text) for story in stories]
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(KNOWN, [" ".join([one.normal_sha256 for one in fingerprints])])
        there = cursor.fetchall()
        known: dict[str, int] = {key: pk for key, pk, _state in there}
        fresh = {one.normal_sha256 for one in fingerprints} - known.keys()
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('stories_story', 'id')) FROM generate_series(1, %s)", [len(fresh)]
        )
        ids = iter([row[0] for row in cursor.fetchall()])
        new: dict[int, NewStory] = {}
        with cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for story, one in zip(stories, fingerprints, strict=True):
                if one.normal_sha256 in known:
                    continue
                pk = known[one.normal_sha256] = next(ids)
                new[pk] = story
                values = story.fields
                language = values["language"] if "language" in values else assumed_language(story.text)
                copy.write_row((
                    pk, source_id, run_id, story.row, story.text, one.text_sha256, one.normal_sha256, one.n_words,
                    one.n_chars, language, Jsonb(story.original), now,
                    *[values.get(name, "") for name in NAMES],
                ))  # fmt: skip
        cursor.execute(
            "INSERT INTO stories_stage (story_id, state, changed_at) SELECT unnest(%s::bigint[]), %s, %s",
            [list(new), State.STORED.value, now],
        )
        if any(story.tags for story in new.values()):
            with cursor.copy("COPY stories_tag (story_id, kind, key, source, created_at) FROM STDIN") as copy:
                for pk, story in new.items():
                    for kind, key in story.tags:
                        copy.write_row((pk, kind, key, tag_source, now))
    purged = {pk for _key, pk, state in there if state == State.PURGED}
    return StoredBatch(ids=[known[one.normal_sha256] for one in fingerprints], new=set(new), purged=purged)
