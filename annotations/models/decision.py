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
    ADJUDICATE = "adjudicate", _("To be adjudicated by a curator")
    REOPENED = "reopened", _("Reopened, as a review was withdrawn")


class FlagVerdict(models.TextChoices):
    """What a curator says of a flag that somebody raised."""

    CONFIRMED = "confirmed", _("Confirmed")
    DISMISSED = "dismissed", _("Dismissed")


DECIDED = ~Q(outcome=Outcome.REOPENED)


class Decision(models.Model):
    """What was decided, by the policy (`decided_by` empty) or by an adjudicator, on which reviews, and why.

    `reasons` is a list of {"rule", "passed", "text"}; `values` maps a criterion's key to its mean, or to null where it
    does not apply. `themes` holds the keys of the themes that the story shows, by its tags or by enough of its
    reviewers. A story whose newest decision is REOPENED is undecided again. `flag_verdicts` maps the key of a flag to
    what a curator said of it as such. An `undo` supersedes the decision of a curator who took it back at once, and
    says again what the decision before that one said.
    """

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    policy = models.ForeignKey(AcceptancePolicy, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome)
    reasons = models.JSONField(default=list)
    values = models.JSONField(default=dict)
    themes = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    review_ids = ArrayField(models.BigIntegerField(), default=list)
    flag_verdicts = models.JSONField(default=dict, db_default={})
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    undo = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["story"], condition=Q(supersedes__isnull=True), name="decision_one_first_per_story"
            ),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="decision_outcome_known"),
            models.CheckConstraint(
                condition=Q(undo=False) | Q(supersedes__isnull=False), name="decision_undo_supersedes"
            ),
            # A question that is put to a curator again keeps what the curator before said of flags.
            models.CheckConstraint(
                condition=Q(flag_verdicts={})
                | Q(decided_by__isnull=False)
                | Q(outcome="adjudicate", supersedes__isnull=False),
                name="decision_verdicts_by_a_curator",
            ),
        ]
        indexes = [
            # Serves the newest decision on one story.
            models.Index(fields=["story", "-id"], name="decision_by_story"),
            # Serves the newest decision of one curator, which they may take back.
            models.Index(
                fields=["decided_by", "-id"], condition=Q(decided_by__isnull=False), name="decision_by_curator"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.story_id}"
