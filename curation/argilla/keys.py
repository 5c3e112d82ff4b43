"""Keys of Argilla servers, and secrets of their webhooks: encrypted where they are stored, each for what it is of."""

from curation.argilla import faults
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaServer, Listener
from curation.core import encryption
from curation.core.encryption import CannotDecrypt, Secret

USE, USE_OF_WEBHOOKS = "argilla keys", "argilla webhooks"


def encrypt_key(key: str, *, server: ArgillaServer) -> bytes:
    """Return a key encrypted for one server at the address that it has now."""
    return encryption.encrypt(key, use=USE, of=_bound(server))


def key_of(server: ArgillaServer) -> Secret:
    """Return the key of a server. Raises `ArgillaTrouble` where it is forgotten or cannot be decrypted."""
    if server.encrypted_key is None:
        raise ArgillaTrouble(faults.FORGOTTEN % {"name": server.name})
    try:
        return encryption.decrypt(bytes(server.encrypted_key), use=USE, of=_bound(server))
    except CannotDecrypt:
        raise ArgillaTrouble(faults.UNREADABLE % {"name": server.name}) from None


def encrypt_webhook_secret(secret: str, *, listener: Listener) -> bytes:
    """Return the secret that signs what comes for a listener, encrypted for it."""
    return encryption.encrypt(secret, use=USE_OF_WEBHOOKS, of=str(listener.uuid))


def webhook_secret_of(listener: Listener) -> Secret | None:
    """Return the secret that signs what comes for a listener; None where there is none that can be decrypted."""
    if listener.encrypted_secret is None:
        return None
    try:
        return encryption.decrypt(bytes(listener.encrypted_secret), use=USE_OF_WEBHOOKS, of=str(listener.uuid))
    except CannotDecrypt:
        return None


def _bound(server: ArgillaServer) -> str:
    return f"{server.uuid} {server.url}"
