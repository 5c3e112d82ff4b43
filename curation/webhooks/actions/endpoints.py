"""Endpoints: making, changing and removing them, and giving them another secret."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.encryption import Secret
from curation.core.errors import Conflict, InvalidInput
from curation.webhooks.addresses import may_be_kept
from curation.webhooks.events import EVENTS
from curation.webhooks.keys import encrypt_secret, new_secret, secrets_of
from curation.webhooks.models import Delivery, DeliveryState, Endpoint
from curation.webhooks.permissions import check_can_keep_webhooks

# Each event looks at all of them, and each may have its share of connections.
MOST = 50
FIELDS = ("name", "url", "events", "each_story")
OVERLAP_HOURS, LONGEST_OVERLAP_HOURS = 24, 168


def create_endpoint(
    *, actor: Actor, name: str, url: str, events: Collection[str], each_story: bool = False
) -> tuple[Endpoint, Secret]:
    """Make an endpoint, and return it with its secret, which nobody is told again.

    Raises `InvalidInput` for a URL that nothing may be sent to and for no or an unknown event, `Conflict` where the
    name is taken or there are too many.
    """
    check_can_keep_webhooks(actor=actor)
    if Endpoint.objects.filter(removed_at=None).count() >= MOST:
        raise Conflict(_("There are %(n)s endpoints already. Remove one first.") % {"n": MOST})
    endpoint, secret = Endpoint(created_by_id=actor.pk), new_secret()
    _put(endpoint, name=name, url=url, events=events, each_story=each_story)
    endpoint.encrypted_secret = encrypt_secret(secret, endpoint=endpoint)
    with transaction.atomic():
        _save(endpoint)
        record(actor=actor, verb="webhook.created", target=endpoint, host=_host(endpoint), events=endpoint.events)
    return endpoint, secret


def change_endpoint(
    *,
    actor: Actor,
    endpoint: Endpoint,
    name: str | None = None,
    url: str | None = None,
    events: Collection[str] | None = None,
    each_story: bool | None = None,
) -> Endpoint:
    """Change what is given of an endpoint. What waits to be sent goes to the new URL. Errors are those of creating."""
    check_can_keep_webhooks(actor=actor)
    with transaction.atomic():
        row = locked(endpoint)
        before = {field: getattr(row, field) for field in FIELDS}
        _put(
            row,
            name=row.name if name is None else name,
            url=row.url if url is None else url,
            events=row.events if events is None else events,
            each_story=row.each_story if each_story is None else each_story,
        )
        changed = sorted(field for field, value in before.items() if getattr(row, field) != value)
        if changed:
            _save(row)
            record(actor=actor, verb="webhook.changed", target=row, changed=changed, host=_host(row), events=row.events)
    return row


def rotate_secret(*, actor: Actor, endpoint: Endpoint, overlap_hours: int = OVERLAP_HOURS) -> tuple[Endpoint, Secret]:
    """Give an endpoint another secret, and return it, which nobody is told again.

    For `overlap_hours` (0 to 168) the old one signs too; one that was old before signs no more.
    """
    check_can_keep_webhooks(actor=actor)
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise InvalidInput(_("The old secret can go on for 0 to %(n)s hours.") % {"n": LONGEST_OVERLAP_HOURS})
    secret = new_secret()
    with transaction.atomic():
        row = locked(endpoint)
        keeps = overlap_hours > 0 and _can_be_opened(row)
        row.encrypted_former_secret = row.encrypted_secret if keeps else None
        row.former_until = timezone.now() + timedelta(hours=overlap_hours) if keeps else None
        row.encrypted_secret = encrypt_secret(secret, endpoint=row)
        row.save(update_fields=["encrypted_secret", "encrypted_former_secret", "former_until"])
        record(actor=actor, verb="webhook.secret_rotated", target=row, overlap_hours=overlap_hours if keeps else 0)
    return row, secret


def remove_endpoint(*, actor: Actor, endpoint: Endpoint) -> None:
    """Forget an endpoint's secrets and send it nothing more. Doing it again changes nothing."""
    check_can_keep_webhooks(actor=actor)
    with transaction.atomic():
        row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        if row.removed_at is not None:
            return
        row.removed_at = timezone.now()
        row.encrypted_secret = row.encrypted_former_secret = row.former_until = None
        row.save(update_fields=["removed_at", "encrypted_secret", "encrypted_former_secret", "former_until"])
        close_removed()
        record(actor=actor, verb="webhook.removed", target=row)


def close_removed() -> int:
    """Let nothing wait any more that is for an endpoint that was removed; returns how many deliveries."""
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING, endpoint__removed_at__isnull=False)
    return waiting.update(state=DeliveryState.CLOSED)


def locked(endpoint: Endpoint) -> Endpoint:
    """Lock an endpoint that is still there; `Conflict` where it was removed."""
    row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if row.removed_at is not None:
        raise Conflict(_("This endpoint has been removed."))
    return row


def _put(endpoint: Endpoint, *, name: str, url: str, events: Collection[str], each_story: bool) -> None:
    endpoint.name, endpoint.url, endpoint.each_story = name.strip(), url.strip(), each_story
    endpoint.events = [event for event in EVENTS if event in set(events)]
    if not endpoint.name or len(endpoint.name) > 60 or "\0" in endpoint.name:
        raise InvalidInput(_("Give it a name of 60 characters or less."))
    if not may_be_kept(endpoint.url, to_private=settings.WEBHOOKS_TO_PRIVATE_ADDRESSES):
        raise InvalidInput(
            _(
                "Nothing may be sent to this URL. It begins with https://, has no password in it, and is not of a "
                "private network or this machine."
            )
        )
    if not endpoint.events or not set(events) <= EVENTS.keys():
        raise InvalidInput(_("Choose one or more of the events."))


def _host(endpoint: Endpoint) -> str:
    """What the audit log says of a URL: the rest of it may be as good as a password."""
    return urlsplit(endpoint.url).hostname or ""


def _can_be_opened(endpoint: Endpoint) -> bool:
    try:
        secrets_of(endpoint)
    except Conflict:
        return False
    return True


def _save(endpoint: Endpoint) -> None:
    try:
        with transaction.atomic():
            endpoint.save()
    except IntegrityError as error:
        if "endpoint_name_once" in str(error):
            raise Conflict(_("Another endpoint has this name.")) from None
        raise
