"""Keys of providers, encrypted where they are stored, each for the address that it goes to."""

import os

from django.utils.translation import gettext as _

from curation.core import sealing
from curation.core.sealing import CannotOpen, Secret
from curation.llm.errors import ProviderRefused
from curation.llm.models import Provider

USE = "provider keys"


def seal(key: str, *, address: str) -> bytes:
    """Return `key` encrypted for the provider at `address`."""
    return sealing.seal(key, use=USE, of=address)


def opened(provider: Provider) -> Secret:
    """Return the key of a provider; empty for one that has none.

    Raises `ProviderRefused` where it cannot be opened, or where this host lacks the environment variable.
    """
    if provider.key_variable:
        if value := os.environ.get(provider.key_variable):
            return Secret(value)
        raise ProviderRefused(
            _("%(name)s takes its key from %(variable)s, which is not set on this host.")
            % {"name": provider.name, "variable": provider.key_variable}
        )
    if provider.sealed_key is None:
        return Secret("")
    try:
        return sealing.unseal(bytes(provider.sealed_key), use=USE, of=provider.address)
    except CannotOpen:
        raise ProviderRefused(
            _("The key of %(name)s cannot be read with this installation’s secret. Enter it again.")
            % {"name": provider.name}
        ) from None
