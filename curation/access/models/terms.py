"""What people accept before they get a gated dataset."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.releases.models import Dataset


class AccessTerms(models.Model):
    """One version of a gated dataset's terms; the one with the highest `number` holds. Append-only.

    `by_request`: a curator lets people in one by one; otherwise accepting is enough. `anew`: whoever had access before
    has to accept these, too.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="terms", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    by_request = models.BooleanField(default=False)
    anew = models.BooleanField(default=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="terms_number_once"),
            models.CheckConstraint(condition=~Q(text=""), name="terms_say_something"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset}: {self.number}"
