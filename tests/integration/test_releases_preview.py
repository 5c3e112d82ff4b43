"""What is told of a selection before a version is made, and what of it is kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import adjudicate
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.releases.actions import build, start_release, withdraw_story
from curation.releases.actions.building import claim
from curation.releases.actions.freezing import freeze
from curation.releases.models import LeftOut, Release, Selection
from curation.releases.queries.candidates import plan
from curation.releases.queries.outlook import outlook
from curation.releases.selecting import SelectionChoice
from curation.stories.actions import advance
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests import builders
from tests.integration.test_releases_selection import built, inside, left_out, near, themed_answers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def test_what_comes_goes_and_is_decided_anew_is_told_with_the_reason() -> None:
    readers = builders.person(), builders.person()
    kept, taken_back, reopened, unfit = (
        builders.accepted_stories(1, *readers, title=title, generator=generator)[0]
        for title, generator in (("Kept", "a"), ("Back", "a"), ("Opened", "a"), ("Unfit", "b"))
    )
    (skipped,) = builders.accepted_stories(1, *readers, title="Skipped", generator="c")
    dataset = builders.dataset()
    built(dataset, "v1.0.0", SelectionChoice(generators=("a", "b")))
    withdraw_story(actor=SYSTEM, dataset=dataset, story=taken_back.pk, reason="Its author asked.")
    advance(stories=[reopened.pk], to=State.ADJUDICATION)
    Stage.objects.filter(story=kept).update(state=State.ADJUDICATION)
    adjudicate(actor=builders.person(Role.CURATOR), story=kept, outcome="accept", note="Still.")
    builders.accepted_stories(1, *readers, title="New", generator="a")
    look = plan(dataset, choice=SelectionChoice(generators=("a", "c")))
    assert look.removed_by_reason == {"withdrawn": 1, "generator": 1, "decision": 1}
    assert look.added_by_reason == {"generator": 1}
    assert (look.added, look.removed, look.decided_anew) == (2, 3, 1)
    found = outlook(look)
    assert {(one.title, one.why) for one in found.added} == {
        ("Skipped", "left out before: by another generator"), ("New", ""),
    }  # fmt: skip
    assert {(one.title, one.why) for one in found.removed} == {
        ("Back", "withdrawn from the dataset"), ("Opened", "its decision changed"), ("Unfit", "by another generator"),
    }  # fmt: skip
    assert [one.title for one in found.anew] == ["Kept"]
    assert unfit.pk != skipped.pk


def test_coverage_counts_each_story_for_all_its_principles_and_themes() -> None:
    readers = builders.person(), builders.person()
    builders.accepted_stories(2, *readers, principles=["honesty", "care"], themes=["boundaries"], data=themed_answers())
    builders.accepted_stories(1, *readers, principles=["care"])
    builders.accepted_stories(1, *readers)
    cover = outlook(plan(builders.dataset())).coverage
    assert cover.themes == ["boundaries", ""]
    assert cover.rows == [("care", [2, 1]), ("honesty", [2, 0]), ("", [0, 1])]


def test_what_is_withdrawn_or_decided_after_the_preview_counts_when_the_rows_are_frozen() -> None:
    kept, reopened, taken_back = builders.accepted_stories(3)
    dataset = builders.dataset()
    built(dataset, "v1.0.0")
    (late,) = builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=dataset, version="v1.1.0")
    assert release.rows_total == 4
    withdraw_story(actor=SYSTEM, dataset=dataset, story=taken_back.pk, reason="Its author asked.")
    advance(stories=[reopened.pk], to=State.ADJUDICATION)
    release = build(release=release)
    assert inside(release) == {kept.pk, late.pk}
    assert left_out(release) == {taken_back.pk: ("withdrawn", "", None)}
    entry = release.frozen["changelog"][0]
    assert (entry["stories"], entry["added"], entry["removed"]) == (2, 1, 2)


def test_a_selection_never_changes_and_goes_only_with_a_release_that_was_never_frozen() -> None:
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    item, story = release.items.get(), builders.add_story()
    for attempt in (
        lambda: Selection.objects.filter(release=release).update(one_per_cluster=True),
        lambda: Selection.objects.filter(release=release).delete(),
        lambda: LeftOut.objects.create(release=release, story=story, reason="source"),
        lambda: Selection.objects.create(release=release, license="MIT", seed="x"),
    ):
        with pytest.raises(Error), transaction.atomic():
            attempt()
    assert item.release.selection.decontamination == "not_checked"


def test_rows_are_frozen_by_a_stored_selection_only() -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    claimed = claim(release.pk)
    assert claimed is not None
    Selection.objects.filter(release=release).delete()
    claimed[0].refresh_from_db()
    claimed[0].selection = Selection(release=release, license="CC-BY-4.0", seed="selection of nothing")
    with pytest.raises(Error, match="has no selection"), transaction.atomic():
        freeze(*claimed)


def test_the_manifest_and_the_card_say_what_was_selected() -> None:
    readers = builders.person(), builders.person()
    builders.accepted_stories(2, *readers, generator="one", principles=["honesty"])
    builders.accepted_stories(1, *readers, generator="two")
    release = built(builders.dataset(), "v0.1.0", SelectionChoice(generators=("one",), per_principle=1))
    assert release.manifest is not None
    said = release.manifest["selection"]
    assert (said["generators"], said["per_principle"], said["left_out"]) == (
        ["one"], 1, {"generator": 1, "per_principle": 1},
    )  # fmt: skip
    assert said["decontamination"] == release.manifest["decontamination"] == "not checked"


@pytest.mark.parametrize("stories", [1, 6])
def test_the_plan_and_what_to_know_take_a_fixed_number_of_statements(
    stories: int, django_assert_num_queries: Any
) -> None:
    dataset = builders.dataset()
    builders.accepted_stories(1, principles=["honesty"])
    builders.built_release(dataset)
    first, *_others = builders.accepted_stories(stories, principles=["honesty"], generator="one")
    near(first, Story.objects.first())  # type: ignore[arg-type]
    choice = SelectionChoice(
        sources=tuple(Story.objects.values_list("source__name", flat=True)), tiers=("gold",), per_principle=3,
        per_generator=3, per_theme=1, one_per_cluster=True, rewrites=True,
    )  # fmt: skip
    with django_assert_num_queries(7):
        look = plan(dataset, choice=choice)
    with django_assert_num_queries(2):
        outlook(look, agreement=False)


def test_another_selection_can_be_looked_at_on_the_page_before_it_is_released() -> None:
    readers = builders.person(), builders.person()
    builders.accepted_stories(2, *readers, generator="one", title="Of one")
    builders.accepted_stories(1, *readers, generator="two", title="Of two")
    dataset = builders.dataset()
    built(dataset, "v1.0.0")
    client = Client()
    client.force_login(builders.person(Role.CURATOR))
    here = reverse("release_new", args=[dataset.org, dataset.name])
    sent = {"selection": "1", "generators": ["one"], "version": "v1.0.1", "notes": "Narrower."}
    looked = client.post(here, {**sent, "preview": "1"})
    assert (looked.status_code, looked.context["plan"].stories) == (200, 2)
    assert looked.context["form"]["version"].value() == "v1.1.0", "what was typed would say too little"
    assert looked.context["form"]["notes"].value() == "Narrower."
    assert 'name="generators" value="one"' in (page := looked.content.decode())
    assert page.index('value="one" ') < page.index("checked") or 'value="one" id="id_generators_0" checked' in page
    assert not Release.objects.filter(minor=1).exists()
    assert client.post(here, {**sent, "per_theme": "0"}).status_code == 422
    refused = client.post(here, sent)
    assert (refused.status_code, "use v1.1.0 or later" in refused.content.decode()) == (422, True)
    asked = client.post(here, {**sent, "version": "v1.1.0"})
    assert asked.status_code == 302
    assert Release.objects.get(minor=1).selection.choice == SelectionChoice(generators=("one",))


def test_a_dry_run_says_what_would_go_in_and_makes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    readers = builders.person(), builders.person()
    builders.accepted_stories(2, *readers, generator="one", principles=["honesty"])
    builders.accepted_stories(1, *readers, generator="two")
    builders.dataset("tales")
    asked = ["exempla/tales", "v0.1.0", "--generator", "one", "--per-principle", "1"]
    call_command("build_release", *asked, "--dry-run", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["stories"], told["refused"]) == (1, "")
    assert told["left_out"] == {"generator": 1, "per_principle": 1}
    assert told["coverage"] == {"themes": [""], "principles": {"honesty": [1]}}
    call_command("build_release", *asked, "--dry-run")
    assert "1 within the caps" in capsys.readouterr().out
    assert not Release.objects.exists()
    call_command("build_release", *asked)
    assert Release.objects.get().selection.choice == SelectionChoice(generators=("one",), per_principle=1)
    call_command("build_release", "exempla/tales", "v0.1.1", "--dry-run", "--notes", "Same.")
    assert "v0.1.1 can be built" in capsys.readouterr().out
    call_command("build_release", "exempla/tales", "v0.1.1", "--dry-run", "--everything")
    assert "use v0.2.0 or later" in capsys.readouterr().out
    with pytest.raises(CommandError, match="names what there is not: nowhere"):
        call_command("build_release", "exempla/tales", "v0.2.0", "--source", "nowhere")
