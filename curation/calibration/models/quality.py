"""How well a judge does against people."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from curation.scoring.models import JudgeVersion
from curation.standards.models import Criterion


class SecondReviewerAnswer(models.TextChoices):
    """Whether the judge is no worse than a second reviewer; the values of `statistics.second_reviewer.NoWorse`."""

    YES = "yes", pgettext_lazy("no worse than a second reviewer", "yes")
    NO = "no", pgettext_lazy("no worse than a second reviewer", "no")
    NOT_YET = "not_yet", _("not yet known")


class JudgeQuality(models.Model):
    """One judge version against blind human ratings on one criterion, as last measured; empty where undefined.

    `n` counts the stories compared, `labels` the rated stories there were, `reviews` the blind reviews and `scores`
    what the version had said of reviewed stories. Correlation and concordance are within generator, `spearman_least`
    and `spearman_most` with each of `reviewers_left_out` left out; `bias` (score less rating), `calibration_error` and
    the same once calibrated (`calibrated_error`) are in rating points. `saved` is the share of a constant's squared
    error that the calibrated judge saves. `judge_human` and `human_human` are alphas over `rated_twice` stories.
    `winning_rate` and `advantage` are those of the alternative annotator test over `reviewers_compared`. `reliability`
    lists [score, rating, low, high, n] of each tenth of the stories, `curve` the knots [x, y] that turn a score of
    this version into a rating. All by `calibration.statistics`.
    """

    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="+")
    n = models.PositiveIntegerField()
    labels = models.PositiveIntegerField()
    reviews = models.PositiveIntegerField(default=0)
    scores = models.PositiveIntegerField(default=0)
    spearman = models.FloatField(null=True)
    spearman_low = models.FloatField(null=True)
    spearman_high = models.FloatField(null=True)
    spearman_least = models.FloatField(null=True)
    spearman_most = models.FloatField(null=True)
    reviewers_left_out = models.PositiveIntegerField(default=0)
    concordance = models.FloatField(null=True)
    bias = models.FloatField(null=True)
    bias_low = models.FloatField(null=True)
    bias_high = models.FloatField(null=True)
    calibration_error = models.FloatField(null=True)
    calibrated_error = models.FloatField(null=True)
    saved = models.FloatField(null=True)
    saved_low = models.FloatField(null=True)
    saved_high = models.FloatField(null=True)
    rated_twice = models.PositiveIntegerField(default=0)
    judge_human = models.FloatField(null=True)
    judge_human_low = models.FloatField(null=True)
    judge_human_high = models.FloatField(null=True)
    human_human = models.FloatField(null=True)
    human_human_low = models.FloatField(null=True)
    human_human_high = models.FloatField(null=True)
    second_reviewer = models.CharField(max_length=8, choices=SecondReviewerAnswer, default=SecondReviewerAnswer.NOT_YET)
    winning_rate = models.FloatField(null=True)
    advantage = models.FloatField(null=True)
    reviewers_compared = models.PositiveIntegerField(default=0)
    reliability = models.JSONField(default=list)
    curve = models.JSONField(default=list)
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "judge qualities"
        constraints = [
            models.UniqueConstraint(fields=["judge_version", "criterion"], name="judge_quality_once"),
            models.CheckConstraint(
                condition=Q(second_reviewer__in=SecondReviewerAnswer.values), name="judge_quality_second_reviewer_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_version_id} on {self.criterion_id}: {self.spearman}"
