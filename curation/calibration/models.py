"""Who has seen a machine score, and so can no longer review or adjudicate that story blind."""

from django.conf import settings
from django.db import models

from curation.stories.models import Story


class Exposure(models.Model):
    """This person has seen a score of this story. Append-only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    where = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "story"], name="exposure_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw a score of {self.story_id}"
