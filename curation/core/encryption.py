"""Secrets that are stored encrypted, and decrypted only where they are used.

AES-256-GCM under a key that HKDF-SHA256 derives from a secret of this installation: the lines of the file that
`PROVIDER_SECRET_FILE` names, the first of which encrypts and all of which decrypt, or else `SECRET_KEY` and its
fallbacks. What a secret was encrypted for is authenticated with it: moved to a row that stands for something else it
cannot be decrypted. Each use derives a key of its own.
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

VERSION, NONCE_BYTES, LEAST_CHARACTERS = b"\x01", 12, 32


class Secret:
    """A secret in the clear, which shows itself to nobody who does not ask for `value`."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self.value)

    def hidden_in(self, text: str) -> str:
        """Return `text` without the secret, wherever somebody has written it."""
        return text.replace(self.value, "[key]") if self.value else text


class CannotDecrypt(Exception):
    """It was encrypted with another secret of the installation, or for something else."""


def encrypt(plain: str, *, use: str, of: str) -> bytes:
    """Return `plain` encrypted for one `use`, bound to what it is the secret `of`."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(_derived(_secrets()[0], use)).encrypt(nonce, plain.encode(), of.encode())


def decrypt(encrypted: bytes, *, use: str, of: str) -> Secret:
    """Return what was encrypted for the same `use` and `of`. Raises `CannotDecrypt`."""
    nonce, cipher = encrypted[1 : 1 + NONCE_BYTES], encrypted[1 + NONCE_BYTES :]
    for secret in _secrets():
        try:
            plain = AESGCM(_derived(secret, use)).decrypt(nonce, cipher, of.encode())
        except (InvalidTag, ValueError):
            # ValueError: what is stored is too short to be encrypted at all.
            continue
        return Secret(plain.decode())
    raise CannotDecrypt


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
def _derived(secret: str, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"exempla {use} 1".encode()).derive(secret.encode())
