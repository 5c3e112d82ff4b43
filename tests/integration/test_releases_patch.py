"""A PATCH leaves alone what it does not correct: rows, files, and what means are drawn towards."""

import json
from pathlib import Path
from typing import Any

import pytest

from curation.accounts.actors import SYSTEM
from curation.releases.actions import build, withdraw_story
from curation.releases.models import Release
from curation.releases.prior import prior_of
from curation.releases.queries import slices
from curation.releases.story_ids import public_id
from curation.releases.verify import verify
from curation.releases.views.files import text_of
from tests import builders
from tests.releases_client import load, unpack

pytestmark = pytest.mark.django_db
BY_STORY = ("stories/", "ratings/", "behaviours/")


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path / "home"
    # Each story is a part by itself, with files of its own.
    monkeypatch.setattr(slices, "LEAST_IN_PART", 1)
    monkeypatch.setattr(slices, "ONE_IN", 1)


def files_of(release: Release) -> set[str]:
    """The hashes of the files that go by stories."""
    return {file.blob_id for file in release.files.all() if file.path.startswith(BY_STORY)}


def rows_of(release: Release, folder: Path) -> dict[str, dict[str, Any]]:
    splits = load(unpack(release, folder / release.version), "stories").values()
    return {row["id"]: row for rows in splits for row in rows}


def told(release: Release, path: str) -> str:
    return text_of(release.files.get(path=path))


def test_a_patch_without_a_story_shares_all_files_but_those_of_that_story(tmp_path: Path) -> None:
    readers = [builders.person(), builders.person()]
    # Four of five, so that each story less moves the mean of all.
    kept = builders.accepted_stories(4, *readers)
    (gone,) = builders.accepted_stories(1, *readers, data=builders.answers(5))
    first = builders.built_release(builders.dataset(), "v1.0.0")
    withdraw_story(actor=SYSTEM, dataset=first.dataset, story=gone.pk, reason="For a test.")
    patch = builders.built_release(first.dataset, "v1.0.1")
    assert first.frozen["pool"]["B1"]["mean"] == pytest.approx(4.2)
    assert patch.frozen["pool"]["B1"]["mean"] == 4.0, "of its own stories, which the comparison of versions tells"
    assert files_of(patch) < files_of(first)
    assert len(files_of(first) - files_of(patch)) == 2, "one of stories and one of ratings"
    before, after = (rows_of(one, tmp_path) for one in (first, patch))
    assert before.pop(public_id(gone.normal_sha256))["B1_mean"] == pytest.approx((5 + 5 + 4.2) / 3, abs=1e-4)
    assert before == after
    assert after[public_id(kept[0].normal_sha256)]["B1_mean"] == pytest.approx((4 + 4 + 4.2) / 3, abs=1e-4)
    # Built anew from what was frozen, each is the same to the byte.
    assert [(report.problems, report.notes) for report in map(verify, (first, patch))] == [([], [])] * 2


def test_card_and_manifest_say_what_means_are_drawn_towards_and_the_next_minor_measures_it_anew() -> None:
    readers = [builders.person(), builders.person()]
    _four, five = (builders.accepted_stories(1, *readers, data=builders.answers(n)) for n in (4, 5))
    first = builders.built_release(builders.dataset(), "v1.0.0")
    withdraw_story(actor=SYSTEM, dataset=first.dataset, story=five[0].pk, reason="For a test.")
    patch = builders.built_release(first.dataset, "v1.0.1")
    again = builders.built_release(first.dataset, "v1.0.2")
    for one, said in (
        (first, "The figures of the pool are those of this version."),
        (patch, "The figures of the pool are those of v1.0.0; a PATCH keeps them"),
        (again, "The figures of the pool are those of v1.0.0; a PATCH keeps them"),
    ):
        assert said in told(one, "README.md")
        assert "| B1 | 4.5 | 1.0 |" in told(one, "README.md")
        listed = json.loads(told(one, "manifest.json"))["prior"]
        assert (listed["version"], listed["figures"]["B1"]) == ("v1.0.0", {"mean": 4.5, "sd": 1.0})
    builders.accepted_stories(1, *readers)
    minor = builders.built_release(first.dataset, "v1.1.0")
    assert minor.frozen["prior"] == {"version": "v1.1.0", "figures": minor.frozen["pool"]}
    assert minor.frozen["pool"]["B1"]["mean"] == 4.0
    assert "those of this version" in told(minor, "README.md")


def test_a_version_of_before_patches_kept_anything_is_built_as_it_was_and_its_patch_keeps_its_pool() -> None:
    builders.accepted_stories(2)
    first = builders.frozen_release(builders.dataset(), "v1.0.0")
    del first.frozen["prior"]
    first.frozen["pool"]["B1"]["mean"] = 3.0
    first.save()
    first = build(release=first)
    assert "prior" not in json.loads(told(first, "manifest.json"))
    assert prior_of(first.frozen) == {"version": "v1.0.0", "figures": first.frozen["pool"]}
    assert verify(first).ok
    patch = builders.built_release(first.dataset, "v1.0.1")
    assert (patch.frozen["prior"]["version"], patch.frozen["prior"]["figures"]["B1"]["mean"]) == ("v1.0.0", 3.0)
    assert files_of(patch) == files_of(first)
