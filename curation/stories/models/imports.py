"""One import of one file: a row that a worker carries out, with its progress and its rejected rows."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.stories.models.source import Source


class ImportState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Importing")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


TRANSITIONS: dict[ImportState, frozenset[ImportState]] = {
    ImportState.PENDING: frozenset({ImportState.RUNNING}),
    # Back to PENDING: a long import gives way to others, or its worker is gone.
    ImportState.RUNNING: frozenset({ImportState.PENDING, ImportState.DONE, ImportState.FAILED}),
    ImportState.DONE: frozenset(),
    ImportState.FAILED: frozenset({ImportState.PENDING}),
}


class ImportRun(Leased):
    """An import. Everything up to `rows_done` is stored, so that a killed import goes on from there."""

    terms = Terms(waiting=ImportState.PENDING, held=ImportState.RUNNING, failed=ImportState.FAILED)

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    file_size = models.BigIntegerField()
    file_format = models.CharField(max_length=16)
    # What a person chose for text that is not UTF-8; empty where it was found.
    encoding = models.CharField(max_length=16, blank=True, default="")
    mapping = models.JSONField(default=dict)
    defaults = models.JSONField(default=dict)
    # Columns that are not kept with the stories, as they say what people or models thought of them.
    left_out = models.JSONField(default=list, db_default=[])
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.PENDING)
    rows_done = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_known"),
            held_has_lease(ImportState.RUNNING, "import_held_while_running"),
            models.CheckConstraint(
                condition=Q(rows_done=models.F("created") + models.F("duplicates") + models.F("rejected")),
                name="import_counts_add_up",
            ),
        ]
        indexes = [
            # Serves the worker's search for an import to carry out.
            models.Index(fields=["id"], condition=Q(state__in=["pending", "running"]), name="import_due"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"


class ImportDuplicate(models.Model):
    """One row that tells a story which was there already, in an earlier row too."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    row = models.BigIntegerField()
    story = models.ForeignKey("stories.Story", on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="import_duplicate_once")]
        ordering = ["row"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.story_id}"


class ImportIssue(models.Model):
    """One row that could not be stored, and why."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="issues", db_index=False)
    row = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    excerpt = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="import_issue_once")]
        ordering = ["row"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"
