"""What is taken back after its release: stories, whole versions, and corrections of older lines."""

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.releases.actions import (
    build,
    limit_person,
    note_download,
    start_release,
    withdraw_story,
    withdraw_version,
)
from curation.releases.models import Release, WithdrawnStory
from curation.releases.queries.candidates import plan
from curation.releases.queries.pages import listed_datasets
from curation.releases.queries.withdrawn import downloaded_and_withdrawn
from curation.releases.story_ids import public_id, story_of
from curation.releases.verify import verify
from curation.releases.versions import Version
from curation.releases.views.files import text_of
from tests import builders
from tests.api import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def curator() -> User:
    return builders.person(Role.CURATOR)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(release: Release, name: str = "release") -> str:
    return reverse(name, args=[release.dataset.org, release.dataset.name, release.version])


def text_in(release: Release, path: str) -> str:
    return text_of(release.files.get(path=path))


def ids_in(release: Release) -> set[int]:
    return set(release.items.values_list("story", flat=True))


def test_a_withdrawn_story_is_left_out_of_the_next_patch_and_listed_there_with_its_reason(curator: User) -> None:
    one, two = builders.accepted_stories(2)
    first = builders.built_release(builders.dataset())
    client, researcher = signed_in(curator), signed_in(builders.person(Role.RESEARCHER))
    assert json.loads(text_in(first, "withdrawn.json")) == []
    researcher.get(address(first, "release_zip"))
    sent = {"what": "story", "story": public_id(one.normal_sha256), "reason": "Its author asked for it."}
    assert client.post(address(first, "release_withdraw"), sent).status_code == 302
    for page in (client.get(address(first)), researcher.get(address(first))):
        assert "Its author asked for it." in page.content.decode()
    told = "Stories of it have been withdrawn since"
    assert told in researcher.get(reverse("dataset_list")).content.decode()
    assert told not in signed_in(builders.person(Role.RESEARCHER)).get(reverse("dataset_list")).content.decode()
    assert verify(first).ok, "it stays as it is"
    assert ids_in(first) == {one.pk, two.pk}
    look = plan(first.dataset)
    assert (str(look.least), look.stories, look.removed) == ("v0.1.1", 1, 1)
    second = build(release=start_release(actor=curator, dataset=first.dataset, version="v0.1.1"))
    assert ids_in(second) == {two.pk}
    (tombstone,) = json.loads(text_in(second, "withdrawn.json"))
    assert (tombstone["story_id"], tombstone["reason"]) == (public_id(one.normal_sha256), "Its author asked for it.")
    assert "Its author asked for it." in text_in(second, "README.md")
    assert verify(second).ok
    elsewhere = builders.built_release(builders.dataset())
    assert one.pk in ids_in(elsewhere), "another dataset keeps it"


def test_a_withdrawn_version_stays_with_a_warning_and_is_no_longer_the_newest(curator: User) -> None:
    builders.accepted_stories(1)
    first = builders.built_release(builders.dataset())
    second = builders.built_release(first.dataset, "v0.1.1")
    client = signed_in(curator)
    sent = {"what": "version", "reason": "The splits were mixed up."}
    assert 'value="version"' in client.get(address(second)).content.decode()
    assert client.post(address(second, "release_withdraw"), sent | {"reason": " "}).status_code == 422
    assert client.post(address(second, "release_withdraw"), sent).status_code == 302
    assert 'value="version"' not in client.get(address(second)).content.decode(), "once"
    assert client.post(address(second, "release_withdraw"), sent).status_code == 409
    annie = signed_in(builders.person())
    page = annie.get(address(second)).content.decode()
    assert "This version is withdrawn" in page
    assert "The splits were mixed up." in page
    assert annie.get(address(second, "release_zip")).status_code == 200, "whoever has to look at it can"
    assert verify(second).ok
    dataset_page = annie.get(reverse("dataset", args=[first.dataset.org, first.dataset.name])).content.decode()
    assert f"Download {first.version}" in dataset_page
    assert "Withdrawn" in dataset_page
    (listed,) = listed_datasets(curator)
    assert listed.newest == [first]
    third = builders.built_release(first.dataset, "v0.1.2")
    assert [one["version"] for one in json.loads(text_in(third, "withdrawn.json"))] == ["v0.1.1"]


def test_only_who_may_release_is_offered_to_publish_or_to_withdraw(curator: User) -> None:
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    ways = [address(release, name) for name in ("release_publish", "release_withdraw")]
    for who, offered in ((curator, True), (builders.person(Role.RESEARCHER), False), (builders.person(), False)):
        page = signed_in(who).get(address(release)).content.decode()
        assert [way in page for way in ways] == [offered, offered], who.role


def test_of_what_is_open_to_somebody_no_more_they_are_not_told(curator: User) -> None:
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset(visibility="private"))
    researcher = builders.person(Role.RESEARCHER)
    note_download(user=researcher, release=release)
    withdraw_version(actor=curator, release=release, reason="The splits were mixed up.")
    assert list(downloaded_and_withdrawn(researcher)) == [release]
    limit_person(actor=SYSTEM, user=researcher, orgs=["elsewhere"], datasets=[])
    assert list(downloaded_and_withdrawn(researcher)) == []


