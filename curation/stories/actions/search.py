"""Indexing the words of stories."""

from collections.abc import Collection

from django.db import connection

CONFIG = "english"
# A tsvector holds at most a megabyte; of a book-length text the beginning is found.
INDEX = """
INSERT INTO stories_searchentry (story_id, words)
SELECT id, setweight(to_tsvector('english', title), 'A') || to_tsvector('english', left(text, 200000))
FROM stories_story WHERE id = ANY(%s) ON CONFLICT (story_id) DO NOTHING
"""


def index_words(story_ids: Collection[int]) -> None:
    """Make these stories findable by their words. Again changes nothing: a story's text never changes."""
    with connection.cursor() as cursor:
        cursor.execute(INDEX, [list(story_ids)])
