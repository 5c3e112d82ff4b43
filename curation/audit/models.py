"""The audit log: who did what, when. Append-only by trigger."""

from django.conf import settings
from django.db import models


class Entry(models.Model):
    """One action. `actor` is empty when a worker acted by itself."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    verb = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            # Serves the history on one object's page.
            models.Index(fields=["target_type", "target_id", "-at"], name="audit_by_target"),
            # Serves when somebody last did something.
            models.Index(fields=["actor", "-at"], name="audit_by_actor"),
            # Serves a day on the activity page, and the newest entries in the back office.
            models.Index(fields=["-at"], name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type}:{self.target_id}"