def test_what_cannot_be_withdrawn_says_why(curator: User) -> None:
    (story,) = builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    other = builders.add_story()
    limited = builders.person(Role.CURATOR)
    limit_person(actor=SYSTEM, user=limited, orgs=["elsewhere"], datasets=[])
    for actor in (limited, builders.person(Role.RESEARCHER), builders.person()):
        with pytest.raises(NotAllowed):
            withdraw_story(actor=actor, dataset=release.dataset, story=story.pk, reason="No.")
        with pytest.raises(NotAllowed):
            withdraw_version(actor=actor, release=release, reason="No.")
    with pytest.raises(InvalidInput, match="No version"):
        withdraw_story(actor=curator, dataset=release.dataset, story=other.pk, reason="No.")
    with pytest.raises(InvalidInput, match="Say why"):
        withdraw_story(actor=curator, dataset=release.dataset, story=story.pk, reason="")
    withdraw_story(actor=curator, dataset=release.dataset, story=story.pk, reason="Its licence.")
    with pytest.raises(Conflict, match="already"):
        withdraw_story(actor=curator, dataset=release.dataset, story=story.pk, reason="Its licence.")
    (late,) = builders.accepted_stories(1)
    frozen = builders.frozen_release(builders.dataset())
    with pytest.raises(Conflict, match="not built"):
        withdraw_version(actor=curator, release=frozen, reason="No.")
    assert late.pk in ids_in(frozen)
    with pytest.raises(InvalidInput, match="No version"):
        withdraw_story(actor=curator, dataset=frozen.dataset, story=late.pk, reason="No.")
    for deed in (lambda: WithdrawnStory.objects.update(reason="x"), WithdrawnStory.objects.all().delete):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            deed()


@pytest.mark.parametrize("written", ["story-00000012", "12", " story-12 "])
def test_a_story_is_named_as_the_files_have_it(written: str) -> None:
    assert story_of(written) == 12
    for wrong in ("", "story-", "12 or 1=1", "story-0", "-12"):
        with pytest.raises(InvalidInput):
            story_of(wrong)


def test_a_story_has_one_name_wherever_its_words_are() -> None:
    one, two = builders.add_story("A machine tells the truth."), builders.add_story("It told the truth, at a price.")
    assert public_id(one.normal_sha256) == f"story-{one.normal_sha256[:32]}"
    assert [story_of(f" {public_id(story.normal_sha256)} ") for story in (one, two)] == [one.pk, two.pk]
    with pytest.raises(InvalidInput, match="There is no story"):
        story_of(f"story-{'0' * 32}")


def test_an_older_line_is_corrected_by_a_patch_of_its_own_stories(curator: User) -> None:
    one, two = builders.accepted_stories(2)
    first = builders.built_release(builders.dataset())
    (three,) = builders.accepted_stories(1)
    newer = builders.built_release(first.dataset, "v0.2.0")
    assert ids_in(newer) == {one.pk, two.pk, three.pk}
    withdraw_story(actor=curator, dataset=first.dataset, story=one.pk, reason="Its licence.")
    new = reverse("release_new", args=[first.dataset.org, first.dataset.name])
    client = signed_in(curator)
    assert 'value="v0.1.1"' in client.get(f"{new}?after=v0.1.0").content.decode()
    assert 'value="v0.2.1"' in client.get(new).content.decode()
    assert client.post(new, {"version": "v0.1.1"}).status_code == 302
    patched = build(release=Release.objects.get(dataset=first.dataset, patch=1))
    assert (patched.version, ids_in(patched)) == ("v0.1.1", {two.pk})
    assert patched.frozen["changelog"][0] | {"date": ""} == {
        "version": "v0.1.1", "date": "", "notes": "", "stories": 1, "added": 0, "removed": 1,
        "rubric": patched.frozen["changelog"][0]["rubric"], "policy": patched.frozen["changelog"][0]["policy"],
    }  # fmt: skip
    assert [entry["version"] for entry in patched.frozen["changelog"]] == ["v0.1.1", "v0.1.0"]
    assert verify(patched).ok
    look = plan(first.dataset)
    assert (look.previous, str(look.least)) == (newer, "v0.2.1")
    with pytest.raises(InvalidInput, match="does not come after"):
        start_release(actor=curator, dataset=first.dataset, version="v0.1.1", notes="Again.")
    with pytest.raises(InvalidInput, match="does not come after"):
        start_release(actor=curator, dataset=first.dataset, version="v0.0.9", notes="Nothing there.")
    assert plan(first.dataset, number=Version(0, 1, 2)).previous == patched


