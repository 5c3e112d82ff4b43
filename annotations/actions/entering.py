"""Entering a decision on record, and telling of it, in one statement."""

from typing import Any

from django.db import connection

from annotations.models import Decision
from curation.webhooks.emitting import telling, told, wake_worker

COLUMNS = [field for field in Decision._meta.local_concrete_fields if not field.primary_key]
NAMES = ", ".join(f'"{field.column}"' for field in COLUMNS)
PLACES = ", ".join(f"%({field.column})s" for field in COLUMNS)
# What was decided is not told: reviewers who have yet to learn of it may read the receiver's log.
ENTER = telling(
    f"WITH decision AS (INSERT INTO annotations_decision ({NAMES}) VALUES ({PLACES}) "  # noqa: S608 # nosec
    "RETURNING id, story_id, queue_id), TELL SELECT id, (SELECT count(*) FROM delivery) FROM decision",
    "SELECT decision.id, jsonb_build_object('story', decision.story_id, 'queue', queue.slug) "
    "FROM decision LEFT JOIN annotations_queue queue ON queue.id = decision.queue_id",
)


def enter(**fields: Any) -> Decision:
    """Store a new decision of these fields and return it. Call it in the transaction that decides.

    Raises `IntegrityError` where another one supersedes the same decision.
    """
    decision = Decision(**fields)
    values: dict[str, Any] = {
        str(field.column): field.get_db_prep_save(field.pre_save(decision, True), connection) for field in COLUMNS
    }
    with connection.cursor() as cursor:
        cursor.execute(ENTER, {**values, **told(event="decision.made", thing="decision")})
        decision.pk, deliveries = cursor.fetchone()
    decision._state.adding, decision._state.db = False, connection.alias
    wake_worker(deliveries)
    return decision
