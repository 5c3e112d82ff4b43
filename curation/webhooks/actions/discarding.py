"""Dropping messages that nobody asks about any more."""

from django.db import connection, transaction

from curation.webhooks.actions.endpoints import close_removed

KEPT_DAYS = 30
AT_ONCE = 5_000
# One that a worker holds at this moment stays until the next time.
DROP = """
WITH old AS MATERIALIZED (
  SELECT id FROM webhooks_message m WHERE created_at < clock_timestamp() - make_interval(days => %(days)s)
  AND NOT EXISTS (SELECT FROM webhooks_delivery d WHERE d.message_id = m.id AND d.state = 'sending')
  ORDER BY created_at LIMIT %(most)s
), gone AS (
  DELETE FROM webhooks_delivery d USING old WHERE d.message_id = old.id AND d.state <> 'sending'
)
SELECT id FROM old
"""
REST = """
DELETE FROM webhooks_message m WHERE id = ANY(%(ids)s)
AND NOT EXISTS (SELECT FROM webhooks_delivery d WHERE d.message_id = m.id)
"""


def discard_old() -> int:
    """Drop the messages that are older than `KEPT_DAYS`, delivered or not; returns how many."""
    close_removed()
    count = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(DROP, {"days": KEPT_DAYS, "most": AT_ONCE})
            ids = [pk for (pk,) in cursor.fetchall()]
            cursor.execute(REST, {"ids": ids})
            count += int(cursor.rowcount)
        if len(ids) < AT_ONCE:
            return count
