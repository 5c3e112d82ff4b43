"""How often versions were downloaded."""

from django.db import models

from curation.releases.models import Release


class DailyDownloads(models.Model):
    """How many clients downloaded rows of a version on a day (UTC); none is named here."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="downloads", db_index=False)
    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "day"], name="downloads_day_once")]

    def __str__(self) -> str:
        return f"{self.release_id} {self.day}: {self.count}"
