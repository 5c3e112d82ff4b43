"""What a purge meets on its way: versions, reports, a kill, a second person, files that are not there."""

import hashlib
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.calibration.actions import refitting
from curation.calibration.actions.probing import probe_stories
from curation.calibration.models import ProbeStory
from curation.core.errors import Conflict, ExemplaError, InvalidInput
from curation.core.storage import StorageUnavailable, storage
from curation.erasure.actions import ask_purge, follow_up, purge, purge_due, retry_purge
from curation.erasure.actions import purging as purging_module
from curation.erasure.management.commands import purge_story
from curation.erasure.models import Purge, PurgedFile
from curation.releases import blobs
from curation.releases.actions import approve, build, start_release, withdraw_version
from curation.releases.models import Approval, ReleaseFile, ReleasePart
from curation.releases.story_ids import public_id
from curation.stories.models import Story
from tests import builders
from tests.builders import accepted_stories, built_release, dataset, person
from tests.integration.test_erasure_purging import MARK, address, purged

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def admin() -> User:
    return person(Role.ADMIN)


def test_a_version_with_frozen_rows_that_have_the_story_is_never_built() -> None:
    story = accepted_stories(2)[0]
    waiting = builders.frozen_release(dataset())
    done = purged(story)
    with pytest.raises(Conflict, match="was purged"):
        build(release=waiting)
    waiting.refresh_from_db()
    assert waiting.state == "failed"
    assert done.state == "done"
    assert not waiting.files.exists()


def test_finished_parts_of_a_version_that_has_the_story_go_and_those_of_others_stay() -> None:
    (story,) = accepted_stories(1)
    release = built_release(dataset())
    (other,) = accepted_stories(1)
    without = builders.dataset()
    own, shared = (hashlib.sha256(part).hexdigest() for part in (b"its part", b"a part of both"))
    for sha256, part in ((own, b"its part"), (shared, b"a part of both")):
        storage().put(blobs.key_of(sha256), BytesIO(part))
    elsewhere = start_release(actor=SYSTEM, dataset=without, version="v0.1.0", notes="")
    for row, parts in ((release, [own, shared]), (elsewhere, [shared])):
        ReleasePart.objects.create(release=row, split="train", number=0, made_by="a test", made={}, blobs=parts)
    assert other.pk != story.pk
    purged(story)
    assert list(ReleasePart.objects.values_list("release", flat=True)) == [elsewhere.pk]
    assert storage().size(blobs.key_of(own)) is None
    assert storage().size(blobs.key_of(shared)) is not None


def test_what_readers_reported_of_a_purged_story_says_it_no_more(admin: User) -> None:
    accepted_stories(1)
    release = built_release(dataset(visibility="private"))
    report = builders.reported(release, admin, text=f"It names a {MARK}.")
    purged(Story.objects.get(pk=release.items.get().story_id))
    report.refresh_from_db()
    assert (report.text, report.answer) == ("[purged]", "")


def test_a_version_that_awaits_approval_is_abandoned_and_its_files_go(settings: Any) -> None:
    settings.SECOND_PERSON_FOR_PUBLIC_RELEASES = True
    curator = person(Role.CURATOR)
    story = accepted_stories(2)[0]
    release = build(release=start_release(actor=curator, dataset=dataset(), version="v0.1.0"))
    assert release.state == "awaiting"
    purged(story)
    release.refresh_from_db()
    assert release.state == "given_up"
    assert ReleaseFile.objects.filter(release=release, blob__purged__removed_at__isnull=False).exists()
    with pytest.raises(ExemplaError):
        approve(actor=person(Role.ADMIN), approval=Approval.objects.get(release=release))


def test_a_release_that_is_completed_while_files_are_looked_at_is_looked_at_too(monkeypatch: Any) -> None:
    story = accepted_stories(2)[0]
    waiting = builders.frozen_release(dataset())
    plain, looked = purging_module.name_files, []

    def then_build(one: Purge) -> set[int]:
        seen = plain(one)
        if not looked:
            build(release=waiting)
        looked.append(seen)
        return seen

    monkeypatch.setattr(purging_module, "name_files", then_build)
    purged(story)
    assert looked == [set(), {waiting.pk}]
    assert waiting.files.filter(blob__purged__isnull=False).exists()


