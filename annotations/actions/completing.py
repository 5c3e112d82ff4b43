"""Saying that a queue is completed: every review that it asks for is in.

A review can be the last one, and so can the end of a seat that nobody has taken; and of two last reviews neither sees
the other. So it is looked for, by what is committed, every few seconds.
"""

from django.db import connection, transaction

from annotations.models import Queue
from curation.accounts.actors import SYSTEM
from curation.audit.actions import entry, recording
from curation.webhooks.emitting import telling, told, wake_worker

WAITED_FOR = """EXISTS (SELECT FROM annotations_item item WHERE item.queue_id = queue.id AND item.seats_left > 0)
  OR EXISTS (SELECT FROM annotations_assignment held JOIN annotations_item item ON item.id = held.item_id
             WHERE item.queue_id = queue.id AND held.state = 'active')"""
# One that was given more to read is not completed any more.
REOPEN = f"""
UPDATE annotations_queue queue SET completed_at = NULL WHERE completed_at IS NOT NULL AND ({WAITED_FOR})
"""  # noqa: S608 # nosec
COMPLETE = telling(
    recording(
        f"""
WITH completed AS (
  UPDATE annotations_queue queue SET completed_at = clock_timestamp()
  WHERE completed_at IS NULL AND NOT ({WAITED_FOR})
  AND EXISTS (SELECT FROM annotations_assignment held JOIN annotations_item item ON item.id = held.item_id
              WHERE item.queue_id = queue.id AND held.state = 'submitted')
  RETURNING id, slug
), entry AS (ENTRY), TELL
SELECT (SELECT count(*) FROM completed), (SELECT count(*) FROM delivery)
""",  # noqa: S608 # nosec
        "SELECT id, '{}'::jsonb FROM completed",
    ),
    "SELECT slug, '{}'::jsonb FROM completed",
)


def complete_queues() -> int:
    """Note each queue that has come to have all its reviews, tell of it, and return how many those are. Two statements.

    One that is given more to read is told of again once that is read.
    """
    values = {
        **entry(actor_id=SYSTEM.pk, verb="queue.completed", model=Queue),
        **told(event="queue.completed", thing="queue"),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REOPEN)
        cursor.execute(COMPLETE, values)
        count, deliveries = cursor.fetchone()
        wake_worker(deliveries)
    return int(count)
