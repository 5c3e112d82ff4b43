"""Having Argilla servers tell of answers as they are given: a webhook there, looked after by the worker.

Each step first looks what is there. A webhook that was made and whose answer was lost is found again by its address,
with its secret, which Argilla tells owners.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.argilla import faults
from curation.argilla.client import Argilla, Json
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.keys import encrypt_webhook_secret, webhook_secret_of
from curation.argilla.models import ArgillaServer, Link, LinkState, Listener
from curation.audit.actions import record
from curation.core.locks import ARGILLA_LISTENING, try_lock

EVENTS = ["response.created", "response.updated", "response.deleted"]
DESCRIPTION = "Tells Exempla of answers in the datasets of its queues."
# Until a listener is looked at again: after an error that may pass, and otherwise. A call that does not come through
# holds up all of Argilla while it lasts, so it is not asked for often.
SOON, LATER, SELDOM = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6)


def keep_listening() -> None:
    """Have each server with a linked queue call here, and no other; what is in the way is kept with its listener.

    No transaction is open while a server is called, and one process at a time looks after one.
    """
    for server in _due():
        with try_lock(ARGILLA_LISTENING, server.pk) as got:
            if got and (still := _due().filter(pk=server.pk).first()):
                _look_after(still)


def forget_webhook(server: ArgillaServer, *, patient: bool = False) -> bool:
    """Remove the webhook of a server there, and its listener here; return whether none is left there."""
    listener = Listener.objects.filter(server=server).first()
    if listener is None:
        return True
    try:
        with Argilla(server, patient=patient) as argilla:
            _leave(listener, argilla)
    except ArgillaTrouble:
        _drop(listener)
        return False
    return True


def address_of(listener: Listener) -> str:
    """Return where a server is to call for a listener; empty where this site does not know its own address."""
    path = reverse("argilla_event", args=[listener.uuid])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""


def _due() -> QuerySet[ArgillaServer]:
    """Servers that are to be looked after now."""
    linked = Exists(Link.objects.filter(server=OuterRef("pk")).exclude(state=LinkState.CLOSED))
    due = Q(listener__next_at__lte=Now())
    if settings.PUBLIC_URL:
        due |= Q(linked, listener=None)
    return ArgillaServer.objects.filter(due, removed_at=None).order_by("pk")


def _look_after(server: ArgillaServer) -> None:
    listener = Listener.objects.get_or_create(server=server)[0]
    wanted = Link.objects.filter(server=server).exclude(state=LinkState.CLOSED).exists()
    try:
        with Argilla(server) as argilla:
            if wanted and settings.PUBLIC_URL:
                _listen(listener, argilla)
                _note(listener, error="", next_at=Now() + LATER)
            else:
                _leave(listener, argilla)
    except ArgillaTrouble as error:
        wait = SELDOM if error.words == _unheard(listener) else SOON if error.passes else LATER
        _note(listener, error=error.words, next_at=Now() + wait)


def _listen(listener: Listener, argilla: Argilla) -> None:
    address, there = address_of(listener), _ours(listener, argilla)
    if listener.address != address:
        for one in there:
            _remove(one, argilla)
        _note(listener, address=address, webhook="", encrypted_secret=None, heard_at=None)
        there = []
    for one in there[1:]:
        _remove(one, argilla)
    if there:
        webhook = there[0]
    else:
        body = {"url": address, "events": EVENTS, "description": DESCRIPTION}
        webhook = argilla.call("POST", "webhooks", body=body)
    if webhook["id"] != listener.webhook or webhook_secret_of(listener) is None:
        with transaction.atomic():
            encrypted = encrypt_webhook_secret(webhook["secret"], listener=listener)
            _note(listener, webhook=webhook["id"], encrypted_secret=encrypted, heard_at=None)
            record(actor=SYSTEM, verb="argilla_webhook.made", target=listener.server, host=listener.server.host)
    if not webhook["enabled"] or not set(EVENTS) <= set(webhook["events"]):
        raise ArgillaTrouble(faults.TURNED_OFF)
    if listener.heard_at is None:
        _be_called(listener, argilla)


def _be_called(listener: Listener, argilla: Argilla) -> None:
    """Have the server call once, and see whether that comes through."""
    try:
        argilla.call("POST", f"webhooks/{quote(listener.webhook)}/ping")
    except ArgillaTrouble as error:
        # It answers with a fault of its own where it reaches nobody.
        if error.status // 100 != 5:
            raise
    listener.refresh_from_db()
    if listener.heard_at is None:
        raise ArgillaTrouble(_unheard(listener))


def _unheard(listener: Listener) -> str:
    return faults.UNHEARD % {"address": settings.PUBLIC_URL}


def _leave(listener: Listener, argilla: Argilla) -> None:
    if listener.address:
        for one in _ours(listener, argilla):
            _remove(one, argilla)
    _drop(listener)


def _drop(listener: Listener) -> None:
    with transaction.atomic():
        if listener.webhook:
            record(actor=SYSTEM, verb="argilla_webhook.removed", target=listener.server, host=listener.server.host)
        listener.delete()


def _ours(listener: Listener, argilla: Argilla) -> list[Json]:
    """The webhooks there that call for this listener, at whichever address of this site."""
    path = reverse("argilla_event", args=[listener.uuid])
    try:
        return [one for one in argilla.webhooks() if str(one["url"]).endswith(path)]
    except ArgillaTrouble as error:
        if error.status == 403:
            raise ArgillaTrouble(faults.NO_OWNER, status=403) from None
        if error.status == 404:
            raise ArgillaTrouble(faults.NO_WEBHOOKS, status=404) from None
        raise


def _remove(webhook: Json, argilla: Argilla) -> None:
    try:
        argilla.call("DELETE", f"webhooks/{quote(str(webhook['id']))}")
    except ArgillaTrouble as error:
        if error.status != 404:
            raise


def _note(listener: Listener, **changes: Any) -> None:
    Listener.objects.filter(pk=listener.pk).update(**changes)
    listener.refresh_from_db()
