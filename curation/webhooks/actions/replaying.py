"""Sending again: the same bytes under the same id, so that a receiver knows what it has had."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict
from curation.webhooks.emitting import wake_worker
from curation.webhooks.models import Delivery, DeliveryState, Endpoint
from curation.webhooks.permissions import check_can_keep_webhooks

AGAIN: dict[str, Any] = {"state": DeliveryState.PENDING, "tries": 0, "attempts": 0, "error": ""}


def replay(*, actor: Actor, delivery: Delivery) -> None:
    """Send one message to one endpoint again, whether it was delivered or given up.

    Raises `Conflict` while it is on its way, and where the endpoint was removed.
    """
    check_can_keep_webhooks(actor=actor)
    over = Delivery.objects.filter(
        pk=delivery.pk, state__in=[DeliveryState.DONE, DeliveryState.FAILED], endpoint__removed_at=None
    )
    with transaction.atomic():
        if not _again(over):
            raise Conflict(_("This message is on its way already, or its endpoint has been removed."))
        record(actor=actor, verb="webhook.replayed", target=delivery.endpoint, message=delivery.message.public_id)
        wake_worker(1)


def replay_dead(*, actor: Actor, endpoint: Endpoint | None = None) -> int:
    """Send everything again that was given up, of one endpoint or of all; returns how many messages."""
    check_can_keep_webhooks(actor=actor)
    dead = Q(state=DeliveryState.FAILED, endpoint__removed_at=None)
    with transaction.atomic():
        counts: dict[int, int] = {}
        whose = Endpoint.objects.filter(removed_at=None) if endpoint is None else [endpoint]
        for one in whose:
            if count := _again(Delivery.objects.filter(dead, endpoint=one)):
                counts[one.pk] = count
                record(actor=actor, verb="webhook.dead_replayed", target=one, count=count)
        wake_worker(sum(counts.values()))
    return sum(counts.values())


def _again(rows: Any) -> int:
    ids = rows.order_by("pk").values("pk")
    return Delivery.objects.filter(pk__in=ids, state__in=[DeliveryState.DONE, DeliveryState.FAILED]).update(
        next_at=Now(), **AGAIN
    )
