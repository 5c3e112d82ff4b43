"""Stories that a curator asked for in a queue, as a row that a worker carries out, and whose scores a queue uses."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models import Queue
from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.scoring.models import Judge


class FillState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Adding")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


TRANSITIONS: dict[FillState, frozenset[FillState]] = {
    FillState.PENDING: frozenset({FillState.RUNNING}),
    # Back to PENDING: a long one gives way to others, or its worker is gone.
    FillState.RUNNING: frozenset({FillState.PENDING, FillState.DONE, FillState.FAILED}),
    FillState.DONE: frozenset(),
    FillState.FAILED: frozenset({FillState.PENDING}),
}


class Fill(Leased):
    """Put the stories that fit `selection` (what `triage.queries.StorySelection` says, as JSON) into a queue.

    `total` stories fitted when it was asked for; `added` are in, and one that was interrupted goes on with the rest.
    One that `reorders` adds none: it puts those that are in the queue in the order that the selection names.
    """

    terms = Terms(waiting=FillState.PENDING, held=FillState.RUNNING, failed=FillState.FAILED)

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    selection = models.JSONField()
    reorders = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=FillState, default=FillState.PENDING)
    total = models.PositiveIntegerField()
    added = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FillState.values), name="fill_state_known"),
            held_has_lease(FillState.RUNNING, "fill_held_while_running"),
        ]
        indexes = [
            # Serves the worker's search, and what a queue's page shows.
            models.Index(fields=["queue"], condition=~Q(state="done"), name="fill_unfinished"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.added} of {self.total} stories for {self.queue_id}"


class QueueJudges(models.Model):
    """Whose scores a queue uses: `orders` puts its stories in order, `shows` is compared with after the commit.

    Without a row, or where one is None, it is the embedded scorer, which scores every story.
    """

    queue = models.OneToOneField(Queue, primary_key=True, on_delete=models.CASCADE, related_name="+")
    orders = models.ForeignKey(Judge, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shows = models.ForeignKey(Judge, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "queue judges"

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.orders_id}, {self.shows_id}"
