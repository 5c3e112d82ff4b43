"""Decisions about stories, with their reasons. Append-only: a later decision supersedes an earlier one."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models.queue import Queue
from curation.standards.models import AcceptancePolicy
from curation.stories.models import Story


class Outcome(models.TextChoices):
    ACCEPT = "accept", _("Accept")
    REJECT = "reject", _("Reject")
    REWRITE = "rewrite", _("Send to rewrite")
    ADJUDICATE = "adjudicate", _("To be settled by a curator")
    REOPENED = "reopened", _("Reopened, as a review was withdrawn")


DECIDED = ~Q(outcome=Outcome.REOPENED)


class Decision(models.Model):
    """What was decided, by the policy (`decided_by` empty) or by an adjudicator, on which reviews, and why.

    `reasons` is a list of {"rule", "passed", "text"}; `values` maps a criterion's key to its mean, or to null where it
    does not apply. `themes` holds the keys of the themes that the story shows, by its tags or by enough of its
    reviewers. A story whose newest decision is REOPENED is undecided again.
    """

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="decisions")
    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    policy = models.ForeignKey(AcceptancePolicy, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome)
    reasons = models.JSONField(default=list)
    values = models.JSONField(default=dict)
    themes = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    review_ids = ArrayField(models.BigIntegerField(), default=list)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["story"], condition=Q(supersedes__isnull=True), name="decision_one_first_per_story"
            ),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="decision_outcome_known"),
        ]
        indexes = [
            # Serves the newest decision on one story.
            models.Index(fields=["story", "-id"], name="decision_by_story"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.story_id}"
