"""Keeping the finished parts of a build, so that another goes on where it was interrupted."""

import logging
from dataclasses import replace

import pyarrow as pa
from django.utils.translation import gettext as _

from curation.core.errors import Conflict
from curation.core.leases import Lease
from curation.core.storage import FileMissing, storage
from curation.core.storage.interface import digest_of
from curation.releases import blobs, schema
from curation.releases.models import Release, ReleasePart
from curation.releases.parquet import ROWS_PER_GROUP, ZSTD_LEVEL
from curation.releases.parts import Made
from curation.releases.queries.slices import PartSlice
from curation.releases.repository import File
from curation.stories.stages import State

log = logging.getLogger(__name__)
MADE_BY = f"schema {schema.VERSION}, pyarrow {pa.__version__}, {ROWS_PER_GROUP} rows, zstd {ZSTD_LEVEL}"


def refuse_purged(release: Release) -> None:
    """Raise `Conflict` where a story among the frozen rows was purged since: nothing of it is released any more."""
    if release.items.filter(story__stage__state=State.PURGED).exists():
        raise Conflict(
            _("A story of %(version)s was purged. Abandon this version, and ask for another one.")
            % {"version": release}
        )


class KeptParts:
    """The parts of a release: their rows in the database, their files in the storage, under their hashes."""

    def __init__(self, release: Release, lease: Lease) -> None:
        self.release, self.lease = release, lease

    def find(self, part: PartSlice) -> Made | None:
        """Return the part if it is kept just as it would be made now, and all its files are whole."""
        row = ReleasePart.objects.filter(release=self.release, split=part.split, number=part.number).first()
        if row is None or row.made_by != MADE_BY or row.made["ends"] != [*part.ends, part.rows]:
            return None
        made = Made.recalled(part, row.made)
        if not all(is_whole(file) for file in made.files.values()):
            log.warning("part %s of release %s is made again: a file of it is gone or damaged", row, self.release.pk)
            return None
        return made

    def store(self, made: Made) -> Made:
        """Put the files into the storage."""
        for file in made.files.values():
            assert file.local is not None  # noqa: S101 - it has just been written  # nosec
            storage().take(blobs.key_of(file.digest.sha256), file.local, checked=True)
        return replace(made, files={name: replace(file, local=None) for name, file in made.files.items()})

    def keep(self, made: Made) -> None:
        """Note a part whose files are in the storage. `LeaseLost` when another worker has the release."""
        with self.lease.storing():
            refuse_purged(self.release)
            ReleasePart.objects.update_or_create(
                release=self.release,
                split=made.part.split,
                number=made.part.number,
                defaults={
                    "made_by": MADE_BY,
                    "made": made.noted(),
                    "blobs": [file.digest.sha256 for file in made.files.values()],
                },
            )


def is_whole(file: File) -> bool:
    """Return whether the storage has the file's bytes, all of them and as they were."""
    try:
        return digest_of(storage().read(blobs.key_of(file.digest.sha256)))[0] == file.digest.sha256
    except FileMissing:
        return False
