"""What a dataset said of itself, version by version."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from curation.releases.models.dataset import LONGEST_AUTHOR, Dataset


class CardVersion(models.Model):
    """What a dataset says of itself from a day on, until the next: a new one makes no new version. Append-only.

    `number` counts from 1; the newest says what the dataset's own columns say.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="cards", db_index=False)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    authors = ArrayField(models.CharField(max_length=LONGEST_AUTHOR), default=list, blank=True)
    doi = models.CharField(max_length=200, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="card_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="card_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} card {self.number}"
