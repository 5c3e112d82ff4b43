"""Carrying out a purge, step by step; each can be done again, so one that was killed goes on.

First the files that hold the story are found and written down, by the words that are still there: from then on they are
sent to nobody. Then the words are destroyed in the database, in one transaction. Then the files go, and at last the
words of what was stored in the very moment of the second step.
"""

import logging
import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.actions import shut_story
from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.core import leases
from curation.core.errors import Conflict, ExemplaError
from curation.core.leases import Lease, LeaseLost
from curation.core.storage import FileMissing, StorageError, storage
from curation.erasure.actions.following import follow, withdraw_everywhere
from curation.erasure.files_with_words import files_with_words
from curation.erasure.models import Purge, PurgedFile
from curation.erasure.models.purge import PurgeState
from curation.releases import blobs
from curation.releases.actions import forget_looks
from curation.releases.models import Blob, Release, ReleasePart
from curation.releases.models.release import COMPLETE
from curation.releases.queries.fields import forget_beginning
from curation.stories import files
from curation.stories.models import ImportDuplicate, ImportRun

log = logging.getLogger(__name__)
DESTROY = "SELECT erasure_purge_story(%s)"


class BuiltMeanwhile(Exception):
    """A release that has the story was completed while the files of the others were looked at."""


def purge(*, purge: Purge) -> Purge:
    """Carry out a waiting purge now and return it; one that is done is returned as it is.

    Raises `Conflict` while it awaits approval or a worker has it, and what went wrong otherwise: then it waits for
    another try, or has failed with the reason.
    """
    claimed = claim(purge.pk)
    if claimed is None:
        purge.refresh_from_db()
        if purge.state == PurgeState.DONE:
            return purge
        raise Conflict(_("This purge is not waiting: %(state)s.") % {"state": purge.get_state_display()})
    carry_out(*claimed)
    purge.refresh_from_db()
    return purge


def purge_due() -> int:
    """Carry out every purge that waits, and return how many were tried. A failure is kept at its purge."""

    def work(purge: Purge, lease: Lease) -> None:
        try:
            carry_out(purge, lease)
        except (StorageError, DatabaseError, OSError):
            log.exception("purge %s is not done", purge.pk)

    return leases.carry_out_each(claim, work)


def claim(pk: int | None = None) -> tuple[Purge, Lease] | None:
    """Take the purge that has waited longest, or that of `pk` if it waits; None if there is none."""
    rows = Purge.objects.select_related("story", "asked_by")
    return leases.claim_one(rows, among=None if pk is None else Q(pk=pk))


def carry_out(purge: Purge, lease: Lease) -> None:
    """Carry out a claimed purge. What goes wrong is kept at it and raised; an interruption gives it back."""
    with lease:
        try:
            while purge.texts_at is None:
                seen = name_files(purge)
                with suppress(BuiltMeanwhile):
                    destroy_words(purge, lease, seen)
                    purge.refresh_from_db(fields=["texts_at"])
            destroy_files(purge)
            # What a worker or a reader stored in the moment of the first time.
            destroy_words(purge, lease)
            follow(purge)
            with lease.storing():
                lease.end(PurgeState.DONE, error="", finished_at=Now())
                record(actor=SYSTEM, verb="purge.finished", target=purge.story, purge=purge.pk)
        except LeaseLost:
            raise
        except Exception as error:
            if not isinstance(error, StorageError | DatabaseError | ExemplaError | OSError):
                log.error("purge %s", purge.pk, exc_info=error)
            with suppress(DatabaseError):
                lease.put_off(error, reason=in_words(error), unknown=True)
            raise
        except BaseException:
            lease.give_back()
            raise


def in_words(error: Exception) -> str:
    """Say what went wrong, without a word of the story."""
    if isinstance(error, ExemplaError):
        return error.message
    if isinstance(error, DatabaseError):
        return _("The database was busy or away.")
    return _("It stopped at an unexpected error (%(error)s).") % {"error": type(error).__name__}


def releases_with(purge: Purge) -> QuerySet[Release]:
    """Return the releases that have the story and all their files."""
    return Release.objects.filter(items__story=purge.story_id, state__in=COMPLETE).order_by("pk")


def name_files(purge: Purge) -> set[int]:
    """Write down which files hold the story, of releases and imported ones; return which releases were looked at."""
    found, seen = {}, set()
    for release in releases_with(purge):
        seen.add(release.pk)
        for file in files_with_words(release, purge.story):
            found[file.blob_id] = blobs.key_of(file.blob_id)
    # A file that another purge destroys too is named by the one that came first.
    there = set(PurgedFile.objects.filter(blob__in=found).values_list("blob", flat=True))
    PurgedFile.objects.bulk_create(
        [PurgedFile(purge=purge, blob_id=pk, key=key) for pk, key in found.items() if pk not in there],
        ignore_conflicts=True,
    )
    told = ImportRun.objects.filter(Q(stories=purge.story_id) | Q(pk__in=_runs_that_repeat(purge)))
    uploads = {files.key_of(sha256) for sha256 in told.values_list("file_sha256", flat=True)}
    PurgedFile.objects.bulk_create([PurgedFile(purge=purge, key=key) for key in sorted(uploads)], ignore_conflicts=True)
    return seen


def destroy_words(purge: Purge, lease: Lease, seen: set[int] | None = None) -> None:
    """Take the story out of review, and destroy its words in the database; withdraw it from every dataset that has it.

    `BuiltMeanwhile` where a release that has it is complete and none of `seen`, whose files were looked at.
    """
    with lease.storing(), connection.cursor() as cursor:
        shut_story(story_id=purge.story_id)
        # Whoever shows the files of a build holds its release, so that either is seen by the other.
        having = Release.objects.filter(items__story=purge.story_id).order_by("pk")
        list(having.exclude(state__in=COMPLETE).select_for_update(of=("self",), no_key=True).values_list("pk"))
        complete = set(having.filter(state__in=COMPLETE).values_list("pk", flat=True))
        if seen is not None and complete - seen:
            raise BuiltMeanwhile
        cursor.execute(DESTROY, [purge.pk])
        withdraw_everywhere(purge)


def destroy_files(purge: Purge) -> None:
    """Remove the files from the storage, what is left of builds on this machine, and what is remembered of them."""
    forget_looks()
    for file in purge.files.filter(removed_at=None).order_by("pk"):
        with suppress(FileMissing):
            storage().remove(file.key)
        if file.blob_id is not None:
            forget_beginning(file.blob_id)
        PurgedFile.objects.filter(pk=file.pk).update(removed_at=timezone.now())
    destroy_parts(purge)
    for release in Release.objects.filter(items__story=purge.story_id):
        for scratch in (Path(settings.HOME) / "building").glob(f"release-{release.pk}-*"):
            shutil.rmtree(scratch, ignore_errors=True)


def destroy_parts(purge: Purge) -> None:
    """Remove the finished parts of versions that have the story and can no longer be built."""
    parts = ReleasePart.objects.filter(release__items__story=purge.story_id)
    others = ReleasePart.objects.exclude(release__items__story=purge.story_id)
    for part in parts:
        shared = set(Blob.objects.filter(pk__in=part.blobs).values_list("pk", flat=True))
        shared.update(*others.filter(blobs__overlap=part.blobs).values_list("blobs", flat=True))
        for sha256 in set(part.blobs) - shared:
            with suppress(FileMissing):
                storage().remove(blobs.key_of(sha256))
        part.delete()


def _runs_that_repeat(purge: Purge) -> list[int]:
    return list(ImportDuplicate.objects.filter(story=purge.story_id).values_list("run", flat=True))
