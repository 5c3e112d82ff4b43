"""Sending nothing to an endpoint for a while. What happens meanwhile waits for it."""

from django.db import transaction
from django.db.models.functions import Now

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import record
from curation.webhooks.actions.endpoints import locked
from curation.webhooks.emitting import wake_worker
from curation.webhooks.models import Endpoint, PausedBecause
from curation.webhooks.permissions import check_can_keep_webhooks


def pause_endpoint(*, actor: Actor, endpoint: Endpoint) -> None:
    """Send nothing more for now; what is being sent ends as it began. Twice changes nothing."""
    check_can_keep_webhooks(actor=actor)
    with transaction.atomic():
        row = locked(endpoint)
        if row.paused_at is None:
            _pause(actor, row, PausedBecause.ADMIN)


def resume_endpoint(*, actor: Actor, endpoint: Endpoint) -> None:
    """Send again, what has waited first. Twice changes nothing."""
    check_can_keep_webhooks(actor=actor)
    with transaction.atomic():
        row = locked(endpoint)
        if row.paused_at is not None:
            Endpoint.objects.filter(pk=row.pk).update(paused_at=None, paused_because="")
            record(actor=actor, verb="webhook.resumed", target=row)
            wake_worker(1)


def pause_gone(*, endpoint_id: int) -> None:
    """Pause an endpoint that said that it is gone for good. Call it in the transaction that writes that down."""
    row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if row.paused_at is None and row.removed_at is None:
        _pause(SYSTEM, row, PausedBecause.GONE)


def _pause(actor: Actor, row: Endpoint, because: PausedBecause) -> None:
    Endpoint.objects.filter(pk=row.pk).update(paused_at=Now(), paused_because=because)
    record(actor=actor, verb="webhook.paused", target=row, because=because.value)
