"""Building a release: its rows are frozen, its files written aside and made visible in one step."""

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.accounts.actors import SYSTEM
from curation.audit import actions as audit
from curation.core import leases
from curation.core.errors import Conflict, ExemplaError, Unavailable
from curation.core.leases import Lease, LeaseLost
from curation.core.memory import give_back_large_blocks, give_back_small_blocks
from curation.core.storage import storage
from curation.core.storage.errors import NO_SPACE
from curation.core.storage.orphans import discard_orphans, naming_files
from curation.releases import blobs, schema
from curation.releases.actions.announcing import announce_built
from curation.releases.actions.freezing import freeze
from curation.releases.actions.keeping import KeptParts, refuse_purged
from curation.releases.assemble import Assembled, assemble
from curation.releases.manifest import NAME
from curation.releases.models import Approval, Blob, Dataset, Release, ReleaseFile, ReleasePart
from curation.releases.models.approval import ApprovalKind
from curation.releases.models.release import COMPLETE, ReleaseState
from curation.releases.second_person import needs_second_person

log = logging.getLogger(__name__)
Progress = Callable[[int], None]
NOTE_EVERY = 1.0  # seconds
FROZEN_BEFORE = gettext_lazy(
    "Its rows were frozen by another version of Exempla, with other columns. Abandon it, and make the next version."
)


def nothing(done: int) -> None:
    """Tell nobody of the progress."""


def build(*, release: Release, progress: Progress = nothing) -> Release:
    """Freeze and build a waiting release now and return it, built or awaiting approval, as one that is so already.

    `progress` is told the stories done so far. Raises `Conflict` while somebody else is building it or after it failed,
    and the reason of a failure otherwise: then the release says so too, nothing of it is visible, and it can be
    retried.
    """
    claimed = claim(release.pk)
    if claimed is None:
        release.refresh_from_db()
        if release.state in COMPLETE:
            return release
        if release.state == ReleaseState.ABANDONED:
            raise Conflict(_("%(version)s was abandoned: ask for another version.") % {"version": release})
        if release.state == ReleaseState.FAILED:
            raise Conflict(
                _("%(version)s has failed: %(error)s Retry it.") % {"version": release, "error": release.error}
            )
        raise Conflict(_("%(version)s is being built by a worker.") % {"version": release})
    try:
        carry_out(*claimed, progress)
    except LeaseLost as error:
        raise Conflict(_("%(version)s is being built by a worker.") % {"version": release}) from error
    release.refresh_from_db()
    return release


def build_due() -> int:
    """Build every release that waits, and return how many were tried. A failure is kept at its release."""
    return leases.carry_out_each(claim, carry_out)


def claim(pk: int | None = None) -> tuple[Release, Lease] | None:
    """Take the release that has waited longest, or that of `pk` if it waits; None if there is none."""
    rows = Release.objects.select_related("dataset", "rubric", "policy")
    return leases.claim_one(rows, among=None if pk is None else Q(pk=pk))


def carry_out(release: Release, lease: Lease, progress: Progress = nothing) -> None:
    """Freeze and build a claimed release. What goes wrong is kept at the release; an interruption gives it back."""
    root = Path(settings.HOME)
    scratch = root / "building" / f"release-{release.pk}-{release.token}"
    done, noted = 0, 0.0

    def note(rows: int) -> None:
        nonlocal done, noted
        done += rows
        if (now := time.monotonic()) - noted >= NOTE_EVERY:
            noted = now
            lease.note(rows_done=done)
        progress(done)

    give_back_large_blocks()
    with lease:
        try:
            if not release.frozen:
                freeze(release, lease)
                give_back_small_blocks()
            if release.frozen["schema"] != schema.VERSION:
                raise Conflict(FROZEN_BEFORE)
            refuse_purged(release)
            # Better now than after hours of work.
            storage().reach()
            clear(root, release)
            scratch.mkdir(parents=True)
            publish(release, lease, assemble(release, scratch, note, KeptParts(release, lease)))
        except LeaseLost:
            raise
        except Exception as error:
            keep_reason(release, lease, error)
        except BaseException:
            lease.give_back()
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def keep_reason(release: Release, lease: Lease, error: Exception) -> NoReturn:
    """Let the release wait if the error may pass, else fail; raise what to tell of it."""
    reason = in_words(error)
    if not isinstance(error, OSError | ExemplaError):
        log.error("building release %s", release.pk, exc_info=error)
    with suppress(DatabaseError):
        if lease.put_off(error, reason=reason) == ReleaseState.PENDING:
            raise Unavailable(_("%(reason)s A worker tries it again in a moment.") % {"reason": reason}) from error
        if isinstance(error, ExemplaError):
            raise error
    raise Unavailable(reason) from error


