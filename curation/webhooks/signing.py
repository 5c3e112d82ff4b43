"""The headers of a message, as Standard Webhooks has them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from curation.core.encryption import Secret


def headers_of(*, message: str, body: str, secrets: Sequence[Secret], now: datetime) -> dict[str, str]:
    """Return the headers that say which message this is, when it was sent, and that it is ours.

    Each secret signs, so that a receiver may know the old or the new one. A message that is sent again has the same id
    and body, and a time and signature of its own.
    """
    at = now.astimezone(UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret.value).sign(message, at, body) for secret in secrets),
    }
