"""How stories descend from each other, and requests for a rewrite."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from curation.stories.models.story import Story


class LineageKind(models.TextChoices):
    """How the child came from its parent."""

    REWRITE = "rewrite", _("Rewrite")
    NO_REASONING = "no_reasoning", _("Twin without its reasoning")
    GENERIC_KIND_AI = "generic_kind_ai", _("Twin with a generic kind AI")
    HUMAN_PROTAGONIST = "human_protagonist", _("Twin with a human protagonist")


class Lineage(models.Model):
    """`child` was made from `parent`. Append-only."""

    child = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="parents", db_index=False)
    parent = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="children")
    kind = models.CharField(max_length=24, choices=LineageKind)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "lineage"
        constraints = [
            models.UniqueConstraint(fields=["child", "parent", "kind"], name="lineage_once"),
            models.CheckConstraint(condition=~Q(child=F("parent")), name="lineage_not_itself"),
            models.CheckConstraint(condition=Q(kind__in=LineageKind.values), name="lineage_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.kind} of {self.parent_id}"


class RewriteRequest(models.Model):
    """A decision asked for a fresh-context rewrite of this story; generation claims it."""

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="rewrite_requests")
    reason = models.TextField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["story"], condition=Q(claimed_at__isnull=True), name="rewrite_one_open_request"
            )
        ]

    def __str__(self) -> str:
        return f"rewrite of {self.story_id}"
