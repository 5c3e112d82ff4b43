"""Versions go to a Hub: one commit, one tag, read back; whatever stops it in between."""

from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.audit.models import Entry
from curation.core import leases
from curation.core.errors import Conflict
from curation.core.leases import Lease
from curation.core.storage import storage
from curation.publishing import carrying, queries
from curation.publishing.actions import (
    accept_head,
    create_target,
    make_public,
    publish,
    remove_target,
    retry,
)
from curation.publishing.carrying import carry_out_due
from curation.publishing.models import HubTarget, Publication
from curation.releases import blobs, versions
from curation.releases.models import Blob, Dataset, Release, ReleaseFile
from curation.releases.queries.withdrawn import tombstones
from curation.standards.models import AcceptancePolicy
from tests.builders import accepted_stories, built_release, dataset, default_rubric, person
from tests.hub_repositories import File, Repo
from tests.hub_stand_in import TOKEN, Hub

pytestmark = pytest.mark.django_db
REPO = "exempla/ours"


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
