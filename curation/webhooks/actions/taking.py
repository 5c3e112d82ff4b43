"""Taking deliveries that are due, endpoint by endpoint, and writing down what their attempts came to."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from curation.core import leases
from curation.core.errors import Conflict
from curation.webhooks.actions.pausing import pause_gone
from curation.webhooks.keys import secrets_of
from curation.webhooks.models import Delivery, DeliveryState, Endpoint
from curation.webhooks.parcels import AttemptResult, Parcel
from curation.webhooks.timetable import wait_after

# In flight to one endpoint from one process. A lease outlasts an attempt by far, so that it is not renewed.
PER_ENDPOINT = 8
GONE = 410
# A row that is somebody else's by now has another token, and is left as it is.
RECORD = """
UPDATE webhooks_delivery AS d SET
  state = CASE WHEN r.state = 'pending' AND e.removed_at IS NOT NULL THEN 'closed' ELSE r.state END,
  tries = r.tries, attempts = 0, lease_until = NULL, by_token = r.token, tried_at = clock_timestamp(),
  next_at = clock_timestamp() + make_interval(secs => r.wait),
  status = r.status, seconds = r.seconds, error = r.error, answer = r.answer
FROM jsonb_to_recordset(%s::jsonb) AS r(id bigint, token bigint, state text, tries smallint, wait float8,
  status smallint, seconds float8, error text, answer text), webhooks_endpoint AS e
WHERE d.id = r.id AND d.token = r.token AND d.lease_until IS NOT NULL AND e.id = d.endpoint_id
"""


@dataclass(frozen=True)
class TakenDelivery:
    """A delivery in hand. `parcel` is None where its secret cannot be read."""

    id: int
    token: int
    endpoint: int
    tries: int
    parcel: Parcel | None


def endpoints_due() -> QuerySet[Endpoint]:
    """Return the endpoints for which something is due."""
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state=DeliveryState.PENDING, next_at__lte=Now())
    return Endpoint.objects.filter(Exists(due), removed_at=None, paused_at=None).order_by("pk")


def anything_due() -> bool:
    """Whether there is something to send now. What a worker left in the middle is due again."""
    leases.reclaim(Delivery)
    return endpoints_due().exists()


def take_due(busy: Mapping[int, int]) -> list[TakenDelivery]:
    """Take what is due, of each endpoint no more than it has room for; `busy` counts what is in flight to it."""
    found: list[TakenDelivery] = []
    for endpoint in endpoints_due():
        room = PER_ENDPOINT - busy.get(endpoint.pk, 0)
        among = Q(endpoint=endpoint, endpoint__paused_at=None, endpoint__removed_at=None)
        lease = leases.take(Delivery, limit=room, among=among) if room > 0 else None
        if lease is None:
            continue
        try:
            secrets = secrets_of(endpoint)
        except Conflict:
            secrets = []
        for row in lease.mine.select_related("message").order_by("next_at", "pk"):
            parcel = Parcel(endpoint.url, row.message.public_id, row.message.body, secrets) if secrets else None
            found.append(TakenDelivery(row.pk, row.token, endpoint.pk, row.tries, parcel))
    return found


def record(outcomes: Sequence[tuple[TakenDelivery, AttemptResult]]) -> None:
    """Write down what attempts came to, in one statement. An endpoint that is gone for good is paused."""
    rows = [_row(taken, outcome) for taken, outcome in outcomes]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RECORD, [json.dumps(rows)])
        for endpoint in sorted({taken.endpoint for taken, outcome in outcomes if outcome.status == GONE}):
            pause_gone(endpoint_id=endpoint)


def _row(taken: TakenDelivery, outcome: AttemptResult) -> dict[str, Any]:
    tries, wait, state = taken.tries + 1, 0.0, DeliveryState.DONE
    if outcome.status == GONE:
        # It waits with its endpoint, and loses no attempt by that.
        tries, state = taken.tries, DeliveryState.PENDING
    elif not outcome.taken:
        later = wait_after(tries, chance=random.random(), asked_for=outcome.asked_wait)  # noqa: S311 # nosec
        wait, state = (0.0, DeliveryState.FAILED) if later is None else (later, DeliveryState.PENDING)
    return {
        "id": taken.id,
        "token": taken.token,
        "state": state.value,
        "tries": tries,
        "wait": wait,
        "status": outcome.status,
        "seconds": outcome.seconds,
        "error": outcome.error,
        "answer": outcome.answer,
    }
