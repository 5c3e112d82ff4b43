"""Calls that were handed to a provider together, for half the price and an answer within a day."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from curation.llm.models.provider import Provider


class BatchState(models.TextChoices):
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("At the provider")
    ENDED = "ended", _("Answered")
    COLLECTED = "collected", _("Collected")
    REFUSED = "refused", _("Refused")
    LOST = "lost", _("Lost")


TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    # Lost: its sender stopped in the middle, and the provider may have it or not.
    BatchState.SENDING: frozenset({BatchState.SENT, BatchState.REFUSED, BatchState.LOST}),
    BatchState.SENT: frozenset({BatchState.ENDED, BatchState.LOST}),
    BatchState.ENDED: frozenset({BatchState.COLLECTED, BatchState.LOST}),
    BatchState.COLLECTED: frozenset(),
    BatchState.REFUSED: frozenset(),
    # It was found, or it is known that it never arrived.
    BatchState.LOST: frozenset({BatchState.SENT, BatchState.REFUSED}),
}


class Batch(models.Model):
    """One batch. Its calls are rows of `Spend`, by whose `key` their answers are found again.

    `handle` is what the provider's interface needs to ask for it again, so that any worker can, after any restart.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=120)
    purpose = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=9, choices=BatchState, default=BatchState.SENDING)
    size = models.PositiveIntegerField()
    handle = models.JSONField(null=True, blank=True, editable=False)
    # Why it was refused or lost.
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    # When its provider was asked to end it early.
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(condition=Q(size__gt=0), name="batch_not_empty"),
            models.CheckConstraint(
                condition=Q(state__in=["sending", "refused", "lost"]) | Q(handle__isnull=False),
                name="batch_sent_can_be_found",
            ),
        ]
        indexes = [
            # Serves the search for batches to ask for.
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["sending", "sent", "ended", "lost"]),
                name="batch_to_ask_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size} calls of {self.model}, {self.state}"
