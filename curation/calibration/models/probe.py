"""Fixed stories that a judge is asked again and again, so that it shows when it answers otherwise than it did."""

from django.db import models

from curation.scoring.models import JudgeVersion
from curation.standards.models import Rubric
from curation.stories.models import Story


class ProbeStory(models.Model):
    """A story of a rubric's probe. Append-only: another story would not be the same question."""

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "story"], name="probe_story_once")]

    def __str__(self) -> str:
        return f"{self.story_id} for {self.rubric_id}"


class Probe(models.Model):
    """What a judge version said of the probe: twice at the beginning (`first`, `again`), and `now`, when last asked.

    Each maps a story's id to criterion key -> value. `moved` is how far `now` lies from `first`, `noise` how far
    `again` did, in rating points; `shift` maps the keys that have changed to their mean change. `changed_at` is when
    the judge was first found changed; empty while it is not.
    """

    judge_version = models.OneToOneField(JudgeVersion, on_delete=models.CASCADE, related_name="+")
    first = models.JSONField()
    again = models.JSONField()
    now = models.JSONField()
    moved = models.FloatField(default=0)
    noise = models.FloatField(default=0)
    shift = models.JSONField(default=dict)
    changed_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"probe of {self.judge_version_id}"
