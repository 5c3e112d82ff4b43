"""Tokens of targets: encrypted where they are stored, each for its endpoint, or named in the environment."""

import os
import re

from curation.core import encryption
from curation.core.encryption import CannotDecrypt, Secret
from curation.core.errors import Conflict
from curation.publishing import faults
from curation.publishing.faults import fault_in_words
from curation.publishing.models import HubTarget

USE = "hub tokens"
# An admin names a variable on a page: it must not be one that holds another secret of this server.
VARIABLE = re.compile(r"(HF_TOKEN|HUB_TOKEN)(_[A-Z0-9]+)*")
HUB = "https://huggingface.co"


def endpoint_of_environment() -> str:
    """Return the Hub that tokens of the environment are for, and the one that is meant where none is named."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def encrypt_token(token: str, *, target: HubTarget) -> bytes:
    """Return a token encrypted for one target at the endpoint that it has now."""
    return encryption.encrypt(token, use=USE, of=_bound(target))


def token_of(target: HubTarget) -> Secret:
    """Return the token of a target.

    Raises `Conflict` where it cannot be decrypted, where this host lacks the environment variable, or where a token of
    the environment would go to another Hub than the one that the environment names.
    """
    about = {"repo": target.repo, "variable": target.token_variable}
    if target.token_variable:
        if target.endpoint != endpoint_of_environment():
            raise Conflict(fault_in_words(faults.ANOTHER_HUB % {"endpoint": endpoint_of_environment()}))
        if value := os.environ.get(target.token_variable):
            return Secret(value)
        raise Conflict(fault_in_words(faults.NO_VARIABLE % about))
    if target.encrypted_token is None:
        raise Conflict(fault_in_words(faults.FORGOTTEN % about))
    try:
        return encryption.decrypt(bytes(target.encrypted_token), use=USE, of=_bound(target))
    except CannotDecrypt:
        raise Conflict(fault_in_words(faults.UNREADABLE % about)) from None


def _bound(target: HubTarget) -> str:
    return f"{target.uuid} {target.endpoint}"
