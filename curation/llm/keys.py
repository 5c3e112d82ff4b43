"""Keys of providers, encrypted where they are stored, each for the address that it goes to."""

import os

from django.utils.translation import gettext as _

from curation.core import encryption
from curation.core.encryption import CannotDecrypt, Secret
from curation.llm.errors import ProviderRefused
from curation.llm.models import Provider

USE = "provider keys"


def encrypt_key(key: str, *, address: str) -> bytes:
    """Return `key` encrypted for the provider at `address`."""
    return encryption.encrypt(key, use=USE, of=address)


def key_of(provider: Provider) -> Secret:
    """Return the key of a provider; empty for one that has none.

    Raises `ProviderRefused` where it cannot be decrypted, or where this host lacks the environment variable.
    """
    if provider.key_variable:
        if value := os.environ.get(provider.key_variable):
            return Secret(value)
        raise ProviderRefused(
            _("%(name)s takes its key from %(variable)s, which is not set on this host.")
            % {"name": provider.name, "variable": provider.key_variable}
        )
    if provider.encrypted_key is None:
        return Secret("")
    try:
        return encryption.decrypt(bytes(provider.encrypted_key), use=USE, of=provider.address)
    except CannotDecrypt:
        raise ProviderRefused(
            _("The key of %(name)s cannot be read with this installation’s secret. Enter it again.")
            % {"name": provider.name}
        ) from None
