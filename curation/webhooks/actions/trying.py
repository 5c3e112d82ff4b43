"""Trying an endpoint: one message now, and what it answered."""

from dataclasses import dataclass
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.webhooks.emitting import body_of
from curation.webhooks.events import TEST
from curation.webhooks.keys import secrets_of
from curation.webhooks.models import Endpoint
from curation.webhooks.parcels import AttemptResult, Parcel
from curation.webhooks.permissions import check_can_keep_webhooks


@dataclass(frozen=True)
class TrialMessage:
    """What was sent under which id, and what came of it."""

    message: str
    outcome: AttemptResult


def try_endpoint(*, actor: Actor, endpoint: Endpoint) -> TrialMessage:
    """Send one signed message that means nothing, also to an endpoint that is paused, and return what it answered.

    It is sent once, within 15 seconds, and not kept. Raises `Conflict` where the secret cannot be read.
    """
    check_can_keep_webhooks(actor=actor)
    message = f"msg_{uuid4().hex}"
    body = body_of(event=TEST, at=timezone.now(), thing="webhook", key=endpoint.pk)
    parcel = Parcel(endpoint.url, message, body, secrets_of(endpoint))
    outcome: AttemptResult = async_to_sync(_send)(parcel)
    with transaction.atomic():
        record(
            actor=actor,
            verb="webhook.tested",
            target=endpoint,
            status=outcome.status,
            taken=outcome.taken,
        )
    return TrialMessage(message, outcome)


async def _send(parcel: Parcel) -> AttemptResult:
    # Only whoever sends needs what speaks to the network.
    from curation.webhooks.network import ReceiverBackend, pool_for
    from curation.webhooks.sending import send

    to_private: bool = settings.WEBHOOKS_TO_PRIVATE_ADDRESSES
    backend = ReceiverBackend(to_private=to_private)
    try:
        async with pool_for(backend, connections=1) as pool:
            return await send(pool, parcel, to_private=to_private)
    finally:
        backend.close()
