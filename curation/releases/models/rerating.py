"""Released stories that are rated once more, to measure how good a release is."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotations.models import Queue
from curation.releases.models.release import Release

MOST_DRAWN = 5_000


class ReratingSample(models.Model):
    """So many stories, of so many in a release, were drawn at random into a queue of their own. Append-only."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="rerating_samples")
    queue = models.OneToOneField(Queue, on_delete=models.PROTECT, related_name="+")
    stories = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stories__gte=1, stories__lte=F("of")), name="rerating_sample_within_release"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stories} of {self.of} stories of {self.release_id}"
