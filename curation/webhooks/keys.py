"""The secrets that sign for an endpoint, encrypted where they are stored and bound to the endpoint."""

import base64
import os

from django.utils import timezone
from django.utils.translation import gettext as _

from curation.core import encryption
from curation.core.encryption import CannotDecrypt, Secret
from curation.core.errors import Conflict
from curation.webhooks.models import Endpoint

USE, BYTES, PREFIX = "webhook secrets", 32, "whsec_"


def new_secret() -> Secret:
    """Return a secret as Standard Webhooks writes it."""
    return Secret(PREFIX + base64.b64encode(os.urandom(BYTES)).decode())


def encrypt_secret(secret: Secret, *, endpoint: Endpoint) -> bytes:
    """Return a secret encrypted for one endpoint."""
    return encryption.encrypt(secret.value, use=USE, of=str(endpoint.uuid))


def secrets_of(endpoint: Endpoint) -> list[Secret]:
    """Return the secrets that sign now, the newest first: the former one signs too for a while after a rotation.

    Raises `Conflict` where the newest cannot be decrypted; a former one that cannot is left out.
    """
    found = []
    former_signs = endpoint.former_until is not None and endpoint.former_until > timezone.now()
    for encrypted in (endpoint.encrypted_secret, endpoint.encrypted_former_secret if former_signs else None):
        if encrypted is None:
            continue
        try:
            found.append(encryption.decrypt(bytes(encrypted), use=USE, of=str(endpoint.uuid)))
        except CannotDecrypt:
            if not found:
                break
    if not found:
        raise Conflict(
            _("The secret of %(name)s cannot be read with this installation’s secret. Make a new one.")
            % {"name": endpoint.name}
        )
    return found
