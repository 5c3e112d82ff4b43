"""What readers found wrong with a row of a release, and what a curator answered."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.releases.models import Release

LONGEST = 2000


class ReportKind(models.TextChoices):
    TEXT = "text", _("The text is broken or not a story")
    RATING = "rating", _("The ratings or the evidence look wrong")
    RIGHTS = "rights", _("Licence or authorship")
    HARM = "harm", _("Harmful, or about a real person")
    LEAK = "leak", _("It is in a test that models are measured by")
    OTHER = "other", _("Something else")


class ReportState(models.TextChoices):
    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered")


TRANSITIONS: dict[ReportState, frozenset[ReportState]] = {
    ReportState.OPEN: frozenset({ReportState.ANSWERED}),
    ReportState.ANSWERED: frozenset(),
}


class RowReport(models.Model):
    """A problem with one story of a release. `reporter` is None for a stranger, who follows it by its address.

    `seen_at` is when the reporter was done with the answer.
    """

    states = ReportState

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    story_id = models.CharField(max_length=80)
    split = models.CharField(max_length=12)
    row = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=ReportKind)
    text = models.TextField()
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=ReportState, default=ReportState.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ReportKind.values), name="report_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ReportState.values), name="report_state_known"),
            models.CheckConstraint(condition=~Q(text=""), name="report_says_something"),
            models.CheckConstraint(
                condition=Q(state=ReportState.OPEN, answer="", answered_at__isnull=True, seen_at__isnull=True)
                | (Q(state=ReportState.ANSWERED, answered_at__isnull=False) & ~Q(answer="")),
                name="report_answered_with_words",
            ),
        ]
        indexes = [
            # Serves the curators' list.
            models.Index(fields=["-id"], condition=Q(state=ReportState.OPEN), name="report_open"),
            # Serves the home page of whoever reported.
            models.Index(
                fields=["reporter"],
                condition=Q(state=ReportState.ANSWERED, seen_at__isnull=True),
                name="report_to_be_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.story_id} in {self.release_id}"
