"""Who has seen a machine score."""

from django.conf import settings
from django.db import models

from curation.scoring.models import Judge
from curation.stories.models import Story


class Exposure(models.Model):
    """This person has seen a score of this story, and can no longer review or adjudicate it blind. Append-only.

    `judge` is whose; empty where it was several, or before it was noted.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    judge = models.ForeignKey(Judge, null=True, on_delete=models.PROTECT, related_name="+")
    where = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "story"], name="exposure_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw a score of {self.story_id}"
