"""What somebody asked for and somebody else has to approve before it happens."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from curation.releases.models.dataset import Dataset
from curation.releases.models.release import Release


class ApprovalKind(models.TextChoices):
    """RELEASE: a built version of a public dataset. PUBLICATION: a private dataset is to be public."""

    RELEASE = "release", _("a public release")
    PUBLICATION = "publication", _("making a dataset public")


class ApprovalState(models.TextChoices):
    WAITING = "waiting", _("Awaits approval")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    TAKEN_BACK = "retracted", _("Taken back")


TRANSITIONS: Mapping[ApprovalState, frozenset[ApprovalState]] = {
    ApprovalState.WAITING: frozenset({ApprovalState.APPROVED, ApprovalState.DECLINED, ApprovalState.TAKEN_BACK}),
    ApprovalState.APPROVED: frozenset(),
    ApprovalState.DECLINED: frozenset(),
    ApprovalState.TAKEN_BACK: frozenset(),
}
DECIDED = [ApprovalState.APPROVED, ApprovalState.DECLINED]


class Approval(models.Model):
    """A request that waits for a second person, and what came of it. `asked_by` is None where a command asked.

    What was decided never changes; a trigger also keeps a release that waits from being built without its approval.
    """

    states: ClassVar[type[models.TextChoices]] = ApprovalState

    what = models.CharField(max_length=12, choices=ApprovalKind)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="approvals", db_index=False)
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="approvals", db_index=False
    )
    state = models.CharField(max_length=9, choices=ApprovalState, default=ApprovalState.WAITING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ApprovalState.values), name="approval_state_known"),
            models.CheckConstraint(
                condition=Q(what=ApprovalKind.RELEASE, release__isnull=False)
                | Q(what=ApprovalKind.PUBLICATION, release__isnull=True),
                name="approval_of_something",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED)
                | (Q(decided_by__isnull=False) & (Q(asked_by__isnull=True) | ~Q(decided_by=F("asked_by")))),
                name="approval_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(state=ApprovalState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state=ApprovalState.WAITING) & Q(decided_at__isnull=False)),
                name="approval_decided_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ApprovalState.DECLINED) | ~Q(reason=""), name="approval_declined_with_reason"
            ),
            # What is asked for waits once.
            models.UniqueConstraint(
                fields=["dataset", "what"], condition=Q(state=ApprovalState.WAITING), name="approval_waiting_once"
            ),
        ]
        indexes = [
            # Serves what came of the requests for one release.
            models.Index(fields=["release"], condition=Q(release__isnull=False), name="approval_of_release"),
        ]

    def __str__(self) -> str:
        return str(self.release or self.dataset)