def test_a_purge_that_stopped_goes_on_from_where_it_was(monkeypatch: Any, admin: User) -> None:
    story = accepted_stories(2)[0]
    built_release(dataset())
    asked = ask_purge(actor=admin, story=story, kind="law", reason="A court.")
    first = purging_module.claim(asked.pk)
    assert first is not None
    one, lease = first
    kind, plain = type(storage()), type(storage()).remove

    def killed(self: Any, key: str) -> None:
        raise SystemExit

    monkeypatch.setattr(kind, "remove", killed)
    with pytest.raises(SystemExit):
        purging_module.carry_out(one, lease)
    story.refresh_from_db()
    assert story.text == "", "the words went first"
    assert PurgedFile.objects.filter(removed_at=None).exists()

    def away(self: Any, key: str) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(kind, "remove", away)
    for _ in range(5):
        Purge.objects.update(next_at="2020-01-01T00:00Z")
        assert purge_due() == 1
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "away")
    monkeypatch.setattr(kind, "remove", plain)
    retry_purge(actor=admin, purge=asked)
    assert purge_due() == 1
    asked.refresh_from_db()
    assert asked.state == "done"
    assert not PurgedFile.objects.filter(removed_at=None).exists()
    assert Purge.objects.get().follow_ups.get().release is not None


def test_what_was_accepted_since_waits_for_another_version_than_the_one_that_follows(admin: User) -> None:
    story, stays = accepted_stories(2)
    built_release(dataset())
    accepted_stories(1)
    (told,) = purged(story, admin).follow_ups.all()
    assert told.release is not None, told.why_not
    patch = build(release=told.release)
    assert (patch.version, [item.story for item in patch.items.all()]) == ("v0.1.1", [stays])


def test_where_no_patch_can_be_started_the_purge_says_why_and_it_can_be_tried_again(admin: User) -> None:
    story = accepted_stories(1)[0]
    release = built_release(dataset())
    done = purged(story, admin)
    (told,) = done.follow_ups.all()
    assert told.release is None
    assert "No story is accepted yet" in told.why_not
    withdraw_version(actor=admin, release=release, reason="Better so.")
    with pytest.raises(Conflict):
        follow_up(actor=admin, purge=done, dataset=release.dataset)
    client = Client()
    client.force_login(admin)
    assert "No story is accepted yet" in client.get(reverse("purge", args=[done.pk])).content.decode()


def test_the_command_purges_and_says_what_followed(admin: User) -> None:
    story = accepted_stories(2)[0]
    built_release(dataset("samples"))
    asked = ["purge_story", public_id(story.normal_sha256), "--kind", "law", "--reason", "A court."]
    with pytest.raises(CommandError, match="--yes"):
        call_command(*asked)
    out = StringIO()
    call_command(*asked, "--yes", "--as", admin.username, stdout=out)
    assert "is destroyed" in out.getvalue()
    assert "exempla/samples v0.1.1 follows" in out.getvalue()
    assert Purge.objects.get().asked_by == admin
    with pytest.raises(CommandError, match="no story story-99999999"):
        call_command("purge_story", "story-99999999", "--kind", "law", "--reason", "x", "--yes")


def test_the_command_waits_for_the_worker_that_was_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    story, claim_it = accepted_stories(1)[0], purging_module.claim
    waited: list[int] = []
    monkeypatch.setattr(purging_module, "claim", lambda pk=None: claim_it(pk) if pk is None or waited else None)
    worker = SimpleNamespace(sleep=lambda seconds: waited.append(purge_due()))
    monkeypatch.setattr(purge_story, "time", worker)
    out = StringIO()
    command = ["purge_story", str(story.pk), "--kind", "law", "--reason", "A court.", "--yes"]
    call_command(*command, stdout=out)
    assert (waited, Purge.objects.get().state) == ([1], "done")
    assert "is destroyed" in out.getvalue()


