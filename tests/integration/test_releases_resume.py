"""A build that is interrupted goes on: what is finished of it is kept, checked, and used again."""

import os
import random
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection

from curation.accounts.actors import SYSTEM
from curation.core.errors import Conflict, Unavailable
from curation.core.leases import Lease
from curation.core.storage import storage
from curation.releases import blobs, parts
from curation.releases.actions import abandon, build, build_due, building, retry, start_release
from curation.releases.actions.building import belonging
from curation.releases.manifest import NAME
from curation.releases.models import Release, ReleasePart
from curation.releases.models.release import ReleaseState
from curation.releases.queries import slices
from curation.releases.queries.slices import cut, sizes
from curation.releases.splits import SHARES
from curation.releases.verify import verify
from tests import builders
from tests.workers import until

ROOT = Path(__file__).resolve().parents[2]
STORIES, IN_PART = 10, 2


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path / "home"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Parts of two stories; and which of them are written."""
    monkeypatch.setattr(slices, "LEAST_IN_PART", IN_PART)
    monkeypatch.setattr(slices, "MOST_IN_PART", IN_PART)
    told: list[tuple[str, int]] = []
    write = parts.write

    def noting(layout: Any, part: Any, *rest: Any) -> Any:
        told.append((part.split, part.number))
        return write(layout, part, *rest)

    monkeypatch.setattr(parts, "write", noting)
    return told


def waiting() -> Release:
    builders.accepted_stories(STORIES)
    return start_release(actor=SYSTEM, dataset=builders.dataset(), version="v1.0.0", formats=["text"])


def stops_after(rows: int) -> Any:
    """What breaks a build off once so many stories are written."""

    def progress(done: int) -> None:
        if done >= rows:
            raise RuntimeError("The plug was pulled.")

    return progress


@pytest.mark.django_db(transaction=True)
def test_a_build_killed_at_four_fifths_goes_on_there(home: Path, written: list[tuple[str, int]]) -> None:
    release = waiting()
    name = str(connection.settings_dict["NAME"])
    given = [name, str(home), str(release.pk), str(IN_PART), "8"]
    command = [sys.executable, str(ROOT / "tests" / "release_child.py"), *given]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) >= 8
        child.kill()
    kept = set(ReleasePart.objects.values_list("split", "number"))
    assert kept
    assert list((home / "building").iterdir())
    assert build_due() == 0, "its lease still holds"
    held = Release.objects.get(pk=release.pk)

    def is_taken_up() -> bool:
        # What renews the lease for the killed build may be at it once more before it sees that nobody is there.
        builders.run_out(Lease(Release, [held.pk], held.token))
        return build_due() == 1

    until(is_taken_up)
    release.refresh_from_db()
    assert release.state == ReleaseState.BUILT
    assert not kept & set(written), "what was finished is not made again"
    assert written
    assert not ReleasePart.objects.exists()
    assert not list((home / "building").iterdir())
    # Built once more from nothing, and never disturbed, it is the same to the byte: without a note even.
    report = verify(release)
    assert (report.problems, report.notes) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_until_the_last_digest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v1.0.0")
    claimed = building.claim(release.pk)
    assert claimed is not None
    lease = Lease(Release, [release.pk], claimed[1].token, lasts=timedelta(seconds=4))
    digest, seen = blobs.digest, set[datetime | None]()

    def renewed_twice() -> bool:
        seen.add(Release.objects.get(pk=release.pk).lease_until)
        return len(seen) > 2

    def slow(path: Path) -> blobs.Digest:
        if path.name == NAME:
            until(renewed_twice)
        return digest(path)

    monkeypatch.setattr(blobs, "digest", slow)
    building.carry_out(claimed[0], lease)
    release.refresh_from_db()
    assert (release.state, len(seen)) == (ReleaseState.BUILT, 3)


@pytest.mark.django_db
def test_a_kept_part_is_checked_before_it_is_used(home: Path, written: list[tuple[str, int]]) -> None:
    release = waiting()
    with pytest.raises(Unavailable, match="plug"):
        build(release=release, progress=stops_after(STORIES))
    release.refresh_from_db()
    assert release.state == ReleaseState.FAILED
    first, second, *others = ReleasePart.objects.order_by("id")
    files = {file for part in (first, second, *others) for file in part.blobs}
    assert belonging([*files, "0" * 64]) == files, "the sweeper leaves them"
    place = home / blobs.key_of(first.blobs[0])
    content = bytearray(place.read_bytes())
    content[100] ^= 1
    place.write_bytes(content)
    storage().remove(blobs.key_of(second.blobs[-1]))
    third = others[0]
    third.made_by = "schema 2, pyarrow 1"
    third.save()
    written.clear()
    retry(actor=SYSTEM, release=release)
    build(release=release)
    again = {(part.split, part.number) for part in (first, second, third)}
    assert again <= set(written)
    assert not {(part.split, part.number) for part in others[1:]} & set(written)
    report = verify(release)
    assert (report.problems, report.notes) == ([], [])


@pytest.mark.django_db
def test_what_is_abandoned_keeps_no_parts_and_other_columns_are_not_mixed_in(written: list[tuple[str, int]]) -> None:
    release = waiting()
    with pytest.raises(Unavailable, match="plug"):
        build(release=release, progress=stops_after(STORIES))
    release.refresh_from_db()
    release.frozen["schema"] = 2
    release.save(update_fields=["frozen"])
    with pytest.raises(Conflict, match="another version of Exempla"):
        build(release=retry(actor=SYSTEM, release=release))
    release.refresh_from_db()
    assert ReleasePart.objects.exists()
    abandon(actor=SYSTEM, release=release, reason="Other columns.")
    assert not ReleasePart.objects.exists()


def parts_of(stories: list[tuple[int, int]]) -> list[list[tuple[int, int, int]]]:
    """The first and last story of every slice of every part, and its rows."""
    return list(cut(*np.array(stories, np.int64).reshape(-1, 2).T))


def ends_of(stories: list[tuple[int, int]]) -> list[list[int]]:
    """The first and last story of every part, and its rows."""
    return [[runs[0][0], runs[-1][1], sum(rows for *_ends, rows in runs)] for runs in parts_of(stories)]


def one_by_one(stories: list[tuple[int, int]]) -> list[list[tuple[int, int, int]]]:
    """The same, told story by story."""
    found: list[list[tuple[int, int, int]]] = [[]]
    run: list[tuple[int, int]] = []

    def end_slice() -> None:
        found[-1].append((run[0][0], run[-1][0], len(run)))
        run.clear()

    rows = chars = 0
    for story, n_chars in stories:
        if run and (len(run) == slices.ROWS_PER_SLICE or sum(n for _pk, n in run) + n_chars > slices.CHARS_PER_SLICE):
            end_slice()
        run.append((story, n_chars))
        rows, chars = rows + 1, chars + n_chars
        may_end = rows >= slices.LEAST_IN_PART and story * 2_654_435_761 % 2**32 < 2**32 // slices.ONE_IN
        if may_end or rows == slices.MOST_IN_PART or chars >= slices.CHARS_IN_PART:
            end_slice()
            found.append([])
            rows = chars = 0
    if run:
        end_slice()
    return [part for part in found if part]


@pytest.mark.parametrize("seed", range(40))
def test_parts_and_slices_end_where_they_are_to(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)  # noqa: S311
    for name, most in (("LEAST_IN_PART", 20), ("MOST_IN_PART", 60), ("ROWS_PER_SLICE", 9), ("ONE_IN", 12)):
        monkeypatch.setattr(slices, name, chance.randint(1, most))
    monkeypatch.setattr(slices, "CHARS_PER_SLICE", chance.choice([1, 40, 10_000]))
    monkeypatch.setattr(slices, "CHARS_IN_PART", chance.choice([1, 150, 10_000]))
    known = sorted(chance.sample(range(1, 2 ** chance.choice([9, 40, 62])), chance.randint(0, 300)))
    stories = [(story, chance.choice([0, chance.randint(0, 20)])) for story in known]
    assert parts_of(stories) == one_by_one(stories)


def test_a_story_more_or_less_changes_no_part_but_its_own() -> None:
    stories = [(pk, 1_000) for pk in range(1, 120_000)]
    before = ends_of(stories)
    assert sum(rows for _first, _last, rows in before) == len(stories)
    assert all(rows <= slices.MOST_IN_PART for _first, _last, rows in before)
    assert all(rows >= slices.LEAST_IN_PART for _first, _last, rows in before[:-1])
    without = ends_of([story for story in stories if story[0] != 30_000])
    assert len([part for part in before if part not in without]) <= 2
    long = ends_of([(pk, slices.CHARS_IN_PART // 4) for pk in range(1, 10)])
    assert [rows for _first, _last, rows in long] == [4, 4, 1], "a few long texts are a part as well"


@pytest.mark.django_db
def test_stories_are_told_with_their_sizes_whatever_fits_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.accepted_stories(STORIES)
    release = builders.frozen_release(builders.dataset())
    monkeypatch.setattr(slices, "ROWS_AT_ONCE", 2)
    told = [pair for split, _share in SHARES for pair in zip(*map(list, sizes(release.pk, split)), strict=True)]
    items = release.items.values_list("story_id", "story__n_chars")
    assert len(told) == STORIES
    assert sorted(told) == sorted(items)
