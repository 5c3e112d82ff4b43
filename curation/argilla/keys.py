"""Keys of Argilla servers: encrypted where they are stored, each for its server's address."""

from curation.argilla import faults
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaServer
from curation.core import sealing
from curation.core.sealing import CannotOpen, Secret

USE = "argilla keys"


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


def _bound(server: ArgillaServer) -> str:
    return f"{server.uuid} {server.url}"
