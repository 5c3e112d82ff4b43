"""What people said to the publication of their ratings. Append-only: the latest record is what holds."""

from django.conf import settings
from django.db import models


class Consent(models.Model):
    """One answer to the consent of this version (a file in `annotations/consent/`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveSmallIntegerField()
    publish = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(version__gte=1), name="consent_version_from_one"),
        ]
        indexes = [
            # Serves a person's latest answer.
            models.Index(fields=["user", "-id"], name="consent_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} to version {self.version}: {'yes' if self.publish else 'no'}"
