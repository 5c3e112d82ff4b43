"""Pseudonyms: a name for a reviewer that stays within one dataset and says nothing outside it."""

import hmac


def name_for(secret: bytes, dataset: str, person: int) -> str:
    """Return `reader-` and ten hex digits of HMAC-SHA256 over dataset and person. Without `secret` it leads nowhere."""
    return "reader-" + hmac.new(secret, f"{dataset}\n{person}".encode(), "sha256").hexdigest()[:10]
