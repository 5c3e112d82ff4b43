"""Indexing the words of stories."""

import json
from collections.abc import Collection, Mapping
from typing import Literal

from django.contrib.postgres.search import SearchQuery
from django.db import connection

from curation.core.plain_text import in_form

CONFIG = "english"
# A tsvector holds at most a megabyte; of a book-length text the beginning is found. Letters with accents come in two
# Unicode forms: words are kept, and looked for, in the first.
FORM: Literal["NFC"] = "NFC"
INDEX = """
INSERT INTO stories_searchentry (story_id, words)
SELECT s.id, setweight(to_tsvector('english', coalesce(f.title, s.title)), 'A')
  || to_tsvector('english', coalesce(f.text, left(s.text, %(most)s)))
FROM stories_story AS s LEFT JOIN jsonb_to_recordset(%(forms)s) AS f (id bigint, title text, text text) ON f.id = s.id
WHERE s.id = ANY(%(ids)s) ON CONFLICT (story_id) DO NOTHING
"""
MOST_CHARS = 200_000


def other_form(title: str, text: str) -> dict[str, str] | None:
    """Return what is indexed of a story that is not in `FORM`; None for one that is."""
    text = text[:MOST_CHARS]
    if text.isascii() and title.isascii():
        return None
    found = {"title": in_form(FORM, title), "text": in_form(FORM, text)}
    return None if found == {"title": title, "text": text} else found


def index_words(story_ids: Collection[int], forms: Mapping[int, Mapping[str, str]]) -> None:
    """Make these stories findable by their words. Again changes nothing: a story's text never changes.

    `forms` maps some of them to their `other_form`. The database would need hours to bring a hostile text into one.
    """
    listed = [{"id": pk, **forms[pk]} for pk in story_ids if pk in forms]
    with connection.cursor() as cursor:
        cursor.execute(INDEX, {"ids": list(story_ids), "forms": json.dumps(listed), "most": MOST_CHARS})


def words_query(asked: str) -> SearchQuery:
    """Return the query for what a person typed: words, `"words in a row"`, `or`, `-without`."""
    return SearchQuery(in_form(FORM, asked), search_type="websearch", config=CONFIG)


def only_common(asked: str) -> bool:
    """Whether all that is asked for is too common to be indexed (`the`, `of`), so that nothing can be found by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(websearch_to_tsquery(%s::regconfig, %s)) = 0", [CONFIG, asked])
        return bool(cursor.fetchone()[0])
