"""Checking a release: its stored files against their hashes and its frozen rows built anew, and these against the
decisions and ratings that they came from."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from curation.core.errors import Conflict
from curation.core.storage import FileMissing, storage
from curation.core.storage.interface import digest_of
from curation.releases import blobs, manifest, schema
from curation.releases.assemble import Assembled, NothingKept, assemble
from curation.releases.models import Release, ReleaseFile
from curation.releases.queries.decided import undecided

FORM, PURGED = "form", "purged"
SINCE = "since"
DIFFERS = {
    "outcome": "Its decision does not accept it.",
    "decider": "It was decided by others, or by another policy, than its row says.",
    "themes": "Its decision says other themes, or other criteria that apply, than its row.",
    "values": "The ratings that its decision rests on give other means than the decision says.",
    "reviews": "A review that it was released with is gone, or does not count.",
}


@dataclass(frozen=True)
class Mismatch:
    """What was found about one file, or about a story by its public id.

    `check`: stored (the file as kept), rows (its values), form (its bytes), purged (destroyed with a story) or decision
    (what the story rests on).
    """

    path: str
    check: str
    message: str


@dataclass(frozen=True)
class Verification:
    """What was checked. A problem is a release that is not what was released.

    A note is none: this version of Exempla gives the same rows another form, or would word a card differently; or a
    story was decided anew after the release. Nor is a file that was `purged`: destroyed with a story that it had, as it
    should be.
    """

    files: int
    rows: int
    problems: list[Mismatch]
    notes: list[Mismatch]
    purged: list[Mismatch]

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.problems


def verify(release: Release, progress: Callable[[int], None] = lambda rows: None) -> Verification:
    """Check every file of a built release, build it once more beside, and check every story's decision.

    `Conflict` if it is not built.
    """
    if not release.complete or release.manifest is None:
        raise Conflict(f"{release} is not built, so there is nothing to verify.")
    found = [*stored(release), *rebuilt(release, Path(settings.HOME), progress)]
    problems = [finding for finding in found if finding.check not in {FORM, PURGED}]
    notes = [finding for finding in found if finding.check == FORM]
    purged = [finding for finding in found if finding.check == PURGED]
    since = 0
    for story, differs in undecided(release):
        since += SINCE in differs
        problems += [Mismatch(story, "decision", DIFFERS[what]) for what in differs if what != SINCE]
    if since:
        notes.append(Mismatch(manifest.NAME, "decision", f"Stories that were decided anew since: {since}."))
    return Verification(release.files.count(), release.rows_total, problems, notes, purged)


def stored(release: Release) -> Iterator[Mismatch]:
    """Check the files as they are kept: each there, whole, and the one that the manifest lists.

    `StorageUnavailable` while the storage cannot be reached, which says nothing of the files.
    """
    listed = {file["path"]: file["sha256"] for file in (release.manifest or {"files": []})["files"]}
    listed[manifest.NAME] = release.manifest_sha256
    files = {file.path: file for file in release.files.select_related("blob__purged")}
    kept = {path: file.blob for path, file in files.items()}
    for path in sorted(listed.keys() | kept.keys()):
        if path not in kept or path not in listed or kept[path].sha256 != listed[path]:
            yield Mismatch(path, "stored", "The list of files and the manifest name different contents.")
            continue
        if files[path].is_purged:
            yield purged_of(files[path])
            continue
        try:
            digest, _size = digest_of(storage().read(blobs.key_of(listed[path])))
        except FileMissing:
            yield Mismatch(path, "stored", "The stored file is missing.")
            continue
        if digest != listed[path]:
            yield Mismatch(path, "stored", "The stored file was changed: its SHA-256 is another.")


def purged_of(file: ReleaseFile) -> Mismatch:
    """Say of a destroyed file that it is gone, or that it is still there."""
    if storage().size(blobs.key_of(file.blob_id)) is None:
        return Mismatch(file.path, PURGED, "It was destroyed with a story that it had; its hash stays listed.")
    return Mismatch(file.path, "stored", "It was to be destroyed with a story that it had, and is still stored.")


def rebuilt(release: Release, root: Path, progress: Callable[[int], None]) -> list[Mismatch]:
    """Build a release once more beside, and compare. Columns that this version does not know are left alone."""
    recorded = release.manifest or {}
    if recorded["schema"] != schema.VERSION:
        text = f"Its columns are those of schema {recorded['schema']}, and this version of Exempla writes schema "
        return [Mismatch(manifest.NAME, FORM, f"{text}{schema.VERSION}: only the stored files were checked.")]
    scratch_home = root / "verifying"
    scratch_home.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"release-{release.pk}-", dir=scratch_home))
    try:
        anew = assemble(release, scratch, progress, NothingKept())
        found = list(compare(recorded, release.manifest_sha256, anew))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    # Files that had a purged story, and those that tell of their sizes, cannot be as they were.
    gone = set(release.files.filter(blob__purged__isnull=False).values_list("path", flat=True))
    return [one for one in found if one.path not in gone and not (gone and one.check == FORM)]


def compare(recorded: dict[str, Any], recorded_sha256: str, anew: Assembled) -> Iterator[Mismatch]:
    """Compare a manifest with what the frozen rows give now: other rows are a problem, another form is a note."""
    before = {file["path"]: file for file in recorded["files"]}
    now = {file["path"]: file for file in anew.manifest["files"]}
    then, today = recorded["tools"]["pyarrow"], pa.__version__
    for path in sorted(before.keys() | now.keys()):
        old, new = before.get(path), now.get(path)
        has_rows = "rows" in (old or new or {})
        if old is None or new is None:
            yield Mismatch(path, "rows" if has_rows else FORM, "This file is in only one of the two builds.")
        elif old.get("rows_sha256") != new.get("rows_sha256"):
            yield Mismatch(path, "rows", "The rows are not the ones that were released.")
        elif old["sha256"] != new["sha256"] and has_rows:
            cause = f" It was written by pyarrow {then}, and this is {today}." if then != today else ""
            yield Mismatch(path, FORM, "The rows are the same; today their bytes would differ." + cause)
        elif old["sha256"] != new["sha256"]:
            yield Mismatch(path, FORM, "It is as it was released; this version of Exempla would word it differently.")
    digest = next(file.digest.sha256 for file in anew.files if file.path == manifest.NAME)
    if digest != recorded_sha256 and before == now:
        yield Mismatch(
            manifest.NAME, FORM, "It is as it was released; this version of Exempla would write it differently."
        )
