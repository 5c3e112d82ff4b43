"""Where a story stands: one indexed row, moved only by `stories.actions.advance()`."""

from django.db import models
from django.db.models import Q

from curation.stories.models.story import Story
from curation.stories.stages import State


class Stage(models.Model):
    """The state of one story. The allowed moves are `stages.TRANSITIONS`."""

    story = models.OneToOneField(Story, primary_key=True, on_delete=models.CASCADE, related_name="stage")
    state = models.CharField(max_length=16, choices=State, default=State.STORED)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=State.values), name="stage_state_known")]
        indexes = [
            # Serves lists and counts by state, and the checks' search for stored stories.
            models.Index(fields=["state", "story"], name="stage_by_state"),
            # Serves the browser's list by the last change of state.
            models.Index(fields=["changed_at", "story"], name="stage_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id}: {self.state}"
