"""Who asked for a gated dataset, and what came of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.access.models.terms import AccessTerms
from curation.releases.models import Dataset
from curation.releases.models.dataset import GRANTED as LET_IN


class GrantState(models.TextChoices):
    """OUTDATED: the terms changed since, and have to be accepted anew. GIVEN_UP: by the person themselves."""

    WAITING = "waiting", _("Asked for")
    GRANTED = LET_IN, _("Has access")
    DECLINED = "declined", _("Declined")
    REVOKED = "revoked", _("Revoked")
    OUTDATED = "outdated", _("Terms changed")
    GIVEN_UP = "given_up", _("Given up")


TRANSITIONS = {
    GrantState.WAITING: frozenset({GrantState.GRANTED, GrantState.DECLINED, GrantState.OUTDATED, GrantState.GIVEN_UP}),
    GrantState.GRANTED: frozenset({GrantState.REVOKED, GrantState.OUTDATED, GrantState.GIVEN_UP}),
    GrantState.DECLINED: frozenset(),
    GrantState.REVOKED: frozenset(),
    GrantState.OUTDATED: frozenset(),
    GrantState.GIVEN_UP: frozenset(),
}
OPEN = [GrantState.WAITING, GrantState.GRANTED]
# Whoever it is refused to is told why.
REFUSED = [GrantState.DECLINED, GrantState.REVOKED]


class Grant(models.Model):
    """That a person accepted one version of a gated dataset's terms, or asked for access under it.

    `decided_by` is the curator who let them in, declined or revoked it; None where accepting was enough, and where the
    person or a change of the terms ended it. Rows are never removed, and only `state` and what was decided change.
    """

    states: ClassVar[type[models.TextChoices]] = GrantState

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="grants", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    terms = models.ForeignKey(AccessTerms, on_delete=models.PROTECT, related_name="+", db_index=False)
    purpose = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=GrantState, default=GrantState.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=GrantState.values), name="grant_state_known"),
            models.UniqueConstraint(
                fields=["dataset", "person"], condition=Q(state__in=["waiting", "granted"]), name="grant_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state=GrantState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state=GrantState.WAITING) & Q(decided_at__isnull=False)),
                name="grant_decided_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "revoked"]) | (~Q(reason="") & Q(decided_by__isnull=False)),
                name="grant_refused_with_reason",
            ),
        ]
        indexes = [
            # Serves which datasets somebody was let into, and what became of what they asked for.
            models.Index(fields=["person", "dataset", "state"], name="grant_of_person"),
            # Serves the list of those who asked for a dataset.
            models.Index(fields=["dataset", "id"], name="grant_of_dataset"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset}: {self.person_id}"
