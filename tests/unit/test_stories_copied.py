"""A story as a binary COPY takes it."""

import pickle
from datetime import UTC, datetime, timedelta, timezone
from struct import unpack

from curation.stories.copied import COLUMNS, OWN, first, ready, same
from curation.stories.mapping import RowMapping, story_from
from curation.stories.text import fingerprint


def columns_of(row: bytes | memoryview) -> list[bytes | None]:
    """Take a row apart: each value has its length before it, -1 for none."""
    values, at = list[bytes | None](), 0
    while at < len(row):
        (size,) = unpack(">i", row[at : at + 4])
        at += 4
        values.append(None if size < 0 else bytes(row[at : at + size]))
        at += max(size, 0)
    return values


def test_every_column_has_its_value() -> None:
    text = "“Tug,” it said — 漢字."
    values = {"text": text, "title": "Tide", "notes": "kept", "lang": "ja", "by": "m"}
    mapping = {"text": "text", "title": "title", "language": "lang", "generator": "by"}
    (one,) = ready([RowMapping(mapping, defaults={"license": "MIT"}).story(values, 7)])
    found, known = dict(zip(OWN, columns_of(one.own), strict=True)), fingerprint(text)
    assert found == {
        "row": (7).to_bytes(8, "big"),
        "text": text.encode(),
        "text_sha256": known.text_sha256.encode(),
        "normal_sha256": known.normal_sha256.encode(),
        "n_words": known.n_words.to_bytes(4, "big"),
        "n_chars": len(text).to_bytes(4, "big"),
        "language": b"ja",
        "original": b'\1{"notes": "kept"}',
        "title": b"Tide",
        "license": b"MIT",
        "generator": b"m",
        **dict.fromkeys(("genre", "setting", "pov", "tone", "protagonist", "prompt", "original_id"), b""),
    }
    assert (one.normal_sha256, one.row, one.tags) == (known.normal_sha256, 7, [])
    assert len(COLUMNS) == unpack(">h", first(1)[:2])[0]


def test_what_is_not_there_is_null_and_a_time_is_exact() -> None:
    at = datetime(2026, 11, 27, 13, 0, 0, 123_457, tzinfo=UTC)
    source, run, created = columns_of(same(3, None, at))
    assert (source, run) == ((3).to_bytes(8, "big"), None)
    assert created
    assert datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=int.from_bytes(created, "big")) == at
    assert same(3, 4, at.astimezone(timezone(timedelta(hours=5)))) == same(3, 4, at)
    story = story_from({"text": "Whether or not."}, mapping={"text": "text"}, defaults={})
    assert columns_of(ready([story])[0].own)[0] is None


def test_stories_go_to_another_process_as_they_are_and_their_columns_are_not_copied() -> None:
    values = [{"text": "“Tug.” 🚢", "notes": "kept", "themes": "care; hope"}, {"text": "Tide."}]
    mapping = RowMapping({"text": "text", "themes": "themes"}, defaults={})
    stories = ready([mapping.story(one, row) for row, one in enumerate(values)])
    pieces = list[pickle.PickleBuffer]()
    sent = pickle.dumps(stories, pickle.HIGHEST_PROTOCOL, buffer_callback=pieces.append)
    assert pickle.loads(sent, buffers=pieces) == stories  # noqa: S301 - our own
    assert b"Tug" not in sent
    assert [bytes(piece.raw()) for piece in pieces] == [b"".join(story.own for story in stories)]
