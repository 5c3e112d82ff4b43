"""Judges: the machines that pre-score stories. A judge orders the queue and never accepts a story."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from curation.core.folding import Folded
from curation.llm.models import Provider
from curation.standards.models import Constitution, Rubric

MOST_SAMPLES = 10


class JudgeKind(models.TextChoices):
    EMBEDDED = "embedded", _("Embedded scorer")
    LLM = "llm", _("Language model")
    ENSEMBLE = "ensemble", _("Ensemble")
    # What it said came with stories from another tool. It is asked nothing here.
    IMPORTED = "imported", _("Imported")


class Judge(models.Model):
    """A judge's identity; what it does exactly is its version."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=JudgeKind)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Folded("name"), name="judge_name_once"),
            models.CheckConstraint(condition=Q(kind__in=JudgeKind.values), name="judge_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name


class CalibrationStatus(models.TextChoices):
    """How far a version's numbers can be trusted, by the rated stories that they rest on: under 50, under 200, more."""

    UNCALIBRATED = "uncalibrated", _("Uncalibrated")
    PROVISIONAL = "provisional", _("Provisional")
    CALIBRATED = "calibrated", _("Calibrated")


class JudgeVersion(models.Model):
    """Exactly what a judge does, frozen: a trigger refuses every change but to `active`.

    A version of a language model has a provider, a constitution, the version of the project's prompt, and that of the
    rules by which its answers are read (`reading`); the embedded scorer has none of these. `prompt` is a text of the
    judge's own in the place of the project's, or empty. `samples` is how often it is asked for each story.
    `temperature` is None where the model takes none, `effort` is empty where it is left to the model. `answers_of` is
    the version whose answers it reads anew, as a later `reading` does.
    """

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    constitution = models.ForeignKey(Constitution, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=120)
    prompt_version = models.PositiveSmallIntegerField(null=True, blank=True)
    prompt = models.TextField(blank=True)
    reading = models.PositiveSmallIntegerField(null=True, blank=True)
    samples = models.PositiveSmallIntegerField(default=1)
    temperature = models.FloatField(null=True, blank=True)
    effort = models.CharField(max_length=16, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    answers_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    parameters = models.JSONField(default=dict)
    model_artifact = models.BinaryField(null=True, blank=True)
    model_artifact_sha256 = models.CharField(max_length=64, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judge", "number"], name="judge_version_once"),
            models.UniqueConstraint(
                fields=["judge", "rubric"], condition=Q(active=True), name="judge_one_active_version_per_rubric"
            ),
            models.CheckConstraint(
                condition=Q(samples__gte=1, samples__lte=MOST_SAMPLES), name="judge_version_samples_in_range"
            ),
            models.CheckConstraint(
                condition=Q(temperature__isnull=True) | Q(temperature__gte=0, temperature__lte=2),
                name="judge_version_temperature_in_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    provider__isnull=False,
                    constitution__isnull=False,
                    prompt_version__isnull=False,
                    reading__isnull=False,
                    max_output_tokens__gte=1,
                    model_artifact__isnull=True,
                )
                | Q(
                    provider__isnull=True,
                    constitution__isnull=True,
                    prompt_version__isnull=True,
                    reading__isnull=True,
                    max_output_tokens__isnull=True,
                    temperature__isnull=True,
                    answers_of__isnull=True,
                    prompt="",
                    effort="",
                    samples=1,
                ),
                name="judge_version_asks_a_model_or_not",
            ),
        ]
        ordering = ["judge", "-number"]

    def __str__(self) -> str:
        return f"{self.judge} v{self.number}"

    @property
    def paid(self) -> bool:
        """Whether a score of it costs money, so that it scores only within a run."""
        return self.provider_id is not None

    @cached_property
    def is_practice(self) -> bool:
        """Whether its scores come from the practice model, be it that it combines others that ask it."""
        if self.provider is not None:
            return self.provider.is_practice
        is_combined = self.judge.kind == JudgeKind.ENSEMBLE
        return is_combined and self.members.filter(member__provider__is_practice=True).exists()

    @property
    def calibration_status(self) -> CalibrationStatus:
        """How far its numbers can be trusted now."""
        try:
            return CalibrationStatus(self.calibration.status)
        except ObjectDoesNotExist:
            return CalibrationStatus.UNCALIBRATED

    @property
    def n_labels(self) -> int:
        """How many rated stories its numbers rest on now."""
        try:
            return self.calibration.labels
        except ObjectDoesNotExist:
            return 0


class JudgeCalibration(models.Model):
    """What grows with the ratings: how many `labels` (rated stories) a version's numbers rest on, and what that makes.

    `by_criterion` is the number of labels of each criterion, by its key; one that is missing has none.
    """

    judge_version = models.OneToOneField(
        JudgeVersion, primary_key=True, on_delete=models.PROTECT, related_name="calibration"
    )
    status = models.CharField(max_length=16, choices=CalibrationStatus, default=CalibrationStatus.UNCALIBRATED)
    labels = models.PositiveIntegerField(default=0)
    by_criterion = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=CalibrationStatus.values), name="judge_calibration_status_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.judge_version_id}: {self.status}"
