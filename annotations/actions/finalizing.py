"""Keeping the reviews of a story as they are."""

from collections.abc import Collection

from django.db import connection, transaction

from annotations.actions import seats
from annotations.queries.decisions import open_items

# A withdrawal moves the same rows, so whichever comes second sees what the first did.
FINALIZE = """
WITH held AS MATERIALIZED (
  SELECT story_id FROM stories_stage
  WHERE story_id = ANY(%s) AND state IN ('accepted', 'rejected', 'rewrite') ORDER BY story_id FOR SHARE
), kept AS (
  INSERT INTO annotations_finalization (story_id, at) SELECT story_id, now() FROM held ON CONFLICT DO NOTHING
)
SELECT count(*) FROM held
"""


def finalize_reviews(*, stories: Collection[int]) -> int:
    """Keep the reviews of those of `stories` (ids) that are decided from being withdrawn; return how many those are.

    Whoever is reading one of them in another queue reads no further, as what uses the reviews may show its ratings;
    what they have marked can be kept as an extra review. A fixed number of statements, whatever the number of
    stories. Doing it again changes nothing.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # Items before stages, as a review that decides its story locks them.
        seats.close(seats.lock_items(open_items(stories).values_list("pk", flat=True)))
        cursor.execute(FINALIZE, [list(stories)])
        return int(cursor.fetchone()[0])
