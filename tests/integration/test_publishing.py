"""Versions go to a Hub: one commit, one tag, read back; whatever stops it in between."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core import leases
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.core.leases import Lease
from curation.core.storage import storage
from curation.publishing import carrying, queries
from curation.publishing.actions import (
    accept_head,
    create_target,
    follow_withdrawals,
    make_public,
    publish,
    remove_target,
    replace_token,
    retry,
)
from curation.publishing.carrying import carry_out_due
from curation.publishing.management.commands import publish_release
from curation.publishing.models import HubTarget, Publication
from curation.publishing.previewing import preview
from curation.releases import blobs, versions
from curation.releases.actions import limit_person, withdraw_story, withdraw_version
from curation.releases.models import Blob, Dataset, Release, ReleaseFile, ReleaseItem
from curation.releases.queries.withdrawn import tombstones
from curation.releases.story_ids import public_id
from curation.standards.models import AcceptancePolicy
from curation.webhooks.actions import create_endpoint
from curation.webhooks.models import Message
from tests.builders import accepted_stories, built_release, dataset, default_rubric, person
from tests.hub_stand_in import TOKEN, File, Hub, Repo

pytestmark = pytest.mark.django_db
REPO = "exempla/ours"


@pytest.fixture
def hub(settings: Any, tmp_path: Any) -> Iterator[Hub]:
    settings.HOME = tmp_path / "home"
    settings.PUBLISHING_TO_PRIVATE_ADDRESSES = True
    with Hub() as running:
        yield running


CARD = "---\npretty_name: Ours\nlicense: cc-by-4.0\nconfigs:\n- config_name: stories\n---\n\n# Ours {version}\n"


def small_release(of: Dataset, version: str = "v0.1.0", *, stories: str = "some rows") -> Release:
    """Store a built version with a few small files, as fast as can be: what a Hub gets does not depend on the build."""
    number, rubric = versions.parse(version), default_rubric()
    made = Release.objects.create(
        dataset=of, major=number.major, minor=number.minor, patch=number.patch, rubric=rubric,
        policy=AcceptancePolicy.objects.filter(rubric=rubric)[0], frozen={"withdrawn": tombstones(of)},
    )  # fmt: skip
    lease = leases.take(Release)
    assert lease is not None
    texts = {"README.md": CARD.format(version=version), "CHANGELOG.md": version, "stories/train-00000.parquet": stories}
    if stories != "some rows":
        texts["stories/train-00001.parquet"] = "more of them"
    for path, text in texts.items():
        file = queries.made(path, text)
        storage().put(blobs.key_of(file.sha256), BytesIO(text.encode()))
        Blob.objects.get_or_create(pk=file.sha256, defaults={"size": file.size, "git_sha1": file.git_sha1})
        ReleaseFile.objects.create(release=made, path=path, blob_id=file.sha256)
    with lease.storing():
        lease.end("built", manifest={"files": []}, manifest_sha256="0" * 64)
    made.refresh_from_db()
    return made


@pytest.fixture
def release(hub: Hub) -> Release:
    return small_release(dataset())


def target_of(release: Release, hub: Hub, **fields: Any) -> HubTarget:
    wanted = {"repo": REPO, "endpoint": hub.url, "token": TOKEN, **fields}
    return create_target(actor=SYSTEM, dataset=release.dataset, **wanted)


def carried_out(row: Publication) -> Publication:
    """Carry out what waits, whenever it is due."""
    Publication.objects.filter(pk=row.pk, state="pending").update(next_at="2020-01-01T00:00Z")
    carry_out_due()
    row.refresh_from_db()
    return row


def published(release: Release, target: HubTarget) -> Publication:
    return carried_out(publish(actor=SYSTEM, release=release, target=target))


def files_of(release: Release) -> dict[str, str]:
    return {file.path: file.blob_id for file in release.files.all()}


def at(repo: Repo, revision: str) -> dict[str, str]:
    found = repo.found(revision)
    assert found is not None
    return {path: file.sha256 for path, file in found.tree.items() if path != ".gitattributes"}


@pytest.mark.parametrize("mode", ["lfs", "regular"])
def test_a_version_is_one_commit_and_one_tag_in_a_private_repository(hub: Hub, mode: str) -> None:
    hub.mode = mode
    accepted_stories(2, person(), person())
    release = built_release(dataset())
    row = published(release, target_of(release, hub))
    repo = hub.repos[REPO]
    assert (row.state, row.error, row.commit) == ("done", "", repo.tags[release.version])
    assert repo.titles() == [f"Release {release.version}"]
    assert at(repo, release.version) == files_of(release)
    assert repo.private
    assert hub.tokens - {""} == {TOKEN}
    asked = len(hub.asked)
    assert carried_out(publish(actor=SYSTEM, release=release, target=row.target)).pk == row.pk
    assert len(hub.asked) == asked, "what is published is left alone"


class Killed(BaseException):
    """The worker is gone."""


def killed_at(number: int, when: str, monkeypatch: pytest.MonkeyPatch, row: Publication) -> None:
    """Carry out a publication whose worker is gone before or after its request of this number, leaving its lease."""
    from curation.webhooks.calling import Once

    real, calls = Once.handle_request, 0

    def counted(transport: Once, request: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= number and when == "before":
            raise Killed
        answer = real(transport, request)
        if calls >= number:
            answer.close()
            raise Killed
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(Once, "handle_request", counted)
        patched.setattr(Lease, "give_back", lambda lease: None)
        with pytest.raises(Killed):
            carried_out(row)
    row.refresh_from_db()
    assert row.state == "running"
    Publication.objects.filter(pk=row.pk).update(lease_until="2020-01-01T00:00Z", by_token=row.token)


def test_killed_at_every_step_it_ends_as_one_commit_and_one_tag(
    hub: Hub, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(release, target_of(release, hub, repo="exempla/whole"))
    # The first of each run of equal calls: reading back a second file is no other step than reading the first.
    kinds = hub.asked
    steps = [n for n, kind in enumerate(kinds, start=1) if n == 1 or kind != kinds[n - 2]]
    assert {"create", "preupload", "upload", "commit", "tag", "resolve"} <= {kinds[n - 1] for n in steps}
    for number in steps:
        for when in ("before", "after"):
            hub.objects.clear()
            row = publish(
                actor=SYSTEM, release=release, target=target_of(release, hub, repo=f"exempla/{when}-{number}")
            )
            killed_at(number, when, monkeypatch, row)
            assert carried_out(row).state == "done", (kinds[number - 1], when, row.error)
            repo = hub.repos[row.target.repo]
            assert repo.titles() == [f"Release {release.version}"], (kinds[number - 1], when)
            assert repo.tags == {release.version: row.commit} == {release.version: repo.branches["main"]}
            assert at(repo, release.version) == files_of(release)
            entries = Entry.objects.filter(verb="release.published", data__repo=row.target.repo)
            assert entries.count() == 1
            remove_target(actor=SYSTEM, target=row.target)


def answering(kind: str, answer: Any) -> Callable[[int, str, str], Any]:
    return lambda _number, asked, _path: answer if asked == kind else None


@pytest.mark.parametrize("kind", ["create", "commit", "tag", "upload"])
def test_an_answer_that_is_lost_costs_nothing(hub: Hub, release: Release, kind: str) -> None:
    hub.after = answering(kind, "break")
    row = published(release, target_of(release, hub))
    assert (row.state, row.error) == ("pending", "The Hub could not be reached. It is tried again.")
    hub.after = None
    assert carried_out(row).state == "done"
    repo = hub.repos[REPO]
    assert (repo.titles(), repo.tags) == ([f"Release {release.version}"], {release.version: row.commit})


def said(status: int, message: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, {**({"X-Error-Message": message} if message else {}), **headers}, b"{}"


@pytest.mark.parametrize(
    ("kind", "answer", "state", "words"),
    [
        ("info", said(401, "Invalid credentials in Authorization header"), "failed", "does not take the token (401)"),
        ("commit", said(403, "Read only."), "failed", "may not write to exempla/ours (403). Give it that right"),
        ("refs", said(404, **{"X-Error-Code": "RepoNotFound"}), "failed", "cannot see exempla/ours"),
        ("tag", said(409), "pending", "there already (409)"),
        ("commit", said(412), "pending", "at the same moment (412)"),
        ("commit", said(422, "Too many files."), "failed", "not take what was sent (422). Too many files."),
        ("preupload", said(429, **{"Retry-After": "600"}), "pending", "asks to wait (429)"),
        ("upload", said(503), "pending", "a fault of its own (503)"),
        ("validate", said(500), "pending", "a fault of its own (500)"),
        ("resolve", "break", "pending", "could not be reached"),
    ],
)
def test_what_the_hub_refuses_is_told_and_tried_again_only_where_that_helps(
    hub: Hub, release: Release, kind: str, answer: Any, state: str, words: str
) -> None:
    hub.before = answering(kind, answer)
    row = published(release, target_of(release, hub))
    assert (row.state, words in row.error) == (state, True), row.error
    assert Counter(hub.asked)[kind] <= 1 + (kind == "refs"), "the client does not try again by itself"
    if "600" in str(answer):
        assert (row.next_at - timezone.now()).total_seconds() > 500
    hub.before = None
    if state == "failed":
        retry(actor=SYSTEM, publication=row)
    assert carried_out(row).state == "done"
    assert hub.repos[REPO].titles() == [f"Release {release.version}"]


def test_what_may_pass_is_given_up_after_many_tries(hub: Hub, release: Release) -> None:
    hub.before = answering("info", said(503))
    row = publish(actor=SYSTEM, release=release, target=target_of(release, hub))
    for _ in range(carrying.MOST_TRIES):
        assert row.state == "pending"
        carried_out(row)
    assert row.state == "failed"


def foreign(repo: Repo, path: str = "notes.txt", branch: str = "main") -> str:
    tree = {**repo.commits[repo.branches[branch]].tree, path: File(b"Ours, too.", lfs=False)}
    return repo.commit(branch, tree, "Add notes", author="somebody")


def test_a_commit_of_somebody_else_is_never_overwritten_unless_somebody_says_so(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    published(release, target)
    repo = hub.repos[REPO]
    theirs = foreign(repo)
    foreign(repo, "README.md")
    second = small_release(release.dataset, "v0.1.1")
    row = published(second, target)
    head = repo.branches["main"]
    assert (row.state, row.found_head) == ("failed", head)
    assert "Somebody else has committed to exempla/ours: “Add notes”" in row.error
    assert repo.branches["main"] == head, "nothing was committed"
    assert repo.main()["README.md"] == b"Ours, too."
    retry(actor=SYSTEM, publication=row)
    assert carried_out(row).found_head == head
    with pytest.raises(Conflict):
        accept_head(actor=SYSTEM, publication=row, head=theirs)
    assert accept_head(actor=SYSTEM, publication=row, head=head).found_head == "", "it is looked at anew"
    with pytest.raises(Conflict, match="Another commit"):
        accept_head(actor=SYSTEM, publication=row, head=head)
    assert carried_out(row).state == "done", row.error
    assert repo.main()["notes.txt"] == b"Ours, too."
    assert {path: sha for path, sha in at(repo, "v0.1.1").items() if path != "notes.txt"} == files_of(second)
    assert [one.author for one in repo.history("main")][1:3] == ["somebody", "somebody"]


def test_a_commit_that_comes_between_looking_and_committing_is_found(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    published(release, target)
    repo = hub.repos[REPO]

    def between(_number: int, kind: str, _path: str) -> None:
        if kind == "commit" and len(repo.titles()) == 1:
            foreign(repo)

    hub.before = between
    row = published(small_release(release.dataset, "v0.1.1"), target)
    assert (row.state, "(412)" in row.error) == ("pending", True)
    assert (carried_out(row).state, repo.titles()[-1]) == ("failed", "Add notes")


def test_a_repository_with_files_or_open_to_all_is_left_alone(hub: Hub, release: Release) -> None:
    repo = hub.make(REPO)
    foreign(repo)
    target = target_of(release, hub)
    row = published(release, target)
    assert (row.state, "files that were not published from here" in row.error) == ("failed", True)
    repo.private = False
    retry(actor=SYSTEM, publication=row)
    assert "public already" in carried_out(row).error
    assert repo.titles() == ["Add notes"]
    make_public(actor=SYSTEM, publication=row)
    carried_out(row)
    accept_head(actor=SYSTEM, publication=row, head=row.found_head)
    assert carried_out(row).state == "done", row.error


def test_a_tag_that_holds_something_else_is_not_moved(hub: Hub, release: Release) -> None:
    repo = hub.make(REPO)
    repo.tags[release.version] = repo.branches["main"]
    row = published(release, target_of(release, hub))
    assert (row.state, "has a tag v0.1.0 that holds something else" in row.error) == ("failed", True)
    assert repo.titles() == []


def test_a_repository_that_is_gone_is_not_made_anew(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    published(release, target)
    del hub.repos[REPO]
    row = published(small_release(release.dataset, "v0.1.1"), target)
    assert (row.state, "gone or hidden" in row.error, hub.repos) == ("failed", True, {})


def test_bytes_that_come_back_otherwise_are_named(hub: Hub, release: Release) -> None:
    def spoilt(_number: int, kind: str, path: str) -> Any:
        return (200, {}, b"x") if kind == "resolve" and path.endswith("CHANGELOG.md") else None

    hub.before = spoilt
    row = published(release, target_of(release, hub))
    assert (row.state, row.published_at) == ("failed", None)
    assert row.error.startswith("CHANGELOG.md came back from exempla/ours with other bytes")


def test_the_next_version_takes_away_what_it_no_longer_has_and_nothing_else(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    published(release, target)
    second = small_release(release.dataset, "v0.2.0", stories="other rows")
    third = small_release(release.dataset, "v0.3.0")
    row = published(second, target)
    repo = hub.repos[REPO]
    assert row.state == "done", row.error
    assert at(repo, "main") == at(repo, "v0.2.0") == files_of(second)
    assert at(repo, "v0.1.0") == files_of(release)
    published(third, target)
    assert at(repo, "main") == at(repo, "v0.3.0") == files_of(third)
    assert repo.titles() == ["Release v0.1.0", "Release v0.2.0", "Release v0.3.0"]


def test_a_correction_of_an_older_line_has_a_branch_of_its_own(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    second = small_release(release.dataset, "v0.2.0")
    published(second, target)
    published(release, target)
    repo = hub.repos[REPO]
    assert repo.branches.keys() == {"main", "0.1.x"}
    assert (at(repo, "main"), at(repo, "v0.1.0")) == (files_of(second), files_of(release))
    assert repo.titles() == ["Release v0.2.0"]


def test_a_withdrawn_version_keeps_its_tag_and_the_main_branch_goes_back(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    published(release, target)
    second = small_release(release.dataset, "v0.1.1")
    row = published(second, target)
    repo = hub.repos[REPO]
    before = repo.history("main")
    assert follow_withdrawals() == []
    withdraw_version(actor=SYSTEM, release=second, reason="Its *splits* were mixed up")
    assert follow_withdrawals() == [row]
    assert carried_out(row).state == "done", row.error
    assert follow_withdrawals() == [], "it is told once"
    main = at(repo, "main")
    assert {path for path in main if main[path] != files_of(release).get(path)} == {"README.md"}
    card = repo.main()["README.md"].decode()
    assert "**v0.1.1 is withdrawn**" in card
    assert r"Its \*splits\* were mixed up." in card
    assert card.startswith("---\n")
    assert at(repo, "v0.1.1") == files_of(second), "the tag stays as it was"
    assert repo.history("main")[1:] == before, "and so does the history"
    third = small_release(release.dataset, "v0.1.2")
    assert published(third, target).state == "done"
    assert at(repo, "main") == files_of(third), "what its own list tells of is not told again"


def test_with_every_version_withdrawn_a_card_alone_is_left(hub: Hub, release: Release) -> None:
    row = published(release, target_of(release, hub))
    withdraw_version(actor=SYSTEM, release=release, reason="A source took its licence back.")
    follow_withdrawals()
    carried_out(row)
    repo = hub.repos[REPO]
    assert set(at(repo, "main")) == {"README.md"}
    card = repo.main()["README.md"].decode()
    assert "license:" in card
    assert "configs:" not in card
    assert "A source took its licence back." in card
    assert at(repo, release.version) == files_of(release)


def test_a_withdrawn_story_is_told_on_the_card(hub: Hub) -> None:
    accepted_stories(1, person(), person())
    release = built_release(dataset())
    row = published(release, target_of(release, hub))
    [story] = [one.story for one in ReleaseItem.objects.filter(release=release).select_related("story")]
    withdraw_story(actor=SYSTEM, dataset=release.dataset, story=story.pk, reason="Its author asked for it.")
    assert follow_withdrawals() == [row]
    carried_out(row)
    card = hub.repos[REPO].main()["README.md"].decode()
    assert f"**{public_id(story.normal_sha256)} is withdrawn** from v0.1.0" in card
    assert "Its author asked for it." in card


def test_what_is_withdrawn_before_it_is_published_is_not(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    row = publish(actor=SYSTEM, release=release, target=target)
    withdraw_version(actor=SYSTEM, release=release, reason="Too early.")
    assert (carried_out(row).state, hub.repos) == ("failed", {})
    other = target_of(release, hub, repo="exempla/other")
    with pytest.raises(Conflict, match="is withdrawn"):
        publish(actor=SYSTEM, release=release, target=other)


def test_public_is_a_step_of_its_own_and_only_for_what_is_public_here(hub: Hub, release: Release) -> None:
    row = published(release, target_of(release, hub))
    Dataset.objects.filter(pk=release.dataset_id).update(visibility="private")
    with pytest.raises(Conflict, match="not public here"):
        make_public(actor=SYSTEM, publication=Publication.objects.get(pk=row.pk))
    Dataset.objects.filter(pk=release.dataset_id).update(visibility="public")
    make_public(actor=SYSTEM, publication=Publication.objects.get(pk=row.pk))
    assert hub.repos[REPO].private
    assert carried_out(row).state == "done"
    assert not hub.repos[REPO].private
    assert HubTarget.objects.get().public_at is not None
    assert Entry.objects.filter(verb="hub_target.made_public").count() == 1


def test_several_targets_have_a_publication_each(hub: Hub, release: Release) -> None:
    rows = [published(release, target_of(release, hub, repo=f"exempla/copy-{n}")) for n in (1, 2)]
    assert [row.state for row in rows] == ["done", "done"]
    assert {name: list(repo.tags) for name, repo in hub.repos.items()} == {
        "exempla/copy-1": ["v0.1.0"],
        "exempla/copy-2": ["v0.1.0"],
    }


def test_a_target_that_comes_back_finds_what_was_published(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    first = published(release, target)
    remove_target(actor=SYSTEM, target=target)
    row = published(release, target_of(release, hub))
    assert (row.state, row.commit, row.pk == first.pk) == ("done", first.commit, False)
    assert hub.repos[REPO].titles() == ["Release v0.1.0"]
    again = small_release(release.dataset, "v0.1.1")
    assert published(again, row.target).state == "done"


def test_a_dry_run_says_what_would_change_and_changes_nothing(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    found = preview(actor=SYSTEM, release=release, target=target)
    assert (found.private, found.tag, found.problem) == (None, "new", "")
    assert {one.path: one.sha256 for one in found.files} == files_of(release)
    assert {one.change for one in found.files} == {"add"}
    assert found.bytes_to_send == sum(file.blob.size for file in release.files.select_related("blob"))
    assert hub.repos == {}
    published(release, target)
    assert {one.change for one in preview(actor=SYSTEM, release=release, target=target).files} == {"same"}
    second = small_release(release.dataset, "v0.2.0")
    found = preview(actor=SYSTEM, release=second, target=target)
    assert {one.change for one in found.files} <= {"same", "change", "add", "remove"}
    assert "README.md" in {one.path for one in found.files if one.change == "change"}
    foreign(hub.repos[REPO])
    assert "Somebody else" in preview(actor=SYSTEM, release=second, target=target).problem
    hub.before = answering("info", said(401, "Invalid credentials in Authorization header"))
    with pytest.raises(Conflict, match="does not take the token"):
        preview(actor=SYSTEM, release=second, target=target)
    assert hub.repos[REPO].titles() == ["Release v0.1.0", "Add notes"]


def test_the_token_is_told_nowhere(hub: Hub, release: Release, caplog: pytest.LogCaptureFixture) -> None:
    hub.before = answering("commit", said(422, f"Bearer {TOKEN} is not enough"))
    with caplog.at_level("DEBUG"):
        row = published(release, target_of(release, hub))
    assert "[key] is not enough" in row.error
    assert TOKEN not in caplog.text
    written = str(list(Entry.objects.values_list("data", flat=True))) + str(list(HubTarget.objects.values()))
    assert TOKEN not in written


def test_a_token_goes_to_its_endpoint_alone(
    hub: Hub, release: Release, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(release, hub)
    HubTarget.objects.filter(pk=target.pk).update(sealed_token=bytes(target.sealed_token or b"")[:-1] + b"x")
    row = published(release, target)
    assert (row.state, "Enter it again" in row.error, hub.asked) == ("failed", True, [])
    monkeypatch.setenv("HUB_TOKEN_OURS", TOKEN)
    with pytest.raises(InvalidInput, match=r"goes to https://huggingface.co alone"):
        replace_token(actor=SYSTEM, target=target, token_variable="HUB_TOKEN_OURS")
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    replace_token(actor=SYSTEM, target=target, token_variable="HUB_TOKEN_OURS")
    retry(actor=SYSTEM, publication=row)
    assert carried_out(row).state == "done", row.error
    for named in ("SECRET_KEY", "DATABASE_URL", "HF_TOKENS", "MY_HF_TOKEN"):
        with pytest.raises(InvalidInput, match="is called HF_TOKEN"):
            replace_token(actor=SYSTEM, target=target, token_variable=named)


def test_nothing_goes_to_a_private_address(hub: Hub, release: Release, settings: Any) -> None:
    target = target_of(release, hub)
    settings.PUBLISHING_TO_PRIVATE_ADDRESSES = False
    row = published(release, target)
    assert (row.state, "Nothing may be sent to 127.0.0.1" in row.error, hub.asked) == ("failed", True, [])
    for endpoint in ("http://hub.example.org", "https://10.0.0.1", "https://localhost", "https://u:p@hub.example.org"):
        with pytest.raises(InvalidInput, match="no private network"):
            target_of(release, hub, endpoint=endpoint, repo="exempla/other")
    for repo in ("ours", "a/b/c", "exempla/../x", "exempla/x.git", "-a/b", "ä/b", ""):
        with pytest.raises(InvalidInput, match="ORG/NAME"):
            target_of(release, hub, endpoint="https://hub.example.org", repo=repo)
    with pytest.raises(InvalidInput, match="no token"):
        target_of(release, hub, endpoint="https://hub.example.org", token="hf_a b")
    with pytest.raises(InvalidInput, match="Enter a token"):
        target_of(release, hub, endpoint="https://hub.example.org", token="")


def test_only_one_publication_of_a_target_is_under_way(hub: Hub, release: Release) -> None:
    target = target_of(release, hub)
    publish(actor=SYSTEM, release=release, target=target)
    publish(actor=SYSTEM, release=small_release(release.dataset, "v0.1.1"), target=target)
    first = carrying.claim()
    assert first is not None
    assert carrying.claim() is None
    with pytest.raises(Conflict, match="being published"):
        remove_target(actor=SYSTEM, target=target)
    with pytest.raises(Conflict, match="A worker is at it"):
        make_public(actor=SYSTEM, publication=first[0])
    first[1].give_back()
    remove_target(actor=SYSTEM, target=target)
    assert carrying.claim() is None
    assert {(row.state, row.error) for row in Publication.objects.all()} == {("failed", "Its target was removed.")}
    assert HubTarget.objects.get().sealed_token is None


def test_what_was_done_stays_done(hub: Hub, release: Release) -> None:
    row = published(release, target_of(release, hub))
    for changes in ({"commit": "0" * 40}, {"published_at": None}, {"tagged_at": None}, {"release": release.pk + 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Publication.objects.filter(pk=row.pk).update(**changes)
    for changes in ({"repo": "exempla/else"}, {"endpoint": "https://else.example.org"}, {"sealed_token": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            HubTarget.objects.update(**changes)
    for rows in (Publication.objects.all(), HubTarget.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows._raw_delete(rows.db)
    with pytest.raises(Conflict, match="is a target already"):
        target_of(release, hub, repo=REPO.upper())


def test_receivers_are_told_of_what_is_published_and_withdrawn(hub: Hub, release: Release) -> None:
    admin = person(Role.ADMIN)
    events = ["release.published", "release.withdrawn"]
    create_endpoint(actor=admin, name="Ours", url="https://hooks.example.org/", events=events)
    row = published(release, target_of(release, hub))
    withdraw_version(actor=SYSTEM, release=release, reason="Kept from receivers.")
    told = [json.loads(message.body) for message in Message.objects.order_by("pk")]
    assert [one["type"] for one in told] == events
    assert {"repo": REPO, "commit": row.commit, "version": "v0.1.0", "endpoint": hub.url}.items() <= told[0][
        "data"
    ].items()
    assert "Kept" not in str(told)


def test_who_may_publish_and_who_may_say_where(hub: Hub, release: Release) -> None:
    curator, researcher, limited = person(Role.CURATOR), person(Role.RESEARCHER), person(Role.CURATOR)
    limit_person(actor=SYSTEM, user=limited, orgs=["elsewhere"], datasets=[])
    target = target_of(release, hub)
    with pytest.raises(NotAllowed):
        create_target(actor=curator, dataset=release.dataset, repo="a/b", token=TOKEN)
    for somebody in (researcher, limited):
        with pytest.raises(NotAllowed):
            publish(actor=somebody, release=release, target=target)
    assert publish(actor=curator, release=release, target=target).created_by == curator


def ran(name: str, *arguments: str) -> Any:
    """What a command reports with `--json`."""
    out = StringIO()
    try:
        call_command(name, *arguments, "--json", stdout=out)
    except CommandError as error:
        return str(error), json.loads(out.getvalue() or "null")
    return "", json.loads(out.getvalue())


def test_the_commands_publish_look_first_check_and_withdraw(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted_stories(2, person(), person())
    release = built_release(dataset())
    name, version = str(release.dataset), release.version
    told, _nothing = ran("publish_release", name, version)
    assert "has no target" in told
    target_of(release, hub)
    told, found = ran("publish_release", name, version, "--dry-run")
    assert (told, found["ok"], hub.repos) == ("", True, {})
    assert {one["path"]: one["sha256"] for one in found["targets"][0]["files"]} == files_of(release)
    told, found = ran("publish_release", name, version, "--check")
    assert found["targets"][0]["problems"] == ["v0.1.0 is not published at exempla/ours."]
    hub.before = answering("commit", said(403))
    told, found = ran("publish_release", name, version, "--target", REPO)
    assert "1 of 1 target not as wanted" in told
    assert "(403)" in found["targets"][0]["error"]
    hub.before = None
    for _again in range(2):
        told, found = ran("publish_release", name, version)
        assert (told, found["targets"][0]["commit"]) == ("", hub.repos[REPO].tags[version])
    # With the clients that researchers have, from an empty cache.
    told, found = ran("publish_release", name, version, "--check")
    assert (told, found["targets"][0]["files"], found["targets"][0]["loaded"]) == ("", release.files.count(), True)
    repo = hub.repos[REPO]
    tree = repo.commits[repo.tags[version]].tree
    tree["CHANGELOG.md"] = File(b"Another.", lfs=False)
    told, found = ran("publish_release", name, version, "--check")
    assert found["targets"][0]["problems"] == ["CHANGELOG.md is not as it was released."]
    told, found = ran("withdraw_release", name, version, "--reason", "Its splits were mixed up.")
    assert (told, [one["ok"] for one in found["copies"]]) == ("", [True])
    assert "is withdrawn" in repo.main()["README.md"].decode()


def test_the_command_waits_for_the_worker_that_was_faster(
    hub: Hub, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    target_of(release, hub)
    waited: list[int] = []
    monkeypatch.setattr(publish_release, "claim", lambda pk: None)
    monkeypatch.setattr(publish_release, "time", SimpleNamespace(sleep=lambda seconds: waited.append(carry_out_due())))
    told, found = ran("publish_release", str(release.dataset), release.version)
    assert (told, waited) == ("", [1])
    assert found["targets"][0]["commit"] == hub.repos[REPO].tags[release.version]


def test_the_page_shows_what_is_in_the_way_and_what_to_do(hub: Hub, release: Release, client: Client) -> None:
    curator = person(Role.CURATOR)
    client.force_login(curator)
    page = reverse("release_publish", args=[release.dataset.org, release.dataset.name, release.version])
    assert "There is nowhere to publish it yet" in client.get(page).content.decode()
    target = target_of(release, hub)
    looked = client.post(f"{page}preview/", {"target": target.pk}, headers={"HX-Request": "true"}).content.decode()
    assert "stories/train-00000.parquet" in looked
    assert hub.repos == {}
    foreign(hub.make(REPO))
    assert client.post(page, {"target": target.pk}).status_code == 302
    row = carried_out(Publication.objects.get())
    shown = client.get(page).content.decode()
    assert "files that were not published from here" in shown
    moved = reverse("publication_move", args=[row.pk])
    client.post(moved, {"move": "accept", "head": row.found_head})
    assert carried_out(row).state == "done"
    shown = client.get(page).content.decode()
    assert row.commit[:7] in shown
    assert "Make it public" in shown
    client.post(moved, {"move": "public"})
    carried_out(row)
    assert not hub.repos[REPO].private
    targets = reverse("target_list", args=[release.dataset.org, release.dataset.name])
    assert TOKEN not in client.get(targets).content.decode()
    assert client.post(targets, {"repo": "a/b", "endpoint": hub.url, "token": TOKEN}).status_code == 403
    client.force_login(person(Role.ADMIN))
    assert client.post(targets, {"repo": "a", "endpoint": hub.url, "token": "hf_other"}).status_code == 422
    answer = client.post(targets, {"repo": "a/b", "endpoint": hub.url, "token": "hf_other"}, follow=True)
    assert "a/b" in answer.content.decode()
    assert "hf_other" not in answer.content.decode()
