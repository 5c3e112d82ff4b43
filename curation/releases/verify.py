"""Checking a release: its stored files against their hashes, and against its frozen rows built anew."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from curation.core.errors import Conflict
from curation.releases import blobs, manifest
from curation.releases.assemble import Assembled, assemble
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState


@dataclass(frozen=True)
class Problem:
    """What failed for one file. `check`: stored (the file as kept), rows (their values) or bytes (their form)."""

    path: str
    check: str
    message: str


@dataclass(frozen=True)
class Report:
    """What was checked, and what failed."""

    files: int
    rows: int
    problems: list[Problem]

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.problems


def verify(release: Release, progress: Callable[[int], None] = lambda rows: None) -> Report:
    """Check every file of a built release and build it once more beside; raise `Conflict` if it is not built."""
    if release.state != ReleaseState.BUILT or release.manifest is None:
        raise Conflict(f"{release} is not built, so there is nothing to verify.")
    root = Path(settings.HOME)
    problems = list(stored(release, root))
    scratch_home = root / "verifying"
    scratch_home.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"release-{release.pk}-", dir=scratch_home))
    try:
        problems += compare(release.manifest, release.manifest_sha256, assemble(release, scratch, progress))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Report(release.files.count(), release.rows_total, problems)


def stored(release: Release, root: Path) -> Iterator[Problem]:
    """Check the files as they are kept: each there, whole, and the one that the manifest lists."""
    listed = {file["path"]: file["sha256"] for file in (release.manifest or {"files": []})["files"]}
    listed[manifest.NAME] = release.manifest_sha256
    kept = {file.path: file.blob for file in release.files.select_related("blob")}
    for path in sorted(listed.keys() | kept.keys()):
        if path not in kept or path not in listed or kept[path].sha256 != listed[path]:
            yield Problem(path, "stored", "The list of files and the manifest name different contents.")
            continue
        place = blobs.place(root, listed[path])
        if not place.is_file():
            yield Problem(path, "stored", "The stored file is missing.")
        elif blobs.digest(place).sha256 != listed[path]:
            yield Problem(path, "stored", "The stored file was changed: its SHA-256 is another.")


def compare(recorded: dict[str, Any], recorded_sha256: str, anew: Assembled) -> Iterator[Problem]:
    """Compare a manifest with what the frozen rows give now."""
    before = {file["path"]: file for file in recorded["files"]}
    now = {file["path"]: file for file in anew.manifest["files"]}
    then, today = recorded["tools"]["pyarrow"], pa.__version__
    for path in sorted(before.keys() | now.keys()):
        old, new = before.get(path), now.get(path)
        if old is None or new is None:
            yield Problem(path, "rows", "This file is in only one of the two builds.")
        elif old.get("rows_sha256") != new.get("rows_sha256"):
            yield Problem(path, "rows", "The rows are not the ones that were released.")
        elif old["sha256"] != new["sha256"]:
            cause = f" It was written by pyarrow {then}, and this is {today}." if then != today else ""
            same = "The rows are the same, their bytes are not." if "rows" in old else "The text is not the same."
            yield Problem(path, "bytes", same + cause)
    digest = next(file.digest.sha256 for file in anew.files if file.path == manifest.NAME)
    if digest != recorded_sha256 and before == now:
        yield Problem(manifest.NAME, "bytes", "The manifest is not the same, though all files are.")
