"""Building a release: claimed by lease, written aside, made visible in one step."""

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM
from curation.audit import actions as audit
from curation.core.errors import Conflict, ExemplaError, Unavailable
from curation.core.storage import storage
from curation.core.storage.errors import NO_SPACE
from curation.core.storage.orphans import discard_orphans, naming_files
from curation.releases import blobs
from curation.releases.assemble import Assembled, assemble
from curation.releases.manifest import NAME
from curation.releases.models import Blob, Release, ReleaseFile
from curation.releases.models.release import LEASE, ReleaseState

log = logging.getLogger(__name__)
Progress = Callable[[int], None]
NOTE_EVERY = 1.0  # seconds


def nothing(done: int) -> None:
    """Tell nobody of the progress."""


class Lost(Exception):
    """This build's lease ran out and somebody else took it over."""


def build(*, release: Release, held: bool = False, progress: Progress = nothing) -> Release:
    """Build a waiting release now and return it; one that is built already is returned as it is.

    `held` builds one that was started with `hold`. `progress` is told the stories done so far. Raises `Conflict` while
    somebody else is building it or after it failed, and the reason of a failure otherwise: then the release says so
    too, nothing of it is visible, and it can be retried.
    """
    claimed = claim(release.pk, held=release.token if held else None)
    if claimed is None:
        release.refresh_from_db()
        if release.state == ReleaseState.BUILT:
            return release
        if release.state == ReleaseState.FAILED:
            raise Conflict(
                _("%(version)s has failed: %(error)s Retry it.") % {"version": release, "error": release.error}
            )
        raise Conflict(_("%(version)s is being built by a worker.") % {"version": release})
    try:
        carry_out(claimed, progress)
    except Lost as error:
        raise Conflict(_("%(version)s is being built by a worker.") % {"version": release}) from error
    release.refresh_from_db()
    return release


def build_due() -> int:
    """Build every release that waits, and return how many were tried. A failure is kept at its release."""
    tried = 0
    while (due := Release.objects.due().values_list("pk", flat=True).first()) is not None:
        claimed = claim(due)
        if claimed is None:
            continue
        tried += 1
        try:
            carry_out(claimed)
        except ExemplaError as error:
            log.warning("release %s failed: %s", claimed.pk, error.message)
        except Lost:
            log.warning("release %s was taken over by another worker", claimed.pk)
    return tried


def claim(pk: int, *, held: int | None = None) -> Release | None:
    """Take the build of a release that is due, or None. The new token shuts out whoever had it before.

    `held` is the token of one that was started with `hold`, whose lease the caller has.
    """
    due = Release.objects.due() if held is None else Release.objects.filter(state=ReleaseState.BUILDING, token=held)
    taken = due.filter(pk=pk).order_by()
    with transaction.atomic():
        if not taken.update(
            state=ReleaseState.BUILDING, token=F("token") + 1, lease_until=Now() + LEASE, rows_done=0, error=""
        ):
            return None
        return Release.objects.select_related("dataset", "rubric", "policy").get(pk=pk)


def carry_out(release: Release, progress: Progress = nothing) -> None:
    """Build a claimed release. Whatever goes wrong is kept at the release; an interruption gives it back."""
    root = Path(settings.HOME)
    scratch = root / "building" / f"release-{release.pk}-{release.token}"
    done, noted = 0, 0.0

    def note(rows: int) -> None:
        nonlocal done, noted
        done += rows
        # The rows are fetched over the same connection, so a statement for every slice would hold both up.
        if (now := time.monotonic()) - noted >= NOTE_EVERY:
            noted = now
            advance(release, done)
        progress(done)

    try:
        # Better now than after hours of work.
        storage().reach()
        clear(root, release)
        scratch.mkdir(parents=True)
        publish(release, assemble(release, scratch, note), scratch)
    except Lost:
        raise
    except (OperationalError, InterfaceError) as error:
        # The database went away: not this release's fault, so it waits for the next worker.
        mine(release).update(state=ReleaseState.PENDING, lease_until=None)
        raise Unavailable(_("The database was not there. A worker builds it again in a moment.")) from error
    except Exception as error:
        if not isinstance(error, (OSError, ExemplaError)):
            log.exception("building release %s", release.pk)
        reason = in_words(error)
        if not mine(release).update(state=ReleaseState.FAILED, error=reason, lease_until=None):
            raise Lost from error
        raise Unavailable(reason) from error
    except BaseException:
        mine(release).update(state=ReleaseState.PENDING, lease_until=None)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def clear(root: Path, release: Release) -> None:
    """Remove what killed builds of this release left behind."""
    for old in (root / "building").glob(f"release-{release.pk}-*"):
        shutil.rmtree(old, ignore_errors=True)


def mine(release: Release) -> QuerySet[Release]:
    """The release, as long as this build holds its newest lease."""
    return Release.objects.filter(pk=release.pk, token=release.token, state=ReleaseState.BUILDING)


def advance(release: Release, done: int) -> None:
    """Note progress and renew the lease; raise `Lost` if it is somebody else's by now."""
    if not mine(release).update(rows_done=done, lease_until=Now() + LEASE):
        raise Lost


def publish(release: Release, assembled: Assembled, scratch: Path) -> None:
    """Put the files into the storage, then show all of them at once."""
    # Nothing of this release is swept as an orphan before its rows say whose it is.
    with naming_files():
        for file in assembled.files:
            storage().take(blobs.key_of(file.digest.sha256), scratch / file.path)
        show(release, assembled)


def show(release: Release, assembled: Assembled) -> None:
    """Commit the release as built, with the files that are in the storage by now."""
    digests = {file.digest.sha256: file.digest for file in assembled.files}
    manifest = next(file for file in assembled.files if file.path == NAME)
    with transaction.atomic():
        if not mine(release).select_for_update().exists():
            raise Lost
        rows = [Blob(sha256=d.sha256, size=d.size, git_sha1=d.git_sha1) for d in digests.values()]
        Blob.objects.bulk_create(rows, ignore_conflicts=True)
        ReleaseFile.objects.bulk_create(
            ReleaseFile(release=release, path=file.path, blob_id=file.digest.sha256) for file in assembled.files
        )
        mine(release).update(
            state=ReleaseState.BUILT,
            manifest=assembled.manifest,
            manifest_sha256=manifest.digest.sha256,
            rows_done=F("rows_total"),
            lease_until=None,
            built_at=Now(),
        )
        audit.record(
            actor=SYSTEM, verb="release.built", target=release, version=release.version, manifest=manifest.digest.sha256
        )


def in_words(error: Exception) -> str:
    """Say what went wrong and what to do."""
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return _("There is no space left for its files. Free some where EXEMPLA_HOME lies, then retry.")
    if isinstance(error, ExemplaError):
        return error.message
    return _("The build stopped: %(error)s") % {"error": f"{type(error).__name__}: {error}"[:500]}


def discard_abandoned() -> int:
    """Remove the files of builds that failed two days ago or earlier; return how many."""
    return discard_orphans(
        storage(), blobs.FOLDER, lambda hashes: Blob.objects.filter(pk__in=hashes).values_list("pk", flat=True)
    )
