"""Keys of providers, encrypted where they are stored.

AES-256-GCM under a key that HKDF-SHA256 derives from a secret of this installation: the lines of the file that
`PROVIDER_SECRET_FILE` names, the first of which encrypts and all of which decrypt, or else `SECRET_KEY` and its
fallbacks. What a key was sealed for, its address, is authenticated with it: moved to a row with another address it does
not open.
"""

import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from curation.llm.errors import ProviderRefused
from curation.llm.models import Provider

VERSION, NONCE_BYTES, LEAST_CHARACTERS = b"\x01", 12, 32


class Secret:
    """A key in the clear, which shows itself to nobody who does not ask for `value`."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self.value)

    def hidden_in(self, text: str) -> str:
        """Return `text` without the key, wherever somebody has written it."""
        return text.replace(self.value, "[key]") if self.value else text


def seal(key: str, *, address: str) -> bytes:
    """Return `key` encrypted for the provider at `address`."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(_derived(_secrets()[0])).encrypt(nonce, key.encode(), address.encode())


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
    sealed = bytes(provider.sealed_key)
    for secret in _secrets():
        try:
            plain = AESGCM(_derived(secret)).decrypt(
                sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], provider.address.encode()
            )
        except InvalidTag:
            continue
        return Secret(plain.decode())
    raise ProviderRefused(
        _("The key of %(name)s cannot be read with this installation’s secret. Enter it again.")
        % {"name": provider.name}
    )


def _secrets() -> tuple[str, ...]:
    if settings.PROVIDER_SECRET_FILE:
        return _from_file(settings.PROVIDER_SECRET_FILE)
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=1)
def _from_file(path: str) -> tuple[str, ...]:
    try:
        lines = Path(path).read_text(encoding="utf-8").split()
    except OSError as error:
        raise ImproperlyConfigured(f"PROVIDER_SECRET_FILE cannot be read: {error.strerror}.") from None
    if not lines or min(map(len, lines)) < LEAST_CHARACTERS:
        raise ImproperlyConfigured(
            f"PROVIDER_SECRET_FILE must hold secrets of {LEAST_CHARACTERS} characters or more, one a line."
        )
    return tuple(lines)


@lru_cache(maxsize=8)
def _derived(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"exempla provider keys 1").derive(secret.encode())
