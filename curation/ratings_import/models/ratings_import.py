"""The import of a dataset that was annotated in another tool: its reviews and scores, once its stories are stored."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models import Queue
from annotations.models.review import Origin
from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.standards.models import Rubric
from curation.stories.models import ImportRun


class RatingsImportState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Importing")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


TRANSITIONS: dict[RatingsImportState, frozenset[RatingsImportState]] = {
    RatingsImportState.PENDING: frozenset({RatingsImportState.RUNNING}),
    # Back to PENDING: a long import gives way to others, or its worker is gone.
    RatingsImportState.RUNNING: frozenset(
        {RatingsImportState.PENDING, RatingsImportState.DONE, RatingsImportState.FAILED}
    ),
    RatingsImportState.DONE: frozenset(),
    RatingsImportState.FAILED: frozenset({RatingsImportState.PENDING}),
}


class RatingsImport(Leased):
    """What people and models said of the stories of `run`, brought under `rubric` as `plan` says.

    It begins once `run` is done; everything up to `rows_done` is stored. The reviews lie in `queue`, which is closed.
    `blind` is what somebody said of them: that no suggestion and no other response was in sight.
    """

    terms = Terms(waiting=RatingsImportState.PENDING, held=RatingsImportState.RUNNING, failed=RatingsImportState.FAILED)

    run = models.OneToOneField(ImportRun, on_delete=models.PROTECT, related_name="ratings")
    name = models.CharField(max_length=120)
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.ARGILLA)
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+")
    queue = models.OneToOneField(Queue, on_delete=models.PROTECT, related_name="+")
    plan = models.JSONField()
    blind = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=RatingsImportState, default=RatingsImportState.PENDING)
    rows_done = models.BigIntegerField(default=0)
    reviews = models.BigIntegerField(default=0)
    reviews_there = models.BigIntegerField(default=0)
    scores = models.BigIntegerField(default=0)
    scores_there = models.BigIntegerField(default=0)
    not_kept = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RatingsImportState.values), name="ratings_import_state_known"),
            models.CheckConstraint(condition=Q(origin__in=["argilla"]), name="ratings_import_origin_known"),
            held_has_lease(RatingsImportState.RUNNING, "ratings_import_held_while_running"),
        ]
        indexes = [
            # Serves the worker's search for an import to carry out.
            models.Index(fields=["id"], condition=Q(state__in=["pending", "running"]), name="ratings_import_due"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"
