"""Which stories a version takes: what leaves one out, what a cap takes, and what changes from version to version."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from annotations.models import Decision
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Conflict, InvalidInput
from curation.releases.actions import build, start_release
from curation.releases.models import Dataset, Release
from curation.releases.queries.candidates import plan
from curation.releases.queries.choosing import MOST_NAMES, check_choice
from curation.releases.queries.stages import stages
from curation.releases.selecting import SelectionChoice
from curation.releases.story_ids import public_id
from curation.releases.tiers import tier_sql
from curation.standards.actions import import_file
from curation.standards.models import AcceptancePolicy
from curation.stories.actions import advance
from curation.stories.models import Check, Story
from curation.stories.stages import State
from tests import builders
from tests.releases_client import load, unpack

pytestmark = pytest.mark.django_db
OWN = {"finest": {"every": 4.5, "weight": 4}, "fine": {"every": 3, "weight": 2}}
PATCH = "A title was misspelt."


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def built(dataset: Dataset, version: str, choice: SelectionChoice | None = None, notes: str = PATCH) -> Release:
    return build(release=start_release(actor=SYSTEM, dataset=dataset, version=version, notes=notes, choice=choice))


def inside(release: Release) -> set[int]:
    return set(release.items.values_list("story", flat=True))


def left_out(release: Release) -> dict[int, tuple[str, str, int | None]]:
    return {row.story_id: (row.reason, row.detail, row.instead_id) for row in release.left_out.all()}


def near(story: Story, other: Story) -> None:
    Check.objects.create(story=story, kind="near_duplicate", verdict="review", other=other, index_version="test")


def by_another_policy(story: Story) -> AcceptancePolicy:
    content = b"name: Second\nversion: 1\nrules: {minimum: {B1: 3}, tiers: {silver: {weight: 1.0}}}\n"
    import_file(actor=builders.person(Role.CURATOR), kind="policy", content=content, rubric=builders.default_rubric())
    policy = AcceptancePolicy.objects.get(name="Second")
    readers = [builders.person(), builders.person()]
    queue = builders.queue_of(*readers, stories=[story], policy=policy)
    for reader in readers:
        builders.review_by(reader, queue)
    return policy


def test_each_filter_leaves_out_what_does_not_fit_and_says_why() -> None:
    readers = builders.person(), builders.person()
    soft = builders.answers(flags={"stock_name": {}})
    at_sea, here = builders.source("sea"), builders.source("here")
    (gold,) = builders.accepted_stories(1, *readers, of=here, generator="one", principles=["honesty"])
    (silver,) = builders.accepted_stories(1, *readers, of=here, generator="one", data=soft)
    (other,) = builders.accepted_stories(1, *readers, of=at_sea, generator="two", principles=["care"])
    (themed,) = builders.accepted_stories(1, *readers, of=here, themes=["boundaries"], data=themed_answers())
    policy = by_another_policy(builders.add_story(of=here))
    later = Decision.objects.get(policy=policy).story
    everything = {gold.pk, silver.pk, other.pk, themed.pk, later.pk}
    dataset = builders.dataset()
    for choice, stay in [
        (SelectionChoice(), everything),
        (SelectionChoice(sources=("here",)), everything - {other.pk}),
        (SelectionChoice(generators=("one",)), {gold.pk, silver.pk}),
        (SelectionChoice(generators=("",)), {themed.pk, later.pk}),
        (SelectionChoice(principles=("honesty", "care")), {gold.pk, other.pk}),
        (SelectionChoice(themes=("boundaries",)), {themed.pk}),
        (SelectionChoice(policy=gold.decisions.get().policy_id), everything - {later.pk}),
        (SelectionChoice(policy=policy.pk), {later.pk}),
        (SelectionChoice(policy=gold.decisions.get().policy_id, tiers=("gold",)), {gold.pk, other.pk, themed.pk}),
    ]:
        look = plan(dataset, choice=choice)
        assert set(look.decisions().values_list("story", flat=True)) == stay, choice
        assert look.stories == len(stay)
        assert sum(look.left_out.values()) == len(everything - stay)
        assert next(stage.stories for stage in stages(look)) == len(everything)
        assert stages(look)[-1].stories == len(stay)
    assert plan(dataset, choice=SelectionChoice(sources=("here",))).left_out == {"source": 1}
    assert plan(dataset, choice=SelectionChoice(themes=("boundaries",))).left_out == {"theme": 4}
    release = built(dataset, "v0.1.0", SelectionChoice(sources=("here",), generators=("one",)))
    assert left_out(release) == {
        other.pk: ("source", "", None), themed.pk: ("generator", "", None), later.pk: ("generator", "", None),
    }  # fmt: skip


def themed_answers() -> dict[str, Any]:
    plain = builders.answers()
    return {**plain, "themes": ["boundaries"], "ratings": {**plain["ratings"], "C1": 4}}


def test_a_selection_that_takes_nothing_or_names_what_is_not_there_is_refused_in_words() -> None:
    builders.accepted_stories(1, principles=["honesty"])
    dataset = builders.dataset()
    with pytest.raises(Conflict, match="The selection leaves no story in"):
        built(dataset, "v0.1.0", SelectionChoice(principles=("care",)))
    for choice, words in [
        (SelectionChoice(sources=("nowhere",)), "names what there is not: nowhere"),
        (SelectionChoice(principles=("x", "honesty")), "names what there is not: x"),
        (SelectionChoice(tiers=("platinum",)), "names what there is not: platinum"),
        (SelectionChoice(per_theme=0), "A most of stories is 1 to"),
        (SelectionChoice(rubric=0), "There is no rubric 0"),
        (SelectionChoice(policy=0), "There is no acceptance policy 0"),
        (SelectionChoice(generators=tuple(map(str, range(MOST_NAMES + 1)))), "Name 200 of a kind at most"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            built(dataset, "v0.1.0", choice)
    check_choice(SelectionChoice(generators=tuple(map(str, range(MOST_NAMES)))))
    assert not Release.objects.exists()


def test_of_near_duplicates_the_best_stays_and_the_others_say_which() -> None:
    readers = builders.person(), builders.person()
    soft = builders.answers(flags={"stock_name": {}})
    (flagged,) = builders.accepted_stories(1, *readers, data={**builders.answers(5), "flags": soft["flags"]})
    (good,) = builders.accepted_stories(1, *readers)
    (better,) = builders.accepted_stories(1, *readers, data=builders.answers(5))
    (alone,) = builders.accepted_stories(1, *readers)
    near(good, flagged)
    near(better, good)
    dataset = builders.dataset()
    release = built(dataset, "v0.1.0", SelectionChoice(one_per_cluster=True))
    assert inside(release) == {better.pk, alone.pk}, "a better tier before a higher mean, then the mean"
    assert left_out(release) == {
        flagged.pk: ("duplicate", "", better.pk), good.pk: ("duplicate", "", better.pk),
    }  # fmt: skip
    assert release.items.get(story=better).weight == 2.0, "none of its duplicates is in, to share it with"
    assert release.frozen["selection"]["left_out"] == {"duplicate": 2}


def test_of_near_duplicates_as_good_as_each_other_the_one_stays_that_was_there() -> None:
    readers, dataset = (builders.person(), builders.person()), builders.dataset()
    words = ("The", "tug", "asked", "twice", "and", "then", "it", "waited")

    def accepted(place: int) -> Story:
        # No two have a word in common, by which the checks might find them alike.
        return builders.accepted_stories(1, *readers, text=" ".join(f"{word}{place}" for word in words))[0]

    before = [accepted(place) for place in range(8)]
    choice = SelectionChoice(one_per_cluster=True)
    built(dataset, "v0.1.0", choice)
    for place, old in enumerate(before):
        near(accepted(8 + place), old)
    assert inside(built(dataset, "v0.1.1", choice)) == {story.pk for story in before}


def test_a_cap_takes_so_many_and_no_more_and_fills_what_it_can() -> None:
    readers = builders.person(), builders.person()
    both = builders.accepted_stories(4, *readers, principles=["honesty", "care"], generator="one")
    one = builders.accepted_stories(4, *readers, principles=["honesty"], generator="two")
    free = builders.accepted_stories(2, *readers, generator="two")
    look = plan(builders.dataset(), choice=SelectionChoice(per_principle=3))
    chosen = set(look.decisions().values_list("story", flat=True))
    assert {story.pk for story in free} <= chosen, "of no principle, it counts for none"
    assert len(chosen & {story.pk for story in [*both, *one]}) == 3
    assert look.left_out == {"per_principle": 5}
    assert plan(builders.dataset(), choice=SelectionChoice(per_generator=2)).stories == 4
    assert plan(builders.dataset(), choice=SelectionChoice(per_generator=100, per_theme=1)).stories == 10


def test_a_cap_takes_the_same_stories_again_and_those_of_the_version_before_first() -> None:
    readers = builders.person(), builders.person()
    builders.accepted_stories(12, *readers, principles=["honesty"])
    dataset, capped = builders.dataset(), SelectionChoice(per_principle=5)
    looked = [set(plan(dataset, choice=capped).decisions().values_list("story", flat=True)) for _ in range(2)]
    first = built(dataset, "v0.1.0", capped)
    assert looked == [inside(first)] * 2
    builders.accepted_stories(40, *readers, principles=["honesty"])
    look = plan(dataset)
    assert (look.added, look.removed, str(look.least)) == (0, 0, "v0.1.1")
    gone = min(inside(first))
    advance(stories=[gone], to=State.ADJUDICATION)
    second = built(dataset, "v0.2.0")
    assert inside(first) - inside(second) == {gone}
    assert len(inside(second)) == 5, "its place is taken by another"
    wider = built(dataset, "v0.3.0", SelectionChoice(per_principle=9))
    assert inside(second) < inside(wider)
    assert len(inside(wider)) == 9
    other = built(builders.dataset(), "v0.1.0", SelectionChoice(per_principle=9))
    assert inside(other) != inside(wider), "another dataset has another seed"


@pytest.mark.parametrize(
    ("rules", "values", "soft", "tier"),
    [
        ({}, {"A1": 4.0, "B1": 4.5, "C1": None}, False, "gold"),
        ({}, {"A1": 4.0, "B1": 4.5}, True, "silver"),
        ({}, {"A1": 3.5, "B1": 5.0}, False, "silver"),
        ({}, {"A1": None}, False, "silver"),
        ({}, {}, False, "silver"),
        (OWN, {"A1": 4.6}, False, "finest"),
        (OWN, {"A1": 3.0}, False, "fine"),
        (OWN, {"A1": 2.0}, False, "silver"),
    ],
)
def test_a_tier_asks_for_every_applicable_criterion_and_no_soft_flag(
    rules: dict[str, Any], values: dict[str, float | None], soft: bool, tier: str
) -> None:
    case, parameters = tier_sql(rules, values="v.said", soft="v.soft", rewrite="v.rewrite")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {case} FROM (VALUES (%s::jsonb, %s, false), (%s::jsonb, %s, true)) AS v (said, soft, rewrite)",  # noqa: S608
            [*parameters, *[json.dumps(values), soft] * 2],
        )
        assert cursor.fetchall() == [(tier,), ("bronze",)]


def test_within_caps_is_what_taking_one_after_the_other_gives() -> None:
    slots, ends, rooms = [1, 2, 1, 2, 2, 3, 1], [2, 3, 4, 6, 7, 7], [2, 1, 5]
    with connection.cursor() as cursor:
        cursor.execute("SELECT releases_within_caps(%s::int[], %s::int[], %s::int[])", [slots, ends, rooms])
        (found,) = cursor.fetchone()
        cursor.execute("SELECT releases_within_caps('{}', '{}', '{}')")
        assert cursor.fetchone() == ([],)
    # 1 takes a room of each; 2 the last of the first; 3 and 4 find the second full; 5 the first; 6 counts for none.
    assert found == [0, 0, 2, 2, 1, 0]


def test_a_patch_keeps_the_selection_and_another_one_needs_a_minor() -> None:
    readers = builders.person(), builders.person()
    builders.accepted_stories(2, *readers, generator="one")
    builders.accepted_stories(2, *readers, generator="two")
    dataset, one = builders.dataset(), SelectionChoice(generators=("one",))
    first = built(dataset, "v1.0.0", one)
    assert first.selection.choice == one
    patch = built(dataset, "v1.0.1")
    assert (patch.selection.choice, inside(patch)) == (one, inside(first))
    with pytest.raises(InvalidInput, match=r"Stories were added since v1\.0\.1: use v1\.1\.0"):
        built(dataset, "v1.0.2", SelectionChoice())
    narrower = SelectionChoice(generators=("one",), tiers=("gold",))
    with pytest.raises(InvalidInput, match=r"The selection is another than that of v1\.0\.1: use v1\.1\.0"):
        built(dataset, "v1.0.2", narrower)
    minor = built(dataset, "v1.1.0", SelectionChoice())
    assert inside(minor) > inside(first)
    line = built(dataset, "v1.0.2")
    assert (line.selection.choice, inside(line)) == (one, inside(first)), "an older line keeps its own"
    with pytest.raises(InvalidInput, match="The selection is another"):
        built(dataset, "v1.0.3", narrower)
    assert plan(dataset).choice == SelectionChoice(), "the next one has that of the newest"


def rewritten() -> Story:
    """Store a story that a curator sent to rewrite."""
    return builders.adjudicated_story(builders.person(Role.CURATOR), "rewrite")


def test_what_was_sent_to_rewrite_goes_in_as_bronze_when_asked_for_and_that_is_a_major_change(tmp_path: Path) -> None:
    builders.accepted_stories(1)
    story, dataset = rewritten(), builders.dataset(visibility="private")
    first = built(dataset, "v1.0.0")
    assert story.pk not in inside(first)
    assert left_out(first) == {}, "it was not accepted, so it was not left out"
    with pytest.raises(InvalidInput, match=r"use v2\.0\.0"):
        built(dataset, "v1.1.0", SelectionChoice(rewrites=True))
    second = built(dataset, "v2.0.0", SelectionChoice(rewrites=True, tiers=("gold",)))
    item = second.items.get(story=story)
    assert (item.tier, item.weight) == ("bronze", 0.5)
    assert item.facts["decision_reason"].startswith("Sent to rewrite by a curator after")
    rows = {row["id"]: row for split in load(unpack(second, tmp_path / "copy"), "stories").values() for row in split}
    assert rows[public_id(story.normal_sha256)]["control_tag"] == "<|bronze|>"
    assert "was **not accepted**" in (tmp_path / "copy/README.md").read_text()
    assert second.manifest is not None
    assert second.manifest["selection"]["rewrites"] is True
