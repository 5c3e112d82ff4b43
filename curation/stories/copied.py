"""A story as a binary COPY takes it: so far as it can be worked out before anything is known of the database. Pure."""

import json
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import NamedTuple

from curation.stories.mapping import NewStory
from curation.stories.text import assumed_language, fingerprint

# Binary, so that neither side looks through the texts for what it would have to escape. Each value has its length
# before it, in bytes; see COPY in PostgreSQL's manual.
BEGINS, ENDS = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
NOTHING = b"\xff\xff\xff\xff"
LENGTH, SMALL, LARGE = Struct(">i"), Struct(">ii"), Struct(">iq")
FIRST = Struct(">hiq")
# Times are counted from here, in microseconds.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# What the database is to say comes first: the story's number, and what is the same for all stories of a batch.
SAME = ("source_id", "import_run_id", "created_at")
NAMES = ("title", "license", "genre", "setting", "pov", "tone", "protagonist", "generator", "prompt", "original_id")
OWN = ("row", "text", "text_sha256", "normal_sha256", "n_words", "n_chars", "language", "original", *NAMES)
COLUMNS = ("id", *SAME, *OWN)
_EMPTY = LENGTH.pack(0)


class ReadyStory(NamedTuple):
    """A story that waits for its number. `own` are its columns `OWN` for a COPY; `tags` are (kind, key)."""

    normal_sha256: str
    row: int | None
    tags: list[tuple[str, str]]
    own: bytes


def ready(story: NewStory) -> ReadyStory:
    """Work out everything of a story that its own words say."""
    one, given = fingerprint(story.text, story.utf8), story.fields
    language = given["language"] if "language" in given else assumed_language(story.text)
    own = [
        NOTHING if story.row is None else LARGE.pack(8, story.row),
        LENGTH.pack(len(story.utf8)), story.utf8,
        _text(one.text_sha256), _text(one.normal_sha256),
        SMALL.pack(4, one.n_words), SMALL.pack(4, one.n_chars),
        _text(language),
        # A document begins with the version of its form.
        _text("\1" + json.dumps(story.original)),
        *[_text(given[name]) if name in given else _EMPTY for name in NAMES],
    ]  # fmt: skip
    return ReadyStory(one.normal_sha256, story.row, story.tags, b"".join(own))


def same(source_id: int, run_id: int | None, now: datetime) -> bytes:
    """Return the columns `SAME` of a batch for a COPY."""
    run = NOTHING if run_id is None else LARGE.pack(8, run_id)
    return LARGE.pack(8, source_id) + run + LARGE.pack(8, (now - EPOCH) // timedelta(microseconds=1))


def first(pk: int) -> bytes:
    """Return how the row of story `pk` begins."""
    return FIRST.pack(len(COLUMNS), 8, pk)


def _text(value: str) -> bytes:
    utf8 = value.encode()
    return LENGTH.pack(len(utf8)) + utf8
