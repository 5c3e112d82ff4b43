"""A version at a target: work that a worker carries out, and carries out again when there is more to do."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.publishing.models.target import HubTarget
from curation.releases.models import Release


class PublicationState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Published")
    FAILED = "failed", _("Failed")


TRANSITIONS: dict[PublicationState, frozenset[PublicationState]] = {
    # To FAILED: its target was removed.
    PublicationState.PENDING: frozenset({PublicationState.RUNNING, PublicationState.FAILED}),
    # Back to PENDING: its worker stopped, or met an error that may pass.
    PublicationState.RUNNING: frozenset({PublicationState.PENDING, PublicationState.DONE, PublicationState.FAILED}),
    # Something was withdrawn, or the repository is to be public.
    PublicationState.DONE: frozenset({PublicationState.PENDING}),
    PublicationState.FAILED: frozenset({PublicationState.PENDING}),
}


class Publication(Leased):
    """One version at one target.

    What of it is done is in `commit` (the commit that has exactly its files), `tagged_at` and `published_at`, when the
    tag was read back and every byte compared. `untagged_at` is when the tag was found to be gone, as it goes where git
    itself holds a purged file. `uuid` stands in the message of each commit that was made for it, by which one is known
    again whose answer was lost. `found_head` is a commit of somebody else that was in the way, and `accepted_head` the
    one that somebody said to go on from.
    """

    terms = Terms(waiting=PublicationState.PENDING, held=PublicationState.RUNNING, failed=PublicationState.FAILED)

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    target = models.ForeignKey(HubTarget, on_delete=models.PROTECT, related_name="publications", db_index=False)
    state = models.CharField(max_length=8, choices=PublicationState, default=PublicationState.PENDING)
    commit = models.CharField(max_length=40, blank=True)
    tagged_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    untagged_at = models.DateTimeField(null=True, blank=True)
    found_head = models.CharField(max_length=40, blank=True)
    accepted_head = models.CharField(max_length=40, blank=True)
    files_total = models.PositiveIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["target", "release"], name="publication_once"),
            models.CheckConstraint(condition=Q(state__in=PublicationState.values), name="publication_state_known"),
            held_has_lease(PublicationState.RUNNING, "publication_held_while_running"),
            # Two commits to one repository at the same time would be in each other's way.
            models.UniqueConstraint(
                fields=["target"], condition=Q(state="running"), name="publication_one_running_a_target"
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | (Q(tagged_at__isnull=False) & ~Q(commit="")),
                name="publication_checked_after_tag",
            ),
            models.CheckConstraint(
                condition=~Q(state=PublicationState.DONE) | Q(published_at__isnull=False),
                name="publication_done_was_checked",
            ),
        ]
        indexes = [
            # Serves the worker's search for what is due.
            models.Index(fields=["next_at"], condition=Q(state__in=["pending", "running"]), name="publication_due"),
            # Serves the copies of a version on its page.
            models.Index(fields=["release"], name="publication_by_release"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.release_id} at {self.target_id}"
