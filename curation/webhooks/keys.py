"""The secrets that sign for an endpoint, encrypted where they are stored and bound to the endpoint."""

import base64
import os

from django.utils import timezone
from django.utils.translation import gettext as _

from curation.core import sealing
from curation.core.errors import Conflict
from curation.core.sealing import CannotOpen, Secret
from curation.webhooks.models import Endpoint

USE, BYTES, PREFIX = "webhook secrets", 32, "whsec_"


def new_secret() -> Secret:
    """Return a secret as Standard Webhooks writes it."""
    return Secret(PREFIX + base64.b64encode(os.urandom(BYTES)).decode())


def seal(secret: Secret, *, endpoint: Endpoint) -> bytes:
    """Return a secret encrypted for one endpoint."""
    return sealing.seal(secret.value, use=USE, of=str(endpoint.uuid))


def opened(endpoint: Endpoint) -> list[Secret]:
    """Return the secrets that sign now, the newest first: the former one signs too for a while after a rotation.

    Raises `Conflict` where the newest cannot be opened; a former one that cannot is left out.
    """
    found = []
    former = endpoint.sealed_former if endpoint.former_until and endpoint.former_until > timezone.now() else None
    for sealed in (endpoint.sealed_secret, former):
        if sealed is None:
            continue
        try:
            found.append(sealing.unseal(bytes(sealed), use=USE, of=str(endpoint.uuid)))
        except CannotOpen:
            if not found:
                break
    if not found:
        raise Conflict(
            _("The secret of %(name)s cannot be read with this installation’s secret. Make a new one.")
            % {"name": endpoint.name}
        )
    return found
