"""A story as a binary COPY takes it: so far as it can be worked out before anything is known of the database. Pure."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pickle import PickleBuffer  # nosec B403
from struct import Struct
from typing import Any, NamedTuple, SupportsIndex

from curation.stories.mapping import NewStory
from curation.stories.text import Fingerprint, assumed_language, fingerprints

# Binary, so that neither side looks through the texts for what it would have to escape. Each value has its length
# before it, in bytes; see COPY in PostgreSQL's manual.
BEGINS, ENDS = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
NOTHING = b"\xff\xff\xff\xff"
LENGTH, LARGE = Struct(">i"), Struct(">iq")
# Two hashes of 64 digits, and two small numbers.
COUNTED = Struct(">i64si64siiii")
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
    own: bytes | memoryview


class ReadyStories(list[ReadyStory]):
    """Stories that go to another process with the columns of all of them in one piece."""

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        whole = PickleBuffer(b"".join([story.own for story in self]))
        return _apart, (whole, [len(story.own) for story in self], [story[:3] for story in self])


def _apart(whole: bytes | bytearray, sizes: Sequence[int], others: Sequence[tuple[Any, ...]]) -> ReadyStories:
    view, stories, at = memoryview(whole), ReadyStories(), 0
    for size, (normal_sha256, row, tags) in zip(sizes, others, strict=True):
        stories.append(ReadyStory(normal_sha256, row, tags, view[at : at + size]))
        at += size
    return stories


def ready(stories: Sequence[NewStory]) -> ReadyStories:
    """Work out everything of stories that their own words say."""
    return ReadyStories(map(_ready, stories, fingerprints([(story.text, story.utf8) for story in stories])))


def _ready(story: NewStory, one: Fingerprint) -> ReadyStory:
    utf8, given = story.utf8, story.fields
    language = given["language"] if "language" in given else assumed_language(story.text, utf8)
    own = [
        NOTHING if story.row is None else LARGE.pack(8, story.row),
        LENGTH.pack(len(utf8)), utf8,
        COUNTED.pack(64, one.text_sha256.encode(), 64, one.normal_sha256.encode(), 4, one.n_words, 4, one.n_chars),
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
