"""What came of training on a version: who trained what on which rows, and what they measured before and after."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from curation.releases.models import Release

LONGEST = 2000


class OutcomeState(models.TextChoices):
    WAITING = "waiting", _("Waits for a curator")
    LISTED = "listed", _("Listed")
    DECLINED = "declined", _("Declined")


TRANSITIONS: dict[OutcomeState, frozenset[OutcomeState]] = {
    OutcomeState.WAITING: frozenset({OutcomeState.LISTED, OutcomeState.DECLINED}),
    OutcomeState.LISTED: frozenset(),
    OutcomeState.DECLINED: frozenset(),
}


class TrainingOutcome(models.Model):
    """One measured result. `baseline` is what the untrained or otherwise trained model had, `result` what this one has,
    both in `unit`; `low` and `high` are the result's interval. A result that shows no difference is one as well.
    """

    states = OutcomeState

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    who = models.CharField(max_length=160)
    model = models.CharField(max_length=160)
    rows = models.CharField(max_length=300)
    method = models.CharField(max_length=300)
    measure = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True)
    higher_is_better = models.BooleanField(default=True)
    baseline = models.FloatField()
    result = models.FloatField()
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    link = models.URLField(max_length=500)
    notes = models.TextField(blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    sent_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=OutcomeState, default=OutcomeState.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OutcomeState.values), name="outcome_state_known"),
            models.CheckConstraint(
                condition=Q(low__isnull=True, high__isnull=True)
                | Q(low__isnull=False, high__isnull=False, low__lte=F("result"), high__gte=F("result")),
                name="outcome_within_its_interval",
            ),
            models.CheckConstraint(
                condition=Q(state=OutcomeState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state=OutcomeState.WAITING) & Q(decided_at__isnull=False)),
                name="outcome_decided_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=OutcomeState.DECLINED) | ~Q(reason=""), name="outcome_declined_with_reason"
            ),
        ]
        indexes = [
            # Serves the curators' list.
            models.Index(fields=["-id"], condition=Q(state=OutcomeState.WAITING), name="outcome_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.measure}"
