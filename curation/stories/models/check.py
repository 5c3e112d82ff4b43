"""What the automatic checks found."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.stories.models.story import Story


class CheckVerdict(models.TextChoices):
    PASS = "pass", _("Nothing found")
    REVIEW = "review", _("For a person to look at")
    BLOCK = "block", _("Blocked")


class Check(models.Model):
    """What one kind of check found in one story. `quote` is the passage, at code points `start` to `end`, half-open.

    Append-only; a new index version adds rows.
    """

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="checks", db_index=False)
    kind = models.CharField(max_length=32)
    verdict = models.CharField(max_length=8, choices=CheckVerdict)
    reason = models.CharField(max_length=300, blank=True)
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(blank=True)
    other = models.ForeignKey(Story, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    index_version = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["story", "kind", "index_version"], name="check_once"),
            models.CheckConstraint(condition=Q(verdict__in=CheckVerdict.values), name="check_verdict_known"),
        ]
        indexes = [
            # Serves the browser's filter by finding.
            models.Index(fields=["kind", "verdict", "story"], condition=~Q(verdict="pass"), name="check_findings"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict}"


class CheckLease(models.Model):
    """A worker is checking this story, until `lease_until`; it is attempt `attempts`. Checked stories have none."""

    story = models.OneToOneField(Story, primary_key=True, on_delete=models.CASCADE, related_name="+")
    attempts = models.PositiveSmallIntegerField()
    token = models.BigIntegerField()
    # As in `core.leases.Leased`.
    by_token = models.BigIntegerField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(attempts__gte=1), name="check_lease_attempts")]

    def __str__(self) -> str:
        return f"attempt {self.attempts} at {self.story_id}"


class Signature(models.Model):
    """A story's MinHash over 5-word shingles: little-endian 32-bit values."""

    story = models.OneToOneField(Story, primary_key=True, on_delete=models.CASCADE, related_name="signature")
    minhash = models.BinaryField()

    def __str__(self) -> str:
        return f"signature of {self.story_id}"


class SignatureBand(models.Model):
    """One band of a signature; stories that share a band are candidates for near duplicates."""

    # Fourteen a story, in the statement that stores its signature, which is held to the story: no foreign key to check.
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    band = models.PositiveSmallIntegerField()
    digest = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["story", "band"], name="band_once")]
        indexes = [
            # Serves the look-up of near-duplicate candidates.
            models.Index(fields=["band", "digest", "story"], name="band_lookup"),
        ]

    def __str__(self) -> str:
        return f"band {self.band} of {self.story_id}"
