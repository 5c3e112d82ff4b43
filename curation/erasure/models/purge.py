"""Purging a story: who asked, why, who approved, which files went with it, and what followed."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from curation.core.leases.model import Leased, Terms, held_has_lease
from curation.releases.models import Blob, Dataset, Release
from curation.stories.models import Story


class PurgeKind(models.TextChoices):
    LAW = "law", _("The law asks for it")
    HARM = "harm", _("It does harm")


class PurgeState(models.TextChoices):
    AWAITING = "awaiting", _("Awaits approval")
    DECLINED = "declined", _("Declined")
    TAKEN_BACK = "retracted", _("Taken back")
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Being destroyed")
    DONE = "done", _("Destroyed")
    FAILED = "failed", _("Failed")


TRANSITIONS: Mapping[PurgeState, frozenset[PurgeState]] = {
    PurgeState.AWAITING: frozenset({PurgeState.PENDING, PurgeState.DECLINED, PurgeState.TAKEN_BACK}),
    PurgeState.DECLINED: frozenset(),
    PurgeState.TAKEN_BACK: frozenset(),
    PurgeState.PENDING: frozenset({PurgeState.RUNNING}),
    # Back to PENDING: its worker stopped, or met an error that may pass.
    PurgeState.RUNNING: frozenset({PurgeState.PENDING, PurgeState.DONE, PurgeState.FAILED}),
    PurgeState.DONE: frozenset(),
    PurgeState.FAILED: frozenset({PurgeState.PENDING}),
}
# Nothing came of it, and it can be asked for anew.
REFUSED = [PurgeState.DECLINED, PurgeState.TAKEN_BACK]
# It may happen, or has.
GOES_ON = [PurgeState.PENDING, PurgeState.RUNNING, PurgeState.DONE, PurgeState.FAILED]


class Purge(Leased):
    """One story that is destroyed, or that somebody asked to have destroyed. `asked_by` is None where a command asked.

    `second_person` is what the setting said when it was asked for; a constraint keeps such a purge from beginning
    before somebody else approved it. `texts_at` is when its words were destroyed in the database; its files go
    afterwards.
    """

    terms = Terms(waiting=PurgeState.PENDING, held=PurgeState.RUNNING, failed=PurgeState.FAILED)
    states: ClassVar[type[models.TextChoices]] = PurgeState

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="purges", db_index=False)
    kind = models.CharField(max_length=4, choices=PurgeKind)
    reason = models.TextField()
    state = models.CharField(max_length=9, choices=PurgeState, default=PurgeState.AWAITING)
    second_person = models.BooleanField(default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_because = models.TextField(blank=True)
    error = models.TextField(blank=True)
    texts_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PurgeState.values), name="purge_state_known"),
            models.CheckConstraint(condition=Q(kind__in=PurgeKind.values), name="purge_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="purge_with_reason"),
            held_has_lease(PurgeState.RUNNING, "purge_held_while_running"),
            models.CheckConstraint(
                condition=Q(second_person=False)
                | ~Q(state__in=GOES_ON)
                | (Q(asked_by__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="purge_by_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state=PurgeState.DECLINED) | ~Q(decided_because=""), name="purge_declined_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state=PurgeState.DONE) | Q(texts_at__isnull=False, finished_at__isnull=False),
                name="purge_done_is_done",
            ),
            models.UniqueConstraint(fields=["story"], condition=~Q(state__in=REFUSED), name="purge_once"),
        ]
        indexes = [
            # Serves the worker's search for a purge to carry out.
            models.Index(fields=["id"], condition=Q(state__in=["pending", "running"]), name="purge_due"),
            # Serves the triggers that let nothing more be said of a purged story.
            models.Index(fields=["story"], condition=Q(texts_at__isnull=False), name="purge_of_story"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return _("Purge of story %(pk)s") % {"pk": self.story_id}


class PurgedFile(models.Model):
    """A file that is destroyed by a purge: a release's, as `blob`, or one that was imported. It is gone from the
    storage once `removed_at` says so, and is sent to nobody from the moment that this row is there."""

    purge = models.ForeignKey(Purge, on_delete=models.PROTECT, related_name="files", db_index=False)
    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="purged")
    # The storage's.
    key = models.CharField(max_length=120)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purge", "key"], name="purged_file_once")]

    def __str__(self) -> str:
        return self.key


class PurgeFollowUp(models.Model):
    """What followed for one dataset that had the story: the version without it, or why there is none yet."""

    purge = models.ForeignKey(Purge, on_delete=models.PROTECT, related_name="follow_ups", db_index=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+", db_index=False)
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    why_not = models.TextField(blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purge", "dataset"], name="purge_follow_up_once"),
            models.CheckConstraint(
                condition=(Q(release__isnull=False) & Q(why_not="")) | (Q(release__isnull=True) & ~Q(why_not="")),
                name="purge_follow_up_or_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}: {self.release or self.why_not}"
