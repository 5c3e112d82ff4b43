"""Scores: a judge's value for one criterion of one story. They never change, and go once nothing rests on them."""

from django.db import models
from django.db.models import Q

from curation.scoring.models.judge import JudgeVersion
from curation.standards.models import Criterion
from curation.stories.models import Story


class Score(models.Model):
    """`value` is 1 to 5, and its `standard_deviation`: both in rating points; `sample` counts repeated draws.

    Without a value the judge found the criterion not applicable. Without a standard deviation it said nothing of how
    far it may be off.
    """

    # Ten a story, and neither stories nor versions are ever deleted: a trigger looks for both once a statement.
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    judge_version = models.ForeignKey(
        JudgeVersion, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+", db_index=False)
    sample = models.PositiveSmallIntegerField(default=0)
    value = models.FloatField(null=True, blank=True)
    standard_deviation = models.FloatField(null=True, blank=True)
    rationale = models.TextField(blank=True)
    quotes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["story", "judge_version", "criterion", "sample"], name="score_once"),
            models.CheckConstraint(condition=Q(value__gte=1, value__lte=5), name="score_value_in_range"),
            models.CheckConstraint(condition=Q(standard_deviation__gte=0), name="score_standard_deviation_positive"),
        ]

    def __str__(self) -> str:
        said = "N/A" if self.value is None else f"{self.value:.1f}"
        return f"{self.criterion_id} of {self.story_id}: {said}"
