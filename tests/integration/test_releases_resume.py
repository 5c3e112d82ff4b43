"""A build that is interrupted goes on: what is finished of it is kept, checked, and used again."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

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
from curation.releases.queries.slices import ends_part, slices_of
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
    builders.run_out(Lease(Release, [held.pk], held.token))
    assert build_due() == 1
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


def ends_of(stories: list[tuple[int, int]]) -> list[list[int]]:
    """The first and last story of every part, and its rows."""
    found, first, rows = [], None, 0
    for one, ends in slices_of(1, "train", stories):
        first, rows = first if first is not None else one.first, rows + one.rows
        if ends:
            found.append([first, one.last, rows])
            first, rows = None, 0
    return found


def test_a_story_more_or_less_changes_no_part_but_its_own() -> None:
    stories = [(pk, 1_000) for pk in range(1, 120_000)]
    before = ends_of(stories)
    assert sum(rows for _first, _last, rows in before) == len(stories)
    assert all(rows <= slices.MOST_IN_PART for _first, _last, rows in before)
    assert all(rows >= slices.LEAST_IN_PART for _first, _last, rows in before[:-1])
    without = ends_of([story for story in stories if story[0] != 30_000])
    assert len([part for part in before if part not in without]) <= 2
    assert ends_part(1, 1, slices.CHARS_IN_PART)
    long = ends_of([(pk, slices.CHARS_IN_PART // 4) for pk in range(1, 10)])
    assert [rows for _first, _last, rows in long] == [4, 4, 1], "a few long texts are a part as well"
