"""What a version takes of the accepted stories, and why it leaves the others out."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.releases.models.release import Release
from curation.releases.selecting import NAMES, SelectionChoice
from curation.standards.models import AcceptancePolicy, Rubric
from curation.stories.models import Story


class Decontamination(models.TextChoices):
    """What is known of the stories of a version and evaluation suites."""

    NOT_CHECKED = "not_checked", _("not checked")


def names(length: int) -> "ArrayField[list[str], list[str]]":
    """Return a column for names of up to `length` characters, none by default."""
    return ArrayField(models.CharField(max_length=length), default=list, blank=True)


class Selection(models.Model):
    """What its release was asked to take (`selecting.Choice`). It never changes, and stays once the rows are frozen.

    `license` is the dataset's, under which it takes them. `seed` goes into the order by chance in which caps take
    stories.
    """

    release = models.OneToOneField(Release, primary_key=True, on_delete=models.CASCADE, related_name="selection")
    rubric = models.ForeignKey(
        Rubric, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    policy = models.ForeignKey(
        AcceptancePolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sources = names(80)
    principles = names(80)
    themes = names(80)
    tiers = names(40)
    generators = names(160)
    per_principle = models.PositiveIntegerField(null=True, blank=True)
    per_theme = models.PositiveIntegerField(null=True, blank=True)
    per_generator = models.PositiveIntegerField(null=True, blank=True)
    one_per_cluster = models.BooleanField(default=False)
    rewrites = models.BooleanField(default=False)
    license = models.CharField(max_length=80)
    decontamination = models.CharField(max_length=12, choices=Decontamination, default=Decontamination.NOT_CHECKED)
    seed = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decontamination__in=Decontamination.values), name="selection_decontamination_known"
            ),
            models.CheckConstraint(
                condition=(Q(per_principle__isnull=True) | Q(per_principle__gte=1))
                & (Q(per_theme__isnull=True) | Q(per_theme__gte=1))
                & (Q(per_generator__isnull=True) | Q(per_generator__gte=1)),
                name="selection_caps_take_some",
            ),
        ]

    def __str__(self) -> str:
        return f"selection of {self.release_id}"

    @property
    def choice(self) -> SelectionChoice:
        """What was asked for."""
        found = {name: getattr(self, name) for name in NAMES if name not in {"rubric", "policy"}}
        return SelectionChoice.from_data({**found, "rubric": self.rubric_id, "policy": self.policy_id})


class LeftOutReason(models.TextChoices):
    """Why a version does not take an accepted story, in the order in which it is asked."""

    WITHDRAWN = "withdrawn", _("withdrawn from the dataset")
    RUBRIC = "rubric", _("judged by another rubric")
    POLICY = "policy", _("decided by another policy")
    SOURCE = "source", _("from another source")
    GENERATOR = "generator", _("by another generator")
    PRINCIPLE = "principle", _("without one of the principles")
    THEME = "theme", _("without one of the themes")
    TIER = "tier", _("of another tier")
    DUPLICATE = "duplicate", _("a near duplicate of one that goes in")
    PER_PRINCIPLE = "per_principle", _("over the most of a principle")
    PER_THEME = "per_theme", _("over the most of a theme")
    PER_GENERATOR = "per_generator", _("over the most of a generator")


class LeftOut(models.Model):
    """A story that its version could have had and did not take, and why. Append-only.

    `detail` is the key of the principle or theme, or the generator, of which there were enough; `instead` is the near
    duplicate that went in.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="left_out", db_index=False)
    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=13, choices=LeftOutReason)
    detail = models.CharField(max_length=160, blank=True)
    instead = models.ForeignKey(
        Story, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name_plural = "left out"
        constraints = [
            models.UniqueConstraint(fields=["release", "story"], name="left_out_once"),
            models.CheckConstraint(condition=Q(reason__in=LeftOutReason.values), name="left_out_for_a_reason"),
            models.CheckConstraint(
                condition=Q(reason="duplicate", instead__isnull=False)
                | (~Q(reason="duplicate") & Q(instead__isnull=True)),
                name="left_out_duplicate_names_the_other",
            ),
        ]
        ordering = ["story"]

    def __str__(self) -> str:
        return f"{self.story_id} not in {self.release_id}: {self.reason}"
