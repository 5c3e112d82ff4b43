"""What the next version of a dataset costs: bytes that are new, the comparison with the one before, and memory.

A patch takes one story out of `STORIES`. Its new bytes are counted three times: in files that no version had, as our
own storage and Git LFS keep them; and in chunks of some 64 kB, cut where their content says so, as the Hub's storage
does, once as the files are and once as pyarrow writes the same rows without content-defined chunks. In files it may be
as much as the files of the largest part that there is. The two versions are compared in the database, whose processor
time is asserted with ours. Freezing and building is done in a process of its own for each size, whose
peak of memory is told: a version of 10,000 stories ends before all that is done side by side is under way, so that a
larger one takes a tenth more, and a hundred times the stories a fifth.

Planted: parts cut after a fixed number of stories write all files behind the withdrawn story anew; a PATCH that draws
means towards those of its own stories, and not of the version that it corrects, 98.7% of all; twice the stories at a
time, and half of Arrow with an allocator of its own, 1.35 times the memory for 100,000 stories.
"""

import io
import os
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.db import connection

from curation.accounts.actors import SYSTEM
from curation.releases import blobs
from curation.releases.actions import build, start_release, withdraw_story
from curation.releases.diff import compare
from curation.releases.models import Release
from curation.releases.parquet import ROWS_PER_GROUP, ZSTD_LEVEL
from curation.releases.queries.slices import MOST_IN_PART
from tests import builders
from tests.benchmarks.bench_release import grow
from tests.benchmarks.report import tell
from tests.benchmarks.spent import spent

STORIES = int(os.environ.get("BENCH_STORIES", "100000"))
SIZES = (10_000, STORIES)
PEAKS: dict[int, float] = {}
ROOT = Path(__file__).resolve().parents[2]
GEAR = np.random.default_rng(7).integers(0, 2**32, 256, np.uint32)
WINDOW, MASK = 32, np.uint32(0xFFFF)
# Of the largest part, a fifth more for texts that are longer there and for the files that go by no part.
MOST_NEW_FILES = min(1.0, 1.2 * MOST_IN_PART / STORIES)
MOST_NEW, MOST_SECONDS, MOST_GROWTH = 0.2, 8.0, 1.3


def chunks(content: bytes) -> Iterable[bytes]:
    """Cut bytes where a rolling hash of the last `WINDOW` of them says so."""
    values = GEAR[np.frombuffer(content, np.uint8)]
    rolling = np.zeros(len(values), np.uint32)
    for back in range(WINDOW):
        rolling[back:] += values[: len(values) - back] << np.uint32(back)
    ends = [*(np.flatnonzero((rolling & MASK) == 0) + 1).tolist(), len(content)]
    start = 0
    for end in ends:
        if end > start:
            yield content[start:end]
        start = end


def new_bytes(before: list[bytes], after: list[bytes]) -> float:
    """Return the share of `after` that is in chunks which `before` does not have."""
    known = {sha256(chunk).digest() for content in before for chunk in chunks(content)}
    new = sum(len(chunk) for content in after for chunk in chunks(content) if sha256(chunk).digest() not in known)
    return new / sum(map(len, after))


def plainly(content: bytes) -> bytes:
    """Write the rows of a file once more, without content-defined chunks."""
    table, out = pq.read_table(io.BytesIO(content)), io.BytesIO()
    long = {"text", "title", "original_id", "sha256", "prompt_sha256", "quote", "decision_reason", "id"}
    pq.write_table(
        table,
        out,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        row_group_size=ROWS_PER_GROUP,
        use_dictionary=[name for name in table.column_names if name not in long],
    )
    return out.getvalue()


def files_of(release: Release, home: Path) -> dict[str, bytes]:
    """Return the Parquet files of a release by their hash."""
    found = release.files.filter(path__endswith=".parquet")
    return {file.blob_id: (home / blobs.key_of(file.blob_id)).read_bytes() for file in found}


def in_a_process_of_its_own(release: Release, home: Path) -> float:
    """Freeze and build a release, and return the most memory that it took, in MiB."""
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.benchmarks.release_child", name, str(home), str(release.pk)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return float(ran.stdout)


def grown(size: int) -> Release:
    """Ask for a version of so many stories."""
    (story,) = builders.accepted_stories(1)
    grow(story.pk, size - 1)
    return start_release(actor=SYSTEM, dataset=builders.dataset(), version="v1.0.0")


@pytest.mark.by_name("version", 10)
@pytest.mark.parametrize("size", SIZES)
def test_memory(
    transactional_db: None, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    home = settings.HOME = tmp_path / "home"
    PEAKS[size] = in_a_process_of_its_own(grown(size), home)
    lines = [f"freezing and building: peak {PEAKS[size]:,.0f} MiB"]
    smallest = PEAKS.get(SIZES[0], PEAKS[size])
    if PEAKS[size] > smallest:
        lines.append(f"{PEAKS[size] / smallest:.2f} times that of {SIZES[0]:,} stories (most: {MOST_GROWTH})")
    tell(capsys, f"Memory of a release of {size:,} stories", __doc__, lines)
    assert PEAKS[size] <= MOST_GROWTH * smallest


@pytest.mark.by_name("version", 10)
def test_the_next_version(
    transactional_db: None, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = settings.HOME = tmp_path / "home"
    release = build(release=grown(STORIES))
    withdrawn = release.items.order_by("story_id")[STORIES // 3].story_id
    withdraw_story(actor=SYSTEM, dataset=release.dataset, story=withdrawn, reason="For a figure.")
    patch = build(release=start_release(actor=SYSTEM, dataset=release.dataset, version="v1.0.1"))
    before, after = files_of(release, home), files_of(patch, home)
    files = sum(len(content) for key, content in after.items() if key not in before) / sum(map(len, after.values()))
    cut = new_bytes(list(before.values()), list(after.values()))
    plain = new_bytes(*([plainly(content) for content in part.values()] for part in (before, after)))
    with spent() as compared:
        found = compare(release, patch)
    lines = [
        f"a dataset of {STORIES:,} stories, and a patch without one of them",
        f"new in files: {files:.1%} (at most {MOST_NEW_FILES:.0%}); in chunks: {cut:.1%} (at most {MOST_NEW:.0%})",
        f"new in chunks without content-defined chunks: {plain:.1%}",
        f"comparing both takes {compared.clock:.2f} s, and {compared.processor:.2f} s of the processor, "
        f"{compared.python:.2f} of them here (at most {MOST_SECONDS})",
    ]
    tell(capsys, "The next version", __doc__, lines)
    assert found.stories["removed"] == 1
    assert files <= MOST_NEW_FILES
    assert cut <= MOST_NEW
    assert compared.processor <= MOST_SECONDS