def clear(root: Path, release: Release) -> None:
    """Remove what killed builds of this release left behind."""
    for old in (root / "building").glob(f"release-{release.pk}-*"):
        shutil.rmtree(old, ignore_errors=True)


def publish(release: Release, lease: Lease, assembled: Assembled) -> None:
    """Put what is not in the storage there, then show all files at once."""
    # Nothing of this release is swept as an orphan before its rows say whose it is.
    with naming_files():
        for file in assembled.files:
            if file.local:
                storage().take(blobs.key_of(file.digest.sha256), file.local)
        show(release, lease, assembled)


def show(release: Release, lease: Lease, assembled: Assembled) -> None:
    """Commit the release with the files that are in the storage by now: built, or awaiting a second person."""
    digests = {file.digest.sha256: file.digest for file in assembled.files}
    manifest = next(file for file in assembled.files if file.path == NAME)
    with lease.storing():
        refuse_purged(release)
        # Locked, so that it cannot become public meanwhile without anybody having looked at this version.
        dataset = Dataset.objects.select_for_update(no_key=True).get(pk=release.dataset_id)
        waits = needs_second_person(ApprovalKind.RELEASE, dataset)
        rows = [Blob(sha256=d.sha256, size=d.size, git_sha1=d.git_sha1) for d in digests.values()]
        Blob.objects.bulk_create(rows, ignore_conflicts=True)
        ReleaseFile.objects.bulk_create(
            ReleaseFile(release=release, path=file.path, blob_id=file.digest.sha256) for file in assembled.files
        )
        lease.end(
            ReleaseState.AWAITING if waits else ReleaseState.BUILT,
            manifest=assembled.manifest,
            manifest_sha256=manifest.digest.sha256,
            rows_done=F("rows_total"),
            error="",
            built_at=None if waits else Now(),
        )
        release.parts.all().delete()
        about = {"version": release.version, "manifest": manifest.digest.sha256}
        if not waits:
            audit.record(actor=SYSTEM, verb="release.built", target=release, **about)
            announce_built(release, manifest.digest.sha256)
            return
        Approval.objects.create(
            what=ApprovalKind.RELEASE, dataset=dataset, release=release, asked_by_id=release.created_by_id
        )
        audit.record(actor=SYSTEM, verb="release.awaits_approval", target=release, **about)


def in_words(error: Exception) -> str:
    """Say what went wrong and what to do."""
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return _("There is no space left for its files. Free some where EXEMPLA_HOME lies, then retry.")
    if isinstance(error, ExemplaError):
        return error.message
    if isinstance(error, DatabaseError):
        return _("The database was not there.")
    return _("The build stopped: %(error)s") % {"error": f"{type(error).__name__}: {error}"[:500]}


def discard_abandoned() -> int:
    """Remove the files of builds that failed two days ago or earlier; return how many."""
    return discard_orphans(storage(), blobs.FOLDER, belonging)


def belonging(hashes: list[str]) -> set[str]:
    """Return those of the files that belong to a release, or to a part of one that may still be built."""
    parts = ReleasePart.objects.filter(blobs__overlap=hashes).values_list("blobs", flat=True)
    return {*Blob.objects.filter(pk__in=hashes).values_list("pk", flat=True), *chain.from_iterable(parts)}
