"""Judges: the machines that pre-score stories. A judge orders the queue and never accepts a story."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.standards.models import Rubric


class JudgeKind(models.TextChoices):
    EMBEDDED = "embedded", _("Embedded scorer")


class Judge(models.Model):
    """A judge's identity; what it does exactly is its version."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=JudgeKind)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=JudgeKind.values), name="judge_kind_known")]

    def __str__(self) -> str:
        return self.name


class CalibrationStatus(models.TextChoices):
    """How far a version's numbers can be trusted, by the rated stories it was fitted on: under 50, under 200, more."""

    UNCALIBRATED = "uncalibrated", _("Uncalibrated")
    PROVISIONAL = "provisional", _("Provisional")
    CALIBRATED = "calibrated", _("Calibrated")


class JudgeVersion(models.Model):
    """One frozen version. A trigger refuses every change but to `active`."""

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=120)
    prompt = models.TextField(blank=True)
    parameters = models.JSONField(default=dict)
    model_artifact = models.BinaryField(null=True, blank=True)
    model_artifact_sha256 = models.CharField(max_length=64, blank=True)
    calibration_status = models.CharField(max_length=16, choices=CalibrationStatus)
    n_labels = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judge", "number"], name="judge_version_once"),
            models.UniqueConstraint(
                fields=["judge", "rubric"], condition=Q(active=True), name="judge_one_active_version_per_rubric"
            ),
            models.CheckConstraint(
                condition=Q(calibration_status__in=CalibrationStatus.values), name="judge_calibration_status_known"
            ),
        ]
        ordering = ["judge", "-number"]

    def __str__(self) -> str:
        return f"{self.judge} v{self.number}"
