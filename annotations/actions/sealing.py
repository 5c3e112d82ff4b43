"""Keeping the reviews of a story as they are."""

from collections.abc import Collection

from django.db import connection, transaction

# A withdrawal moves the same rows, so whichever comes second sees what the first did.
SEAL = """
WITH held AS MATERIALIZED (
  SELECT story_id FROM stories_stage
  WHERE story_id = ANY(%s) AND state IN ('accepted', 'rejected', 'rewrite') ORDER BY story_id FOR SHARE
), sealed AS (
  INSERT INTO annotations_seal (story_id, at) SELECT story_id, now() FROM held ON CONFLICT DO NOTHING
)
SELECT count(*) FROM held
"""


def seal(*, stories: Collection[int]) -> int:
    """Keep the reviews of those of `stories` (ids) that are decided from being withdrawn; return how many those are.

    One statement, whatever the number of stories. Sealing again changes nothing.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(SEAL, [list(stories)])
        return int(cursor.fetchone()[0])
