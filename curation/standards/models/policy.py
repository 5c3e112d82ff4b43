"""The acceptance policy: the decision rule as data."""

from django.db import models

from curation.core.folding import Folded
from curation.standards.models.rubric import Rubric


class AcceptancePolicy(models.Model):
    """A versioned decision rule for one rubric, frozen by trigger once used.

    `rules` holds `minimum` (criterion -> least mean), `at_least_one` (criteria of which one must reach a value),
    `floor` (least mean of every other applicable criterion), `rewrite_groups` (groups whose failure alone asks for a
    rewrite) and `tiers` (tier -> weight). `curation.standards.schema` checks it.
    """

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField()
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="policies")
    rules = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "acceptance policies"
        constraints = [models.UniqueConstraint(Folded("name"), "version", name="policy_version_once")]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
