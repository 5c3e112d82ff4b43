"""A queue that is reviewed on an Argilla server: work that a worker takes up again and again."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models import Queue
from curation.argilla.models.server import ArgillaServer
from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.scoring.models import Judge


class LinkState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Under way")
    FAILED = "failed", _("Failed")
    CLOSED = "closed", _("Closed")


TRANSITIONS: dict[LinkState, frozenset[LinkState]] = {
    LinkState.PENDING: frozenset({LinkState.RUNNING, LinkState.CLOSED}),
    # Back to PENDING at the end of each round, and when its worker stopped or met an error that may pass.
    LinkState.RUNNING: frozenset({LinkState.PENDING, LinkState.FAILED}),
    LinkState.FAILED: frozenset({LinkState.PENDING, LinkState.CLOSED}),
    LinkState.CLOSED: frozenset(),
}


class Link(Leased):
    """A queue and the Argilla dataset that stands for it.

    With a `judge`, whose scores are shown there as suggestions, nobody reviews blind there. What is done is in
    `dataset` (its id there), `published_at`, `pushed_to` (the last item of the queue that was looked at) and
    `read_to` (how many records were read in this round). `activity` is what Argilla said of the dataset's last activity
    before the last round that read all of it, at `read_at`, or all that it told of. `uuid` stands in the dataset there,
    by which it is known again if the answer was lost.
    """

    terms = Terms(waiting=LinkState.PENDING, held=LinkState.RUNNING, failed=LinkState.FAILED)

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", db_index=False)
    server = models.ForeignKey(ArgillaServer, on_delete=models.PROTECT, related_name="links", db_index=False)
    name = models.CharField(max_length=200)
    judge = models.ForeignKey(Judge, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=LinkState, default=LinkState.PENDING)
    dataset = models.CharField(max_length=36, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    pushed_to = models.BigIntegerField(default=0)
    read_to = models.PositiveIntegerField(default=0)
    begun_activity = models.CharField(max_length=40, blank=True)
    activity = models.CharField(max_length=40, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    records_total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Two links of one queue would bring each answer in twice.
            models.UniqueConstraint(fields=["queue"], condition=~Q(state="closed"), name="argilla_queue_linked_once"),
            models.UniqueConstraint(
                fields=["server", "name"], condition=~Q(state="closed"), name="argilla_dataset_linked_once"
            ),
            models.CheckConstraint(condition=Q(state__in=LinkState.values), name="argilla_link_state_known"),
            held_has_lease(LinkState.RUNNING, "argilla_link_held_while_running"),
        ]
        indexes = [
            # Serves the worker's search for what is due.
            models.Index(fields=["next_at"], condition=Q(state__in=["pending", "running"]), name="argilla_link_due"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """The dataset's page there."""
        return f"{self.server.url}/dataset/{self.dataset}/annotation-mode"

    @property
    def blind(self) -> bool:
        """Whether we show nobody's score there; whether an answer was given blind, `blindness` says."""
        return self.judge_id is None
