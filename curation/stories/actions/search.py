"""Indexing the words of stories."""

import unicodedata
from collections.abc import Collection
from typing import Literal

from django.contrib.postgres.search import SearchQuery
from django.db import connection

CONFIG = "english"
# A tsvector holds at most a megabyte; of a book-length text the beginning is found. Letters with accents come in two
# Unicode forms: words are kept, and looked for, in the first.
FORM: Literal["NFC"] = "NFC"
INDEX = """
INSERT INTO stories_searchentry (story_id, words)
SELECT id, setweight(to_tsvector('english', normalize(title, NFC)), 'A')
  || to_tsvector('english', normalize(left(text, 200000), NFC))
FROM stories_story WHERE id = ANY(%s) ON CONFLICT (story_id) DO NOTHING
"""


def index_words(story_ids: Collection[int]) -> None:
    """Make these stories findable by their words. Again changes nothing: a story's text never changes."""
    with connection.cursor() as cursor:
        cursor.execute(INDEX, [list(story_ids)])


def words_query(asked: str) -> SearchQuery:
    """Return the query for what a person typed: words, `"words in a row"`, `or`, `-without`."""
    return SearchQuery(unicodedata.normalize(FORM, asked), search_type="websearch", config=CONFIG)


def only_common(asked: str) -> bool:
    """Whether all that is asked for is too common to be indexed (`the`, `of`), so that nothing can be found by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(websearch_to_tsquery(%s::regconfig, %s)) = 0", [CONFIG, asked])
        return bool(cursor.fetchone()[0])
