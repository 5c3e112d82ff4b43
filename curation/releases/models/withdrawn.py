"""What was taken back after its release: single stories, and whole versions. Append-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.releases.models.dataset import Dataset
from curation.releases.models.release import Release
from curation.stories.models import Story


class WithdrawnStory(models.Model):
    """A story that goes into no later version of a dataset; those that have it keep it. Append-only."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="withdrawn_stories", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    withdrawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "story"], name="story_withdrawn_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="story_withdrawn_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id} from {self.dataset_id}"


class WithdrawnVersion(models.Model):
    """A version that should not be used any more. It stays as it is, under its name. Append-only."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="withdrawn")
    reason = models.TextField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    withdrawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="version_withdrawn_with_reason")]

    def __str__(self) -> str:
        return str(self.release)
