"""Telling of what has happened: one row for the message and one for each endpoint that wants it, in one statement.

It runs in the transaction of what it tells of, so that both are there or neither. Where no endpoint wants the event,
nothing is written. What is told is keys, numbers and the address in the API; whoever wants more asks there, with rights
of their own. No text of a story, no rating and no score is ever in it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.transaction import TransactionManagementError

from curation.core import jobs
from curation.core.prepared import prepared_cursor
from curation.webhooks.events import ADDRESSES, EVENTS

PUMP = "webhooks.send"
WANTS = """e.removed_at IS NULL AND %(event)s::text = ANY (e.events)
    AND (e.each_story OR NOT %(each_story)s::boolean)"""
MESSAGES = f"""message AS (
  INSERT INTO webhooks_message (public_id, event, body, created_at)
  SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), %(event)s::text, jsonb_build_object(
    'type', %(event)s::text,
    'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'data', jsonb_build_object('object', %(thing)s::text, 'id', told.key,
                               'url', replace(%(address)s::text, '{{key}}', told.key::text)) || told.data)::text,
    clock_timestamp()
  FROM (ROWS) AS told (key, data) WHERE EXISTS (SELECT FROM webhooks_endpoint e WHERE {WANTS})
  RETURNING id
), delivery AS (
  INSERT INTO webhooks_delivery (message_id, endpoint_id, state, token, attempts, next_at, tries, error, answer)
  SELECT message.id, e.id, 'pending', 0, 0, clock_timestamp(), 0, '', ''
  FROM message CROSS JOIN webhooks_endpoint e WHERE {WANTS}
  RETURNING id
)"""  # noqa: S608 - every part of it stands here  # nosec
EMIT = "WITH TELL SELECT count(*) FROM delivery"
ONE = "SELECT %(key)s::bigint, %(data)s::jsonb"
NAMED = "SELECT %(key)s::text, %(data)s::jsonb"


def telling(statement: str, rows: str) -> str:
    """Return a statement that tells of what it changes: where it says TELL, a message is written for each of `rows`.

    `rows` is a query of the thing's key, as the API has it, and of what else to tell, as jsonb. The statement gets what
    `told` returns besides its own parameters. It returns `(SELECT count(*) FROM delivery)` for `wake_worker`.
    """
    return statement.replace("TELL", MESSAGES.replace("ROWS", rows))


def told(*, event: str, thing: str, each_story: bool = False) -> dict[str, Any]:
    """Return what a `telling` statement is to be told: which event, and what kind of thing it is about.

    What is told of each story goes only to the endpoints that ask for that.
    """
    return {"event": EVENTS[event].name, "thing": thing, "address": ADDRESSES[thing], "each_story": each_story}


def body_of(*, event: str, thing: str, key: int | str, at: datetime) -> str:
    """Return the body of a message that is not stored, in the form of those that are."""
    data = {"object": thing, "id": key, "url": ADDRESSES[thing].format(key=key)}
    return json.dumps({"data": data, "type": event, "timestamp": at.astimezone(UTC).isoformat()})


def wake_worker(deliveries: int) -> None:
    """Wake a worker after the commit, if something is to be sent."""
    if deliveries:
        jobs.nudge(PUMP)


def emit(*, event: str, thing: str, key: int | str, **data: Any) -> int:
    """Tell every endpoint that wants `event` of one thing; returns how many do.

    Call it inside the transaction of what it tells of. `data` must be JSON: keys, numbers and times, and nothing that
    somebody may not see who can read the receiver's log. `id` is `key` unless `data` says
    otherwise.
    """
    return emit_rows(
        event=event,
        thing=thing,
        rows=ONE if isinstance(key, int) else NAMED,
        values={"key": key, "data": json.dumps(data)},
    )


def emit_rows(*, event: str, thing: str, rows: str, values: Mapping[str, Any], each_story: bool = False) -> int:
    """Tell of many things at once: `rows` is as in `telling`, with the parameters `values`. One statement."""
    parameters = {**values, **told(event=event, thing=thing, each_story=each_story)}
    if not connection.in_atomic_block:
        raise TransactionManagementError("Tell of something inside the transaction that it happens in.")
    with prepared_cursor() as cursor:
        cursor.execute(telling(EMIT, rows), parameters)
        count = int(cursor.fetchone()[0])
    wake_worker(count)
    return count
