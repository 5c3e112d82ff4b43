"""Servers: adding, trying and removing them, and giving them another key. Keys go in here, and come out nowhere."""

from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.argilla.actions.waking import look_at_listener
from curation.argilla.client import Argilla
from curation.argilla.faults import ArgillaTrouble, fault_in_words
from curation.argilla.keys import encrypt_key
from curation.argilla.listening import forget_webhook
from curation.argilla.models import ArgillaServer, Link, LinkState
from curation.argilla.permissions import check_can_keep_servers
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.webhooks.addresses import may_be_kept

LONGEST_KEY = 500
MOST = 50


@dataclass(frozen=True)
class Found:
    """What a server said when it was tried: its version, whose key it is, and their role there."""

    version: str
    username: str
    role: str


def create_server(
    *, actor: Actor, name: str, url: str, workspace: str, key: str, verify_tls: bool = True
) -> ArgillaServer:
    """Add an Argilla server. Nothing is sent to it yet.

    Raises `InvalidInput` for an address that nothing may be sent to, an empty name or workspace and what is no key;
    `Conflict` where that workspace of it is there already.
    """
    check_can_keep_servers(actor=actor)
    server = ArgillaServer(name=name.strip(), url=url.strip().rstrip("/"), workspace=workspace.strip())
    server.verify_tls, server.created_by_id = verify_tls, actor.pk
    if not server.name or len(server.name) > 60 or not server.workspace or len(server.workspace) > 200:
        raise InvalidInput(_("Give the server a name, and say which of its workspaces it is about."))
    if (
        not may_be_kept(server.url, to_private=settings.ARGILLA_TO_PRIVATE_ADDRESSES)
        or "?" in server.url
        or len(server.url) > 300
    ):
        raise InvalidInput(_("An address looks like https://argilla.example.org, and is of no private network."))
    if servers_there() >= MOST:
        raise Conflict(_("There are %(n)s servers already. Remove one first.") % {"n": MOST})
    _put_key(server, key)
    with transaction.atomic():
        try:
            with transaction.atomic():
                server.save()
        except IntegrityError:
            raise Conflict(_("That workspace of %(host)s is there already.") % {"host": server.host}) from None
        record(actor=actor, verb="argilla_server.created", target=server, **_about(server))
    return server


def replace_key(*, actor: Actor, server: ArgillaServer, key: str) -> ArgillaServer:
    """Give a server another key. Raises `InvalidInput` for what is no key, `Conflict` if it is removed."""
    check_can_keep_servers(actor=actor)
    with transaction.atomic():
        row = ArgillaServer.objects.select_for_update().get(pk=server.pk)
        if row.removed_at is not None:
            raise Conflict(_("This server has been removed."))
        _put_key(row, key)
        row.save(update_fields=["encrypted_key", "key_set_at"])
        record(actor=actor, verb="argilla_server.key_replaced", target=row, **_about(row))
        look_at_listener(row)
    return row


def remove_server(*, actor: Actor, server: ArgillaServer) -> None:
    """Forget a server's key and speak to it no more. What came from it stays. Twice changes nothing.

    Its webhook is removed there, if it answers. Raises `Conflict` while a queue is linked to it.
    """
    check_can_keep_servers(actor=actor)
    if server.removed_at is None and not _linked(server):
        forget_webhook(server)
    with transaction.atomic():
        row = ArgillaServer.objects.select_for_update().get(pk=server.pk)
        if row.removed_at is not None:
            return
        if _linked(row):
            raise Conflict(_("A queue is linked to it. End that link first."))
        row.encrypted_key = row.key_set_at = None
        row.removed_at = timezone.now()
        row.save(update_fields=["encrypted_key", "key_set_at", "removed_at"])
        record(actor=actor, verb="argilla_server.removed", target=row, **_about(row))


def try_server(*, actor: Actor, server: ArgillaServer) -> Found:
    """Ask a server for its version, whose key it is, and for the workspace. `Conflict` says what is in the way."""
    check_can_keep_servers(actor=actor)
    try:
        with Argilla(server, patient=False) as argilla:
            version, me = argilla.version(), argilla.me()
            argilla.workspace_id()
    except ArgillaTrouble as error:
        raise Conflict(fault_in_words(error.words)) from None
    return Found(version, str(me.get("username", "")), str(me.get("role", "")))


def _linked(server: ArgillaServer) -> bool:
    return Link.objects.filter(server=server).exclude(state=LinkState.CLOSED).exists()


def servers_there() -> int:
    """Return how many servers there are."""
    return ArgillaServer.objects.filter(removed_at=None).count()


def _put_key(server: ArgillaServer, key: str) -> None:
    key = key.strip()
    if not key:
        raise InvalidInput(_("Enter a key of that server."))
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInput(_("That is no key: it has spaces or letters that no key has."))
    server.encrypted_key, server.key_set_at = encrypt_key(key, server=server), timezone.now()


def _about(server: ArgillaServer) -> dict[str, str]:
    return {"host": server.host, "workspace": server.workspace}
