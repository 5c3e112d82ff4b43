"""Who has seen a machine score, and how well the machines do against people."""

from django.conf import settings
from django.db import models

from curation.scoring.models import JudgeVersion
from curation.standards.models import Criterion
from curation.stories.models import Story


class Exposure(models.Model):
    """This person has seen a score of this story, and can no longer review or adjudicate it blind. Append-only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    where = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "story"], name="exposure_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw a score of {self.story_id}"


class JudgeQuality(models.Model):
    """One judge version against blind human ratings on one criterion, as last measured; empty where undefined.

    `n` counts the stories compared, `labels` the rated stories there were. Correlation and concordance are within
    generator; `bias` (prediction less rating) and `calibration_error` are in rating points.
    """

    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.CASCADE, related_name="+")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="+")
    n = models.PositiveIntegerField()
    labels = models.PositiveIntegerField()
    spearman = models.FloatField(null=True)
    spearman_low = models.FloatField(null=True)
    spearman_high = models.FloatField(null=True)
    concordance = models.FloatField(null=True)
    bias = models.FloatField(null=True)
    calibration_error = models.FloatField(null=True)
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "judge qualities"
        constraints = [models.UniqueConstraint(fields=["judge_version", "criterion"], name="judge_quality_once")]

    def __str__(self) -> str:
        return f"{self.judge_version_id} on {self.criterion_id}: {self.spearman}"
