"""A dataset of an Argilla server on its way into a file here, from which it is mapped and imported as any other."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.argilla.models import ArgillaServer
from curation.core.leases.model import Leased, Terms, held_has_lease


class DatasetFetchState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


TRANSITIONS: dict[DatasetFetchState, frozenset[DatasetFetchState]] = {
    DatasetFetchState.PENDING: frozenset({DatasetFetchState.RUNNING, DatasetFetchState.CANCELLED}),
    # Back to PENDING: its worker stopped, or met an error that may pass. Then it begins anew.
    DatasetFetchState.RUNNING: frozenset(
        {
            DatasetFetchState.PENDING,
            DatasetFetchState.DONE,
            DatasetFetchState.FAILED,
            DatasetFetchState.CANCELLED,
        }
    ),
    DatasetFetchState.DONE: frozenset(),
    DatasetFetchState.FAILED: frozenset(),
    DatasetFetchState.CANCELLED: frozenset(),
}


class DatasetFetch(Leased):
    """The dataset called `name` of a server, being written into the file that has `file_sha256` once it is done.

    `records_done` of `records_total` are written; a worker that takes it up anew begins with the first. `error` is a
    stored sentence.
    """

    terms = Terms(waiting=DatasetFetchState.PENDING, held=DatasetFetchState.RUNNING, failed=DatasetFetchState.FAILED)

    server = models.ForeignKey(ArgillaServer, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=DatasetFetchState, default=DatasetFetchState.PENDING)
    records_done = models.PositiveIntegerField(default=0)
    records_total = models.PositiveIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Two people who ask for the same at once are given the same; so is who asks twice.
            models.UniqueConstraint(
                fields=["server", "name"],
                condition=Q(state__in=["pending", "running"]),
                name="dataset_fetch_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=DatasetFetchState.values), name="dataset_fetch_state_known"),
            models.CheckConstraint(
                condition=Q(state=DatasetFetchState.DONE, file_sha256__gt="")
                | (~Q(state=DatasetFetchState.DONE) & Q(file_sha256="")),
                name="dataset_fetch_done_has_a_file",
            ),
            held_has_lease(DatasetFetchState.RUNNING, "dataset_fetch_held_while_running"),
        ]
        indexes = [
            # Serves the worker's search for what is due.
            models.Index(fields=["next_at"], condition=Q(state__in=["pending", "running"]), name="dataset_fetch_due"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def file_name(self) -> str:
        """What lists and the mapping page call its file."""
        return f"{self.name}.zip"