def test_with_a_second_person_nothing_is_destroyed_before_they_approve(settings: Any, admin: User) -> None:
    settings.SECOND_PERSON_FOR_PURGES = True
    second = person(Role.ADMIN)
    story = accepted_stories(1)[0]
    with pytest.raises(InvalidInput, match="--as"):
        ask_purge(actor=SYSTEM, story=story, kind="law", reason="A court.")
    asked = ask_purge(actor=admin, story=story, kind="law", reason="A court.")
    assert purge_due() == 0
    with pytest.raises(Conflict, match="Awaits approval"):
        purge(purge=asked)
    mine, theirs = Client(), Client()
    mine.force_login(admin)
    theirs.force_login(second)
    address = reverse("purge_move", args=[asked.pk])
    assert mine.post(address, {"move": "approve"}).status_code == 403
    assert "awaits your approval" in theirs.get("/").content.decode()
    assert "awaits your approval" not in mine.get("/").content.decode()
    assert theirs.post(address, {"move": "decline", "reason": ""}).status_code == 422
    assert theirs.post(address, {"move": "decline", "reason": "Withdraw it."}).status_code == 302
    assert theirs.post(address, {"move": "approve"}).status_code == 409
    again = ask_purge(actor=admin, story=story, kind="law", reason="A court, again.")
    assert mine.post(reverse("purge_move", args=[again.pk]), {"move": "take_back"}).status_code == 302
    third = ask_purge(actor=admin, story=story, kind="law", reason="A court, at last.")
    assert theirs.post(reverse("purge_move", args=[third.pk]), {"move": "approve"}).status_code == 302
    assert purge_due() == 1
    story.refresh_from_db()
    assert story.text == ""


def test_a_file_that_cannot_be_read_goes_too_and_one_that_is_missing_does_not_stop_it() -> None:
    story = accepted_stories(1)[0]
    release = built_release(dataset())
    shard = release.files.get(path__startswith="stories/")
    card = release.files.get(path="README.md")
    broken = storage()._path(f"blobs/{shard.blob_id[:2]}/{shard.blob_id}")  # type: ignore[attr-defined]
    broken.write_bytes(b"no Parquet")
    storage().remove(f"blobs/{card.blob_id[:2]}/{card.blob_id}")
    done = purged(story)
    assert done.state == "done"
    assert set(done.files.values_list("blob", flat=True)) == {shard.blob_id}


def test_researchers_who_downloaded_a_version_are_told_on_their_home_page() -> None:
    researcher = person(Role.RESEARCHER)
    story = accepted_stories(2)[0]
    release = built_release(dataset())
    client, told = Client(), "Stories of it have been withdrawn since"
    client.force_login(researcher)
    list(client.get(address(release, "release_zip")))
    assert told not in client.get("/").content.decode()
    purged(story)
    assert told in client.get("/").content.decode()


def test_judges_are_neither_fitted_to_a_purged_story_nor_asked_about_it(monkeypatch: Any) -> None:
    builders.labelled_stories([2, 4, 5])
    gone, *left = Story.objects.order_by("pk")
    rubric = builders.default_rubric()
    ProbeStory.objects.bulk_create(ProbeStory(rubric=rubric, story=story) for story in (gone, *left))
    purged(gone)
    asked: dict[str, Any] = {}

    def note(**given: Any) -> Any:
        asked.update(given)
        raise Conflict("enough")

    monkeypatch.setattr(refitting, "LEAST_LABELS", 1)
    monkeypatch.setattr(refitting, "on_one_core", note)
    with pytest.raises(Conflict, match="enough"):
        refitting.refit(rubric=rubric)
    assert asked["texts"] == [story.text for story in left]
    assert asked["stories"].tolist() == [story.pk for story in left]
    assert len(asked["means"]) == len(left)
    assert sorted(asked["pool"]) == sorted(story.text for story in left)
    assert probe_stories(rubric) == [story.pk for story in left]
