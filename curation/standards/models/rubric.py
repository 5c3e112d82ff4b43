"""The rubric: criteria with anchors, the themes that switch some of them on, and flags."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.core.folding import Folded


class CriterionGroup(models.TextChoices):
    """The four groups of criteria."""

    ALIGNMENT = "A", _("Constitutional alignment")
    REASONING = "B", _("Narrated reasoning")
    THEMES = "C", _("Mental-health themes")
    CRAFT = "D", _("Craft")


class Severity(models.TextChoices):
    """A confirmed hard flag rejects; a soft flag is counted and shown."""

    HARD = "hard", _("Hard")
    SOFT = "soft", _("Soft")


class Rubric(models.Model):
    """A versioned rubric, frozen by trigger once used.

    One `of_dataset` was made of the questions of a dataset that was imported: it is in force only where it is chosen.
    Its words are in `language`. `translations` holds them in others, by language and by the keys of its parts, in the
    shape of `curation.standards.schema.RubricWords`; `curation.standards.spec` reads it.
    """

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=20, default="en")
    summary = models.TextField(blank=True)
    translations = models.JSONField(default=dict, blank=True)
    of_dataset = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Folded("name"), "version", name="rubric_version_once")]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Theme(models.Model):
    """A mental-health theme that a story may show."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="themes", db_index=False)
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "key"], name="theme_key_once")]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """One question, rated 1 to 5 against its five anchors, or N/A where that is allowed."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="criteria", db_index=False)
    key = models.CharField(max_length=8)
    group = models.CharField(max_length=1, choices=CriterionGroup)
    name = models.CharField(max_length=80)
    short = models.CharField(max_length=24)
    question = models.TextField()
    anchors = ArrayField(models.CharField(max_length=240), size=5)
    labels = ArrayField(models.CharField(max_length=40), size=5)
    na_allowed = models.BooleanField(default=False)
    theme = models.ForeignKey(Theme, null=True, blank=True, on_delete=models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="criterion_key_once"),
            models.CheckConstraint(condition=Q(anchors__len=5, labels__len=5), name="criterion_five_anchors"),
            models.CheckConstraint(condition=Q(group__in=CriterionGroup.values), name="criterion_group_known"),
        ]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.key} {self.name}"


class Flag(models.Model):
    """Something a reviewer can raise. A safety flag takes the story out of all queues at once."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="flags", db_index=False)
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    severity = models.CharField(max_length=8, choices=Severity)
    safety = models.BooleanField(default=False)
    asks_passage = models.BooleanField(default=False)
    asks_conduct = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="flag_key_once"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="flag_severity_known"),
            models.CheckConstraint(condition=Q(safety=False) | Q(severity="hard"), name="flag_safety_is_hard"),
        ]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def hard(self) -> bool:
        """Whether the flag rejects a story once it is confirmed."""
        return self.severity == Severity.HARD
