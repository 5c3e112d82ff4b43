"""What an Argilla server says of answers, once it has proved that it says so. It is believed which record to look at.

A message is known by its id. One that comes again within the time in which its signature holds does nothing; where
nobody remembers it, because Redis is away, its record is read once more, which changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from curation.argilla.actions.waking import wake_worker
from curation.argilla.keys import webhook_secret_of
from curation.argilla.models import ArgillaRecord, Link, LinkState, Listener

# As Standard Webhooks has it, either way; `standardwebhooks` holds messages to it.
TOLERANCE = timedelta(minutes=5)
# An event has the record's text, the guidelines and all questions. What is larger is read by the minute.
MOST_BYTES = 4 * 1024**2
LONGEST_HEADER, LONGEST_TIME = 1_000, 12
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
A_MINUTE = timedelta(minutes=1)


def listener_at(uuid: UUID) -> Listener | None:
    """Return the listener of an address, if a webhook calls for it."""
    return Listener.objects.filter(uuid=uuid).exclude(webhook="").first()


def may_be_signed(headers: Mapping[str, str]) -> bool:
    """Whether these headers are those of a signed message of now: what can be seen before its body is read."""
    said = [headers.get(name, "") for name in HEADERS]
    _id, at, _signature = said
    if not all(said) or max(map(len, said)) > LONGEST_HEADER or len(at) > LONGEST_TIME:
        return False
    if not (at.isascii() and at.isdigit()):
        return False
    return abs(timezone.now().timestamp() - int(at)) <= TOLERANCE.total_seconds()


def is_signed(listener: Listener, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the server of a listener has signed this message, within the last minutes."""
    secret = webhook_secret_of(listener)
    if secret is None or not may_be_signed(headers):
        return False
    try:
        Webhook(secret.value).verify(body, {name: headers[name] for name in HEADERS}, json_parse=False)
    except (WebhookVerificationError, ValueError):
        # ValueError: a signature or a body that is not written as one is.
        return False
    return True


def take_in(listener: Listener, headers: Mapping[str, str], body: bytes) -> None:
    """Have the record that a signed message names be read soon, if it is one of a linked queue."""
    known = f"argilla-event:{listener.pk}:{hashlib.sha256(headers[HEADERS[0]].encode()).hexdigest()}"
    if cache.get(known):
        return
    dataset, named = _named(body)
    with transaction.atomic():
        rarely = Q(heard_at=None) | Q(heard_at__lt=Now() - A_MINUTE)
        Listener.objects.filter(rarely, pk=listener.pk).update(heard_at=Now(), error="")
        if dataset and named:
            _note(listener, dataset, named)
    cache.set(known, True, timeout=int(2 * TOLERANCE.total_seconds()))


def _note(listener: Listener, dataset: str, named: str) -> None:
    # The round that ends holds this lock while it looks whether anything was told meanwhile.
    rows = Link.objects.select_for_update(no_key=True).exclude(state=LinkState.CLOSED)
    link = rows.filter(server=listener.server_id, dataset=dataset).first()
    if link is not None and ArgillaRecord.objects.filter(link=link, record=named).update(told_at=Now()):
        wake_worker(Link.objects.filter(pk=link.pk))


def _named(body: bytes) -> tuple[str, str]:
    """The ids of the dataset and the record that an event is about; empty where it is about none."""
    try:
        about: Any = json.loads(body)["data"]["record"]
        return str(UUID(about["dataset"]["id"])), str(UUID(about["id"]))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return "", ""
