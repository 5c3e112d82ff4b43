"""What was counted once in the files of a release, and where in them the rows of a story lie. Append-only."""

from django.db import models
from django.db.models import F, Q

from curation.releases.models import Release, ReleaseFile


class Profile(models.Model):
    """The distributions of a release's stories. A release that has one has all its row groups, too.

    `figures` maps a name to counts: see `rows.counting`.
    """

    release = models.OneToOneField(Release, primary_key=True, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.release)


class RowGroup(models.Model):
    """One row group of a Parquet file, the least of it that is read.

    `first_row` is its first row's place among those of its config and split, from 0. `first_story` and `last_story` are
    the places in `stories`, in the same split, of the first and last story that it has rows of; `low_id` and `high_id`
    the least and the greatest of their ids.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    file = models.ForeignKey(ReleaseFile, on_delete=models.PROTECT, related_name="+", db_index=False)
    config = models.CharField(max_length=12)
    split = models.CharField(max_length=12)
    number = models.PositiveIntegerField()
    first_row = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    first_story = models.PositiveIntegerField()
    last_story = models.PositiveIntegerField()
    low_id = models.CharField(max_length=80)
    high_id = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "config", "split", "first_row"], name="row_group_once", include=["rows"]
            ),
            models.CheckConstraint(condition=Q(rows__gt=0), name="row_group_has_rows"),
            models.CheckConstraint(condition=Q(last_story__gte=F("first_story")), name="row_group_in_order"),
        ]
        indexes = [
            # Serves the search for a story's ratings and passages.
            models.Index(fields=["release", "config", "split", "first_story"], name="row_group_of_story"),
        ]

    def __str__(self) -> str:
        return f"{self.config}/{self.split} {self.first_row}"
