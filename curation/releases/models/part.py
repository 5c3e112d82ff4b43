"""Finished parts of releases that are being built."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from curation.releases.models.dataset import Split
from curation.releases.models.release import Release


class ReleasePart(models.Model):
    """A part of an unfinished release whose files are stored: a build that is interrupted goes on after it.

    `made` says what it came to, and `made_by` what it was made by: its schema and the writer of its files; another one
    makes it again. `blobs` are the files. The rows go when the release is complete or abandoned.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="parts", db_index=False)
    split = models.CharField(max_length=12, choices=Split)
    number = models.PositiveIntegerField()
    made_by = models.CharField(max_length=60)
    made = models.JSONField()
    blobs = ArrayField(models.CharField(max_length=64))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "split", "number"], name="release_part_once")]
        indexes = [
            # Serves the sweeper's question whether a file belongs to a part.
            GinIndex(fields=["blobs"], name="release_part_blobs"),
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.split} {self.number}"
