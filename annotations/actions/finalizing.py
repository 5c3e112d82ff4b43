"""Keeping the reviews of a story as they are."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from annotations.actions import seats
from annotations.queries.decisions import open_items

AT_ONCE = 10_000

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


def finalize_reviews(*, stories: Sequence[int] | npt.NDArray[np.int64]) -> int:
    """Keep the reviews of those of `stories` (ids) that are decided from being withdrawn; return how many those are.

    Whoever is reading one of them in another queue reads no further, as what uses the reviews may show its ratings;
    what they have marked can be kept as an extra review. A fixed number of statements for each ten thousand stories.
    Doing it again changes nothing.
    """
    ids = np.sort(np.asarray(stories, np.int64))
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # Items before stages, as a review that decides its story locks them; and all in one order, whoever locks many.
        found = [open_items(part).values_list("pk", flat=True) for part in parts(ids)]
        # Where there is one list of them, it is found and locked in one statement.
        seats.close(seats.lock_items(found[0] if len(found) == 1 else list(chain.from_iterable(found))))
        kept = 0
        for part in parts(ids):
            cursor.execute(FINALIZE, [part])
            kept += int(cursor.fetchone()[0])
        return kept


def parts(ids: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    """Cut ids into lists that fit one statement."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE].tolist()