def test_a_version_that_only_corrects_leaves_what_was_accepted_since_to_a_later_one(curator: User) -> None:
    one, two = builders.accepted_stories(2)
    first = builders.built_release(builders.dataset())
    builders.accepted_stories(1)
    withdraw_story(actor=curator, dataset=first.dataset, story=one.pk, reason="Its licence.")
    new, client = reverse("release_new", args=[first.dataset.org, first.dataset.name]), signed_in(curator)
    assert 'value="v0.2.0"' in client.get(new).content.decode()
    # What the page of a version leads to, and the same ticked after another version was suggested.
    for page in (
        client.get(f"{new}?after=v0.1.0&only_corrects=1"),
        client.post(new, {"preview": "1", "version": "v0.2.0", "only_corrects": "on"}),
    ):
        assert 'value="v0.1.1"' in page.content.decode()
        assert (page.context["plan"].stories, page.context["plan"].added, page.context["plan"].removed) == (1, 0, 1)
    refused = client.post(new, {"version": "v0.2.0", "only_corrects": "on"})
    assert (refused.status_code, "Only a PATCH" in refused.content.decode()) == (422, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(
            dataset=builders.dataset(), major=1, minor=0, patch=0, only_corrects=True,
            rubric=first.rubric, policy=first.policy,
        )  # fmt: skip
    assert client.post(new, {"version": "v0.1.1", "only_corrects": "on"}).status_code == 302
    patched = build(release=Release.objects.get(dataset=first.dataset, patch=1))
    assert (ids_in(patched), verify(patched).ok) == ({two.pk}, True)
    with pytest.raises(InvalidInput, match="Stories were added since"):
        start_release(actor=curator, dataset=first.dataset, version="v0.1.2", notes="Other titles.")

    told, name = StringIO(), str(first.dataset)
    asked = ["build_release", name, "v0.1.2", "--only-corrects", "--notes", "Other titles.", "--json"]
    call_command(*asked, "--dry-run", stdout=told)
    assert json.loads(told.getvalue())["stories"] == 1
    call_command(*asked, stdout=StringIO())
    assert ids_in(Release.objects.get(dataset=first.dataset, patch=2)) == {two.pk}
    look = Caller(curator).post(f"datasets/{name}/preview", {"only_corrects": True})
    assert (look["stories"], look["added"]) == (1, 0)
    sent = {"version": "v0.1.3", "notes": "Again.", "only_corrects": True}
    made = Caller(curator).post(f"datasets/{name}/releases", sent)
    assert (made["only_corrects"], made["rows_total"]) == (True, 1)


def test_the_field_for_a_story_takes_its_whole_name(curator: User) -> None:
    (story,) = builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    at = reverse("release", args=[release.dataset.org, release.dataset.name, release.version])
    page = signed_in(curator).get(at).content.decode()
    field = re.search(r'<input id="withdrawn-story"[^>]*maxlength="(\d+)"', page)
    assert field
    assert int(field[1]) >= len(public_id(story.normal_sha256))


def test_the_command_withdraws_versions_and_stories(curator: User) -> None:
    (story,) = builders.accepted_stories(1)
    release, told = builders.built_release(builders.dataset()), StringIO()
    name = str(release.dataset)
    given = ["withdraw_release", name, release.version, "--reason", "Its licence."]
    call_command(*given, "--story", public_id(story.normal_sha256), "--as", curator.username, "--json", stdout=told)
    assert json.loads(told.getvalue())["stories"] == [public_id(story.normal_sha256)]
    assert WithdrawnStory.objects.get().withdrawn_by == curator
    call_command(*given, stdout=told)
    assert "no longer the newest" in told.getvalue()
    release.refresh_from_db()
    assert (release.withdrawn.reason, release.withdrawn.withdrawn_by) == ("Its licence.", None)
    for more, said in (([], "already"), (["--story", "x"], "and 32 digits"), (["--as", "nobody"], "Nobody")):
        with pytest.raises(CommandError, match=said):
            call_command(*given, *more)


def test_programs_withdraw_by_the_same_rules(curator: User) -> None:
    (one,) = builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    call, at = Caller(curator), f"datasets/{release.dataset}"
    sent = {"story": public_id(one.normal_sha256), "reason": "It names a person."}
    made = call.post(f"{at}/withdrawn", sent)
    assert (made["story"], made["withdrawn_by"]) == (public_id(one.normal_sha256), curator.username)
    assert problem(call("POST", f"{at}/withdrawn", sent))[0] == 409
    assert problem(call("POST", f"{at}/withdrawn", sent | {"story": "all"}))[0] == 422
    assert [row["reason"] for row in call.get(f"{at}/withdrawn")["results"]] == ["It names a person."]
    here = f"{at}/releases/{release.version}/withdrawal"
    assert problem(call("GET", here)) == (404, "not_found")
    assert problem(call("POST", here, {"reason": " "}))[0] == 422
    call.post(here, {"reason": "A rating was wrong."})
    assert call.get(here)["reason"] == "A rating was wrong."
    assert WithdrawnStory.objects.get().story == one
