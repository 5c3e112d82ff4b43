"""What the API keeps of its own: which calls were answered already."""

from django.conf import settings
from django.db import models


class AnsweredCall(models.Model):
    """The answer to a call that came with an `Idempotency-Key`, written in the transaction of what the call did.

    `fingerprint` is a SHA-256 of what was asked, so that one key stands for one call. Rows go after a day.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="answered_call_once")]
        indexes = [
            # Serves the clearing of old rows.
            models.Index(fields=["at"], name="answered_call_by_age"),
        ]

    def __str__(self) -> str:
        return self.key
