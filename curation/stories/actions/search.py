"""Indexing the words of stories."""

import json
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from django.contrib.postgres.search import SearchQuery
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import ProgramLimitExceeded

from curation.core.giving_way import give_rest
from curation.core.plain_text import in_form
from curation.stories.models import ImportRun
from curation.stories.models.imports import ImportState

log = logging.getLogger(__name__)

CONFIG = "english"
# A tsvector holds at most a megabyte; of a book-length text the beginning is found. Letters with accents come in two
# Unicode forms: words are kept, and looked for, in the first.
FORM: Literal["NFC"] = "NFC"
# One at a time, so that a large import does not take the database away from those who read.
LOCK = 0x776F7264
SLICE = 100
DUE = """
SELECT entry.story_id, story.title, CASE WHEN octet_length(story.text) > story.n_chars
  THEN left(story.text, %(most)s) ELSE '' END
FROM stories_searchentry AS entry JOIN stories_story AS story ON story.id = entry.story_id
WHERE entry.words IS NULL ORDER BY entry.story_id LIMIT %(size)s FOR UPDATE OF entry SKIP LOCKED
"""
INDEX = """
UPDATE stories_searchentry AS entry
SET words = setweight(to_tsvector('english', coalesce(f.title, s.title)), 'A')
  || to_tsvector('english', coalesce(f.text, left(s.text, %(most)s)))
FROM stories_story AS s LEFT JOIN jsonb_to_recordset(%(forms)s) AS f (id bigint, title text, text text) ON f.id = s.id
WHERE s.id = ANY(%(ids)s) AND entry.story_id = s.id
"""
MOST_CHARS = 200_000


def other_form(title: str, text: str) -> dict[str, str] | None:
    """Return what is indexed of a story that is not in `FORM`; None for one that is.

    `text` is not looked at, and may be left out, where it is ASCII.
    """
    text = text[:MOST_CHARS]
    if text.isascii() and title.isascii():
        return None
    found = {"title": in_form(FORM, title), "text": in_form(FORM, text)}
    if found == {"title": title, "text": text}:
        return None
    return found if text else {"title": found["title"]}


def to_be_indexed(story_ids: Collection[int]) -> None:
    """Have `index_words` make these stories findable; one that is already stays so, since its text never changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stories_searchentry (story_id) SELECT unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
            [list(story_ids)],
        )


def index_words(*, size: int = SLICE) -> int:
    """Make up to `size` stories findable that are not yet, the oldest first, and return how many were.

    None while a file is imported, or while somebody else is at it: that a story can be read comes first.
    """
    if ImportRun.objects.filter(state=ImportState.RUNNING).exists():
        return 0
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(DUE, {"size": size, "most": MOST_CHARS})
        due = cursor.fetchall()
        # The database would need hours to bring a hostile text into a Unicode form.
        forms = [{"id": pk, **form} for pk, title, text in due if (form := other_form(title, text))]
        _index([pk for pk, _title, _text in due], forms, cursor)
    give_rest(time.monotonic() - began, connection)
    return len(due)


def _index(ids: list[int], forms: Sequence[Mapping[str, object]], cursor: CursorWrapper) -> None:
    try:
        with transaction.atomic():
            cursor.execute(INDEX, {"ids": ids, "forms": json.dumps(forms), "most": MOST_CHARS})
    except OperationalError as error:
        if not isinstance(error.__cause__, ProgramLimitExceeded):
            raise
        # One of them has more to find than the database holds; it spoils no other, and is found by nothing.
        if len(ids) == 1:
            log.exception("the words of story %s cannot be indexed", ids[0])
            cursor.execute("UPDATE stories_searchentry SET words = '' WHERE story_id = ANY(%s)", [ids])
            return
        for pk in ids:
            _index([pk], [form for form in forms if form["id"] == pk], cursor)


def words_query(asked: str) -> SearchQuery:
    """Return the query for what a person typed: words, `"words in a row"`, `or`, `-without`."""
    return SearchQuery(in_form(FORM, asked), search_type="websearch", config=CONFIG)


def only_common(asked: str) -> bool:
    """Whether all that is asked for is too common to be indexed (`the`, `of`), so that nothing can be found by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(websearch_to_tsquery(%s::regconfig, %s)) = 0", [CONFIG, asked])
        return bool(cursor.fetchone()[0])
