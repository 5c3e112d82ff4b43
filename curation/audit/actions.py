"""Writing to the audit log."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Model

from curation.audit.models import Entry

if TYPE_CHECKING:
    from curation.accounts.actors import Actor

# As JSON, because a hundred thousand model instances take most of a minute to make.
MANY = """
INSERT INTO audit_entry (actor_id, verb, target_type, target_id, data, at)
SELECT %s, %s, %s, key, value, now() FROM jsonb_each(%s::jsonb)
"""

RECORD = """INSERT INTO audit_entry (actor_id, verb, target_type, target_id, data, at)
  SELECT %(actor)s, %(verb)s, %(target_type)s, changed.target::text, changed.data, now()
  FROM (ROWS) AS changed (target, data)"""


def recording(statement: str, rows: str) -> str:
    """Return a statement that records what it changes: where it says ENTRY, one entry is written for each of `rows`.

    `rows` is a query of the target's key and the data. The statement gets what `entry` returns besides its own
    parameters.
    """
    return statement.replace("ENTRY", RECORD.replace("ROWS", rows))


def entry(*, actor_id: int | None, verb: str, model: type[Model]) -> dict[str, Any]:
    """Return what a `recording` statement is to be told: who does what to a row of which model."""
    return {"actor": actor_id, "verb": verb, "target_type": model._meta.label_lower}


def record(*, actor: "Actor", verb: str, target: Model, **data: Any) -> Entry:
    """Append one entry. Call it inside the transaction of the change it records.

    `verb` is dotted, past tense (`queue.created`); `data` must be JSON and must hold no secret and no story text.
    """
    return Entry.objects.create(
        actor_id=actor.pk, verb=verb, target_type=target._meta.label_lower, target_id=str(target.pk), data=data
    )


def record_many(*, actor: "Actor", verb: str, model: type[Model], data: Mapping[int, Mapping[str, Any]]) -> None:
    """Append one entry for each key of `data`, the primary key of a row of `model`, in one statement."""
    values = [actor.pk, verb, model._meta.label_lower, json.dumps(data)]
    with connection.cursor() as cursor:
        cursor.execute(MANY, values)
