"""What is purged here is destroyed in the published copies, as far as their Hub lets its clients do that."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core.errors import Conflict
from curation.erasure.actions import ask_purge, purge
from curation.publishing.actions import create_target, follow_withdrawals, make_public, publish, retry
from curation.publishing.carrying import carry_out_due
from curation.publishing.loading import compare
from curation.publishing.models import HubTarget, Publication
from curation.releases.actions import build, withdraw_story
from curation.releases.models import Release
from curation.stories.models import Story
from tests.builders import accepted_stories, built_release, dataset, person
from tests.hub_repositories import Repo
from tests.hub_stand_in import TOKEN, Hub, refused

pytestmark = pytest.mark.django_db
REPO = "exempla/ours"


@pytest.fixture
def stories() -> list[Story]:
    return accepted_stories(3)


@pytest.fixture
def release(hub: Hub, stories: list[Story]) -> Release:
    return built_release(dataset())


def published(release: Release, hub: Hub) -> Publication:
    target = HubTarget.objects.filter(repo=REPO).first() or create_target(
        actor=SYSTEM, dataset=release.dataset, repo=REPO, endpoint=hub.url, token=TOKEN
    )
    return carried_out(publish(actor=SYSTEM, release=release, target=target))


def carried_out(row: Publication) -> Publication:
    Publication.objects.filter(pk=row.pk, state="pending").update(next_at="2020-01-01T00:00Z")
    carry_out_due()
    row.refresh_from_db()
    return row


def purged(story: Story) -> Any:
    return purge(purge=ask_purge(actor=SYSTEM, story=story, kind="law", reason="A court has said so."))


def gone_of(release: Release) -> set[str]:
    return set(release.files.filter(blob__purged__isnull=False).values_list("path", flat=True))


def example_of(release: Release) -> Story:
    """The story that the card shows: what git itself holds has words of it."""
    return release.items.order_by("split", "story").filter(split="train").select_related("story")[0].story


def another(release: Release, stories: list[Story]) -> Story:
    return next(one for one in reversed(stories) if one != example_of(release))


def reached(repo: Repo, revision: str) -> set[str]:
    """The paths of a revision of which the Hub still gives the bytes."""
    found = repo.found(revision)
    assert found is not None
    return {path for path, file in found.tree.items() if not (file.lfs and file.sha256 in repo.destroyed)}


def test_rows_are_destroyed_for_every_revision_and_the_main_branch_goes_to_what_is_whole(
    hub: Hub, release: Release, stories: list[Story]
) -> None:
    row, story = published(release, hub), another(release, stories)
    repo, files = hub.repos[REPO], {file.path for file in release.files.all()}
    followed = purged(story).follow_ups.get().release
    assert followed is not None
    gone = gone_of(release)
    assert gone
    assert all(path.endswith(".parquet") for path in gone)
    assert follow_withdrawals() == [row]
    assert carried_out(row).state == "done", row.error
    assert set(repo.main()) == {"README.md", ".gitattributes"}, "nothing is whole until the PATCH is published"
    assert "had a story that was purged" in repo.main()["README.md"].decode()
    assert reached(repo, row.commit) - {".gitattributes"} == files - gone
    assert repo.tags == {"v0.1.0": row.commit}, "names and hashes stay where they were"
    assert compare(row, lambda done, total: None).problems == []
    entry = Entry.objects.get(verb="hub_target.purged")
    assert (entry.data["destroyed"], entry.data["untagged"]) == (len(gone), [])
    # Once is enough, whoever looks again.
    before = dict(repo.branches)
    assert follow_withdrawals() == []
    Publication.objects.filter(pk=row.pk).update(state="pending")
    assert carried_out(row).state == "done"
    assert (repo.branches, Entry.objects.filter(verb="hub_target.purged").count()) == (before, 1)
    patch = build(release=followed)
    assert published(patch, hub).state == "done"
    assert set(repo.main()) - {".gitattributes"} == {file.path for file in patch.files.all()}


def test_what_git_holds_loses_its_tag_and_the_page_says_what_is_left(hub: Hub, release: Release) -> None:
    hub.mode = "regular"
    row, story = published(release, hub), example_of(release)
    repo, curator = hub.repos[REPO], Client()
    curator.force_login(person(Role.CURATOR))
    at = reverse("release_publish", args=[release.dataset.org, release.dataset.name, release.version])
    withdraw_story(actor=SYSTEM, dataset=release.dataset, story=story.pk, reason="Its author asked for it.")
    follow_withdrawals()
    carried_out(row)
    purged(story)
    assert "are not yet" not in curator.get(at).content.decode()
    # A story that was withdrawn before is behind all the same.
    assert follow_withdrawals() == [row]
    page = curator.get(at).content.decode()
    assert "They are to be destroyed here too, and are not yet." in page
    assert carried_out(row).state == "done", row.error
    assert (repo.tags, set(repo.main())) == ({}, {"README.md", ".gitattributes"})
    assert story.text.encode()[:40] not in b"".join(repo.main().values())
    page = curator.get(at).content.decode()
    assert "squash the history of its branches" in page
    assert f"The tag <code>{release.version}</code> was removed" in page
    assert "Tagged" not in page
    assert all(path in page for path in gone_of(release))
    assert compare(row, lambda done, total: None).problems == []
    with pytest.raises(Conflict, match="so it is not published"):
        publish(actor=SYSTEM, release=release, target=create_target(
            actor=SYSTEM, dataset=release.dataset, repo="exempla/other", endpoint=hub.url, token=TOKEN
        ))  # fmt: skip


def test_a_history_with_words_of_a_purged_story_is_not_made_public(hub: Hub, release: Release) -> None:
    hub.mode = "regular"
    row, story = published(release, hub), example_of(release)
    purged(story)
    follow_withdrawals()
    carried_out(row)
    repo = hub.repos[REPO]
    make_public(actor=SYSTEM, publication=row)
    row = carried_out(row)
    assert (row.state, repo.private) == ("failed", True)
    assert "still has words of a purged story" in row.error
    # Its owner squashes the history.
    del repo.commits[row.commit]
    retry(actor=SYSTEM, publication=row)
    row = carried_out(row)
    assert (row.state, row.error, repo.private) == ("done", "", False)


def test_what_is_stored_as_lfs_alone_leaves_tag_and_history(hub: Hub, release: Release, stories: list[Story]) -> None:
    row = published(release, hub)
    purged(another(release, stories))
    follow_withdrawals()
    row = carried_out(row)
    assert row.untagged_at is None
    make_public(actor=SYSTEM, publication=row)
    assert (carried_out(row).state, hub.repos[REPO].private) == ("done", False)


def test_the_page_of_a_purged_version_leads_to_its_copies_and_counts_nothing(
    hub: Hub, release: Release, stories: list[Story]
) -> None:
    published(release, hub)
    at = reverse("release", args=[release.dataset.org, release.dataset.name, release.version])
    copies = reverse("release_publish", args=[release.dataset.org, release.dataset.name, release.version])
    purged(another(release, stories))
    curator, reader = Client(), Client()
    curator.force_login(person(Role.CURATOR))
    reader.force_login(person(Role.RESEARCHER))
    pages = [who.get(at).content.decode() for who in (curator, reader)]
    assert [f'href="{copies}"' in page for page in pages] == [True, False]
    assert not [page for page in pages if "It is being counted" in page]


def test_a_commit_of_somebody_else_keeps_nothing_that_was_purged(
    hub: Hub, release: Release, stories: list[Story]
) -> None:
    row, story = published(release, hub), another(release, stories)
    repo = hub.repos[REPO]
    tree = repo.commits[repo.branches["main"]].tree
    repo.commit("main", {**tree, "theirs.txt": tree["README.md"]}, "Mend a word", author="them")
    repo.branches["draft"] = repo.branches["main"]
    purged(story)
    follow_withdrawals()
    assert (carried_out(row).state, "Somebody else has committed" in row.error) == ("failed", True)
    for branch in ("main", "draft"):
        found = repo.found(branch)
        assert found is not None
        assert gone_of(release).isdisjoint(found.tree)
        assert "theirs.txt" in found.tree
    assert gone_of(release).isdisjoint(reached(repo, row.commit))


def test_a_version_that_is_purged_while_it_is_published_goes_no_further(
    hub: Hub, release: Release, stories: list[Story]
) -> None:
    story = another(release, stories)
    hub.before = lambda _number, kind, _path: refused(403) if kind == "tag" else None
    row = published(release, hub)
    assert (row.state, bool(row.commit)) == ("failed", True)
    hub.before = None
    purged(story)
    Publication.objects.filter(pk=row.pk).update(state="pending")
    assert (carried_out(row).state, "is not published" in row.error) == ("failed", True)
    repo = hub.repos[REPO]
    assert gone_of(release).isdisjoint(repo.main())
    assert gone_of(release).isdisjoint(reached(repo, row.commit))
    assert repo.tags == {}


def test_a_hub_that_does_not_destroy_is_told_of(hub: Hub, release: Release, stories: list[Story]) -> None:
    row, story = published(release, hub), another(release, stories)
    purged(story)
    hub.before = lambda _number, kind, _path: refused(404) if kind == "large" else None
    follow_withdrawals()
    assert (carried_out(row).state, "still stores what was purged" in row.error) == ("failed", True)
    assert gone_of(release).isdisjoint(hub.repos[REPO].main())
