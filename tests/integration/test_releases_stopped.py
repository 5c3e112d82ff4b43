"""Builds that stop: a full disk, an interruption, a lease that ran out; and the commands that build and verify."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.accounts.actors import SYSTEM
from curation.core.errors import Conflict, Unavailable
from curation.core.leases import Lease
from curation.releases.actions import build, build_due, retry, start_release
from curation.releases.actions.building import claim
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.releases.verify import verify
from tests import builders
from tests.integration.test_releases_build import all_splits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path / "home"


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let this process write no file larger than `size` bytes: what a full disk does, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 2_000, 12_000])
def test_a_full_disk_leaves_nothing_and_a_retry_builds_the_same(home: Path, size: int) -> None:
    earlier = all_splits()
    builders.accepted_stories(3)
    release = start_release(actor=SYSTEM, dataset=earlier.dataset, version="v0.2.0")
    before = sorted(path for path in home.rglob("*") if path.is_file())
    with files_up_to(size), pytest.raises(Unavailable, match="no space left"):
        build(release=release)
    release.refresh_from_db()
    assert release.state == ReleaseState.FAILED
    assert "Free some" in release.error
    assert not release.files.exists()
    assert sorted(path for path in home.rglob("*") if path.is_file()) == before
    assert verify(earlier).ok
    with pytest.raises(Conflict, match="Retry it"):
        build(release=release)
    built = build(release=retry(actor=SYSTEM, release=release))
    assert built.state == ReleaseState.BUILT
    assert verify(built).ok


def test_a_worker_builds_what_waits_and_notes_a_failure(home: Path) -> None:
    builders.accepted_stories(1)
    one, two = builders.dataset(), builders.dataset()
    first = start_release(actor=SYSTEM, dataset=one, version="v1.0.0")
    second = start_release(actor=SYSTEM, dataset=two, version="v1.0.0")
    claimed = claim(second.pk)
    assert claimed is not None
    assert build_due() == 1
    first.refresh_from_db()
    assert (first.state, first.rows_done) == (ReleaseState.BUILT, 1)
    second.refresh_from_db()
    assert second.state == ReleaseState.BUILDING, "held by somebody"
    with pytest.raises(Conflict, match="being built by a worker"):
        build(release=second)
    claimed[1].give_back()
    assert build(release=second).state == ReleaseState.BUILT
    assert build_due() == 0


def test_an_interrupted_build_is_given_back() -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v1.0.0")

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(release=release, progress=interrupt)
    release.refresh_from_db()
    assert release.state == ReleaseState.PENDING
    assert build(release=release).state == ReleaseState.BUILT


def test_a_builder_whose_lease_ran_out_cannot_finish_over_the_new_one() -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v1.0.0")

    def overtaken(done: int) -> None:
        held = Release.objects.get(pk=release.pk)
        builders.run_out(Lease(Release, [held.pk], held.token))
        assert build_due() == 1

    with pytest.raises(Conflict, match="being built by a worker"):
        build(release=release, progress=overtaken)
    release.refresh_from_db()
    assert release.state == ReleaseState.BUILT
    assert release.error == ""
    assert verify(release).ok


def test_the_commands_build_and_verify(capsys: pytest.CaptureFixture[str]) -> None:
    builders.accepted_stories(2)
    with pytest.raises(CommandError, match="Add --create"):
        call_command("build_release", "exempla/new", "v0.1.0")
    call_command("build_release", "exempla/new", "v0.1.0", "--create", "--public", "--title", "New", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["dataset"], report["version"], report["stories"]) == ("exempla/new", "v0.1.0", 2)
    assert sum(report["splits"].values()) == 2
    call_command("verify_release", "exempla/new", "v0.1.0", "--json")
    assert json.loads(capsys.readouterr().out)["ok"] is True
    call_command("verify_release", "exempla/new", "v0.1.0")
    assert "verifies" in capsys.readouterr().out
    with pytest.raises(CommandError, match="built already"):
        call_command("build_release", "exempla/new", "v0.1.0")
    with pytest.raises(CommandError, match="ORG/NAME"):
        call_command("build_release", "new", "v0.1.0")
    with pytest.raises(CommandError, match="“a b” cannot be a name: use up to 60 letters and digits"):
        call_command("build_release", "a b/c", "v1.0.0")
    with pytest.raises(CommandError, match=r"The stories are the same as in v0\.1\.0"):
        call_command("build_release", "exempla/new", "v0.1.1")
    with pytest.raises(CommandError, match="There is no version"):
        call_command("verify_release", "exempla/new", "v9.0.0")
