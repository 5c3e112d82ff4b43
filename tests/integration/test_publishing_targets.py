"""What is withdrawn, made public and told; targets, their tokens, the commands and the page."""

import json
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.publishing import carrying
from curation.publishing.actions import (
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
from curation.releases.actions import limit_person, withdraw_story, withdraw_version
from curation.releases.models import Dataset, Release, ReleaseItem
from curation.releases.story_ids import public_id
from curation.webhooks.actions import create_endpoint
from curation.webhooks.models import Message
from tests.builders import accepted_stories, built_release, dataset, person
from tests.hub_repositories import File
from tests.hub_stand_in import TOKEN, Hub
from tests.integration.test_publishing import (
    REPO,
    answering,
    at,
    carried_out,
    files_of,
    foreign,
    published,
    said,
    small_release,
    target_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(hub: Hub) -> Release:
    return small_release(dataset())


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
    HubTarget.objects.filter(pk=target.pk).update(encrypted_token=bytes(target.encrypted_token or b"")[:-1] + b"x")
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
    assert HubTarget.objects.get().encrypted_token is None


def test_what_was_done_stays_done(hub: Hub, release: Release) -> None:
    row = published(release, target_of(release, hub))
    for changes in ({"commit": "0" * 40}, {"published_at": None}, {"tagged_at": None}, {"release": release.pk + 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Publication.objects.filter(pk=row.pk).update(**changes)
    for changes in ({"repo": "exempla/else"}, {"endpoint": "https://else.example.org"}, {"encrypted_token": None}):
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
