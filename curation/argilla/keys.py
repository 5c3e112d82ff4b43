"""Keys of Argilla servers, and secrets of their webhooks: encrypted where they are stored, each for what it is of."""

from curation.argilla import faults
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaServer, Listener
from curation.core import sealing
from curation.core.sealing import CannotOpen, Secret

USE, USE_OF_WEBHOOKS = "argilla keys", "argilla webhooks"


def seal(key: str, *, server: ArgillaServer) -> bytes:
    """Return a key encrypted for one server at the address that it has now."""
    return sealing.seal(key, use=USE, of=_bound(server))


def opened(server: ArgillaServer) -> Secret:
    """Return the key of a server. Raises `ArgillaTrouble` where it is forgotten or cannot be opened."""
    if server.sealed_key is None:
        raise ArgillaTrouble(faults.FORGOTTEN % {"name": server.name})
    try:
        return sealing.unseal(bytes(server.sealed_key), use=USE, of=_bound(server))
    except CannotOpen:
        raise ArgillaTrouble(faults.UNREADABLE % {"name": server.name}) from None


def seal_webhook(secret: str, *, listener: Listener) -> bytes:
    """Return the secret that signs what comes for a listener, encrypted for it."""
    return sealing.seal(secret, use=USE_OF_WEBHOOKS, of=str(listener.uuid))


def opened_webhook(listener: Listener) -> Secret | None:
    """Return the secret that signs what comes for a listener; None where there is none that can be opened."""
    if listener.sealed_secret is None:
        return None
    try:
        return sealing.unseal(bytes(listener.sealed_secret), use=USE_OF_WEBHOOKS, of=str(listener.uuid))
    except CannotOpen:
        return None


def _bound(server: ArgillaServer) -> str:
    return f"{server.uuid} {server.url}"
