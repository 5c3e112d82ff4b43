"""The random audit: which stories were drawn for it, and what it says of the whole pool."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models import Queue
from curation.scoring.models import JudgeVersion
from curation.standards.models import Criterion


class AuditSample(models.Model):
    """So many stories, of a pool of so many, were drawn at random into a queue as audit items. Append-only."""

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    stories = models.PositiveIntegerField()
    pool = models.PositiveIntegerField()
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stories__gte=1, stories__lte=models.F("pool")), name="audit_sample_within_pool"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stories} of {self.pool} for {self.queue_id}"


class PoolQuality(models.Model):
    """The pool's mean rating on a criterion, or without one its pass rate (0 to 1), with a 95 percent interval.

    From `n` audited stories and the numbers of a judge version for `judged` others; `lost` audited stories have not all
    their reviews. Empty while too few are audited.
    """

    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    criterion = models.ForeignKey(Criterion, null=True, on_delete=models.CASCADE, related_name="+")
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField()
    judged = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "pool qualities"
        constraints = [
            models.UniqueConstraint(
                fields=["judge_version", "criterion"], nulls_distinct=False, name="pool_quality_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_version_id} on {self.criterion_id or 'passing'}: {self.value}"
