"""Cutting a release: what is frozen, and what stands in the way."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, transaction

from annotations.actions import add_items, adjudicate, finalize_reviews
from annotations.models import Decision, Review
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.releases import splits
from curation.releases.actions import build, create_dataset, retry, start_release, taking
from curation.releases.models import Blob, Dataset, Pseudonym, Release, ReleaseFile, ReleaseItem, SplitAssignment
from curation.releases.models.release import ReleaseState
from curation.releases.pseudonyms import name_for
from curation.releases.queries.candidates import plan
from curation.releases.story_ids import public_id
from curation.standards.actions import import_file
from curation.standards.models import AcceptancePolicy
from curation.stories.actions import add_tag, advance, create_source
from curation.stories.families import families, groups, near_duplicates
from curation.stories.models import Check, Lineage, Stage
from curation.stories.stages import State
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def released(dataset: Dataset, version: str = "v0.1.0") -> Release:
    return builders.frozen_release(dataset, version)


def test_every_accepted_story_is_frozen_with_its_reviews_and_its_decision() -> None:
    stories = builders.accepted_stories(2)
    builders.add_story()
    release = released(builders.dataset())
    items = list(release.items.select_related("decision"))
    assert [item.story_id for item in items] == [story.pk for story in stories]
    for item in items:
        assert item.decision.outcome == "accept"
        assert item.review_ids == list(item.story.reviews.order_by("id").values_list("id", flat=True))
        assert (item.tier, item.weight) == ("gold", 2.0)
    assert release.rows_total == 2
    assert release.frozen["counts"]["reviews"] == 4
    assert release.state == ReleaseState.PENDING


def test_with_nothing_accepted_there_is_nothing_to_release() -> None:
    with pytest.raises(Conflict, match="No story is accepted yet"):
        released(builders.dataset())


def test_only_curators_cut_releases_and_make_datasets() -> None:
    builders.accepted_stories(1)
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        actor = builders.person(role)
        with pytest.raises(NotAllowed, match="Curators make"):
            start_release(actor=actor, dataset=builders.dataset(), version="v0.1.0")
        with pytest.raises(NotAllowed):
            create_dataset(actor=actor, org="a", name="b")


@pytest.mark.parametrize("licence", ["", "all rights reserved", "CC-BY-SA-4.0"])
def test_a_licence_that_does_not_allow_it_blocks_a_public_dataset_only(licence: str) -> None:
    source = create_source(actor=SYSTEM, name="somewhere", license=licence)
    builders.accepted_stories(1, of=source, title="The Lighthouse")
    with pytest.raises(Conflict, match=r"1 story .*cannot go into a public dataset.*The Lighthouse"):
        released(builders.dataset())
    assert released(builders.dataset(visibility="private")).rows_total == 1


def test_a_story_of_its_own_licence_is_judged_by_that() -> None:
    source = create_source(actor=SYSTEM, name="somewhere", license="")
    builders.accepted_stories(1, of=source, license="CC0-1.0")
    assert released(builders.dataset()).items.get().facts["license"] == "CC0-1.0"


@pytest.mark.parametrize(
    ("written", "frozen"), [("", None), ("All rights reserved", None), ("cc by 4.0", "CC-BY-4.0"), ("MIT", "MIT")]
)
def test_a_licence_is_frozen_as_spdx_writes_it_and_an_unknown_one_as_none(written: str, frozen: str | None) -> None:
    builders.accepted_stories(1, of=create_source(actor=SYSTEM, name="somewhere", license=written))
    assert released(builders.dataset(visibility="private")).items.get().facts["license"] == frozen


def test_what_would_take_the_stories_is_said_when_a_licence_asks_for_too_little() -> None:
    for name, licence in (("tales", "CC-BY-4.0"), ("more", "cc by-nc 4.0"), ("free", "MIT")):
        builders.accepted_stories(1, of=create_source(actor=SYSTEM, name=name, license=licence), title=name)
    with pytest.raises(Conflict) as refused:
        released(builders.dataset(license="MIT"))
    said = str(refused.value)
    assert "2 stories cannot go into a public dataset under MIT" in said
    assert "“tales” (CC-BY-4.0), “more” (CC-BY-NC-4.0)" in said
    assert "needs one of these licences: CC-BY-NC-4.0, CC-BY-NC-SA-4.0." in said
    assert released(builders.dataset(license="CC-BY-NC-4.0")).rows_total == 3
    builders.accepted_stories(1, of=create_source(actor=SYSTEM, name="alike", license="CC-BY-SA-4.0"))
    with pytest.raises(Conflict, match="No licence takes all of them"):
        released(builders.dataset(license="CC-BY-NC-4.0"))


def test_a_version_of_the_same_stories_has_to_say_what_it_corrects() -> None:
    builders.accepted_stories(1)
    dataset = builders.dataset()
    builders.built_release(dataset)
    with pytest.raises(InvalidInput, match=r"same as in v0\.1\.0.*say in its notes"):
        start_release(actor=SYSTEM, dataset=dataset, version="v0.1.1", notes=" ")
    assert builders.built_release(dataset, "v0.1.1", notes="A title was misspelt.").rows_total == 1


def test_a_version_waits_for_the_one_before_it() -> None:
    builders.accepted_stories(1)
    dataset = builders.dataset()
    first = released(dataset)
    with pytest.raises(Conflict, match=r"v0\.1\.0 is not finished"):
        released(dataset, "v0.2.0")
    build(release=first)
    assert released(dataset, "v0.1.1").version == "v0.1.1"


def test_a_version_may_not_understate_or_go_back() -> None:
    builders.accepted_stories(1)
    dataset = builders.dataset()
    builders.built_release(dataset, "v1.0.0")
    with pytest.raises(InvalidInput, match="does not come after"):
        released(dataset, "v1.0.0")
    builders.accepted_stories(1)
    with pytest.raises(InvalidInput, match=r"Stories were added since v1\.0\.0: use v1\.1\.0"):
        released(dataset, "v1.0.1")
    with pytest.raises(InvalidInput, match="write it as"):
        released(dataset, "1.1.0")
    assert builders.built_release(dataset, "v1.1.0").frozen["changelog"][0]["added"] == 1


def test_another_policy_asks_for_a_major_version() -> None:
    builders.accepted_stories(1)
    dataset = builders.dataset()
    builders.built_release(dataset, "v1.0.0")
    rubric = builders.default_rubric()
    later = b"name: Stricter\nversion: 1\nrules: {minimum: {B1: 3}, tiers: {silver: {weight: 1.0}}}\n"
    import_file(actor=builders.person(Role.CURATOR), kind="policy", content=later, rubric=rubric)
    policy = AcceptancePolicy.objects.get(name="Stricter")
    stories = [builders.add_story()]
    readers = [builders.person(), builders.person()]
    queue = builders.queue_of(*readers, stories=stories, policy=policy)
    for reader in readers:
        builders.review_by(reader, queue)
    with pytest.raises(InvalidInput, match=r"policy changed since v1\.0\.0: use v2\.0\.0"):
        released(dataset, "v1.1.0")
    assert released(dataset, "v2.0.0").policy == policy


def test_a_story_that_is_reopened_leaves_with_the_next_patch() -> None:
    kept, gone = builders.accepted_stories(2)
    dataset = builders.dataset()
    first = builders.built_release(dataset, "v1.0.0")
    advance(stories=[gone.pk], to=State.ADJUDICATION)
    assert plan(dataset).removed == 1
    second = builders.built_release(dataset, "v1.0.1")
    assert [item.story_id for item in second.items.all()] == [kept.pk]
    assert first.items.count() == 2


def test_splits_stay_over_versions_and_twins_and_duplicates_share_them() -> None:
    first, second = builders.accepted_stories(2)
    dataset = builders.dataset()
    builders.built_release(dataset, "v1.0.0")
    before = dict(SplitAssignment.objects.filter(dataset=dataset).values_list("story_id", "split"))
    twin, near = builders.accepted_stories(2)
    # A rewrite of one story can be the twin of another.
    Lineage.objects.create(child=twin, parent=builders.add_story(), kind="rewrite")
    Lineage.objects.create(child=twin, parent=first, kind="no_reasoning")
    Check.objects.create(story=near, kind="near_duplicate", verdict="review", other=second, index_version="test")
    release = builders.built_release(dataset, "v1.1.0")
    items = {item.story_id: item for item in release.items.all()}
    assert {pk: items[pk].split for pk in before} == before
    assert items[twin.pk].split == before[first.pk]
    assert items[near.pk].split == before[second.pk]
    assert items[twin.pk].facts["twin_of"] == public_id(first.normal_sha256)
    assert items[twin.pk].facts["twin_kind"] == "no_reasoning"
    assert items[near.pk].facts["duplicate_cluster"] == public_id(second.normal_sha256)
    assert items[near.pk].weight == items[second.pk].weight == 1.0
    assert items[twin.pk].weight == 2.0


def test_a_soft_flag_makes_it_silver() -> None:
    builders.accepted_stories(1, data=builders.answers(flags={"stock_name": {}}))
    item = released(builders.dataset()).items.get()
    assert (item.tier, item.weight) == ("silver", 1.0)


@pytest.mark.parametrize("batch", [1, 2, 10_000])
def test_rows_that_are_frozen_part_by_part_are_those_of_all_at_once(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Splits go by family and weights by cluster, wherever their stories come."""
    readers = builders.person(), builders.person()
    soft = builders.answers(flags={"stock_name": {}})
    stories = [
        builders.accepted_stories(1, *readers, data=soft if number in (1, 4) else None)[0] for number in range(8)
    ]
    dataset = builders.dataset()
    SplitAssignment.objects.create(dataset=dataset, story=stories[3], split="test")
    for one, other in ((0, 7), (7, 2)):
        found = {"kind": "near_duplicate", "verdict": "review", "index_version": "test"}
        Check.objects.create(story=stories[one], other=stories[other], **found)
    Lineage.objects.create(child=stories[6], parent=stories[3], kind="no_reasoning")
    monkeypatch.setattr(taking, "BATCH", batch)
    release = released(dataset)
    items = {item.story_id: item for item in release.items.all()}
    keys = {story.pk: story.normal_sha256 for story in stories}
    wanted = splits.assign(keys, families(), {stories[3].pk: "test"}, str(dataset))
    assert {story: item.split for story, item in items.items()} == wanted
    stored = SplitAssignment.objects.filter(dataset=dataset)
    assert dict(stored.values_list("story_id", "split")) == wanted
    tiers = ["silver" if number in (1, 4) else "gold" for number in range(8)]
    assert [items[story.pk].tier for story in stories] == tiers
    cluster_of = groups(near_duplicates())
    members = Counter(cluster_of.get(story.pk, story.pk) for story in stories)
    assert max(members.values()) >= 3
    assert {story: item.weight for story, item in items.items()} == {
        story: (2.0 if item.tier == "gold" else 1.0) / members[cluster_of.get(story, story)]
        for story, item in items.items()
    }
    assert (release.rows_total, release.frozen["counts"]["stories"], release.frozen["counts"]["reviews"]) == (8, 8, 16)


def test_tags_added_later_do_not_change_what_is_frozen() -> None:
    (story,) = builders.accepted_stories(1, principles=["honesty"])
    release = released(builders.dataset())
    add_tag(actor=SYSTEM, story=story, kind="principle", key="care", source="check")
    assert release.items.get().facts["principles"] == ["honesty"]


def test_pseudonyms_stay_within_a_dataset_and_differ_between_datasets() -> None:
    reader, other = builders.person(), builders.person()
    builders.accepted_stories(1, reader, other)
    one, two = builders.dataset(), builders.dataset()
    builders.built_release(one, "v1.0.0")
    builders.built_release(two, "v1.0.0")
    names = dict(Pseudonym.objects.filter(user=reader).values_list("dataset_id", "name"))
    assert len(set(names.values())) == 2
    builders.accepted_stories(1, reader, other)
    builders.built_release(one, "v1.1.0")
    assert dict(Pseudonym.objects.filter(user=reader).values_list("dataset_id", "name")) == names


def test_every_pseudonym_has_a_secret_of_its_own_and_no_two_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.accepted_stories(1)
    one, two = builders.dataset(), builders.dataset()
    for dataset in (one, two):
        released(dataset)
    found = list(Pseudonym.objects.select_related("dataset"))
    assert len({bytes(pseudonym.secret) for pseudonym in found}) == len(found) == 4
    assert {len(bytes(pseudonym.secret)) for pseudonym in found} == {32}
    for pseudonym in found:
        assert pseudonym.name == name_for(bytes(pseudonym.secret), str(pseudonym.dataset), pseudonym.user_id)

    names = iter(["reader-1", "reader-1", "reader-2"])
    monkeypatch.setattr("curation.releases.pseudonyms.name_for", lambda *_: next(names))
    third = builders.dataset()
    released(third)
    assert set(third.pseudonyms.values_list("name", flat=True)) == {"reader-1", "reader-2"}


def test_a_curators_note_stays_in_the_house() -> None:
    (story,) = builders.accepted_stories(1)
    Stage.objects.filter(story=story).update(state=State.ADJUDICATION)
    adjudicate(actor=builders.person(Role.CURATOR), story=story, outcome="accept", note="A private remark.")
    release = builders.built_release(builders.dataset())
    assert release.items.get().facts["decision_reason"] == "Accepted by a curator after 2 blind reviews."
    assert "private remark" not in str(release.frozen) + str(release.manifest) + str(list(release.items.values()))


def test_the_policys_reasons_are_said_and_only_those_that_passed() -> None:
    builders.accepted_stories(1)
    reason = released(builders.dataset()).items.get().facts["decision_reason"]
    assert reason.startswith("No reviewer raised a hard flag. A1 ")
    assert reason == " ".join(part["text"] for part in Decision.objects.get().reasons)


def test_an_audit_is_among_the_ratings_and_practice_is_not() -> None:
    (story,) = builders.accepted_stories(1)
    auditor, learner = builders.person(), builders.person()
    audit, gold = builders.queue_of(auditor), builders.queue_of(learner)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    add_items(actor=SYSTEM, queue=gold, stories=[story], kind="gold")
    counted = [*Review.objects.order_by("id"), builders.review_by(auditor, audit)]
    builders.review_by(learner, gold)
    release = released(builders.dataset())
    assert release.items.get().review_ids == [review.pk for review in counted]
    assert not Pseudonym.objects.filter(user=learner).exists()


def test_the_card_never_learns_a_name_or_a_comment() -> None:
    reader = builders.person(username="very-recognisable")
    data = builders.answers(comment="A secret remark.")
    builders.accepted_stories(1, reader, builders.person(), data=data)
    release = builders.built_release(builders.dataset())
    assert "very-recognisable" not in str(release.frozen) + str(release.manifest)
    assert "secret remark" not in str(release.frozen) + str(list(release.items.values()))


def test_a_built_release_refuses_every_change() -> None:
    builders.accepted_stories(1)
    release = builders.built_release(builders.dataset())
    item, blob = release.items.get(), Blob.objects.first()
    attempts = [
        lambda: Release.objects.filter(pk=release.pk).update(notes="other"),
        lambda: Release.objects.filter(pk=release.pk).delete(),
        lambda: ReleaseItem.objects.filter(release=release).update(tier="gold"),
        lambda: ReleaseItem.objects.filter(release=release).delete(),
        lambda: ReleaseFile.objects.filter(release=release).delete(),
        lambda: ReleaseFile.objects.create(release=release, path="more.txt", blob=blob),
        lambda: ReleaseItem.objects.create(
            release=release, story=builders.add_story(), decision=item.decision, split="train", tier="x", weight=1
        ),
        lambda: SplitAssignment.objects.update(split="test"),
        lambda: Pseudonym.objects.update(name="somebody"),
        lambda: Blob.objects.update(size=0),
    ]
    for attempt in attempts:
        with pytest.raises(Error), transaction.atomic():
            attempt()
    with pytest.raises(Conflict, match="has not failed"):
        retry(actor=SYSTEM, release=release)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"org": "a/b"}, "cannot be a name"),
        ({"name": "-x"}, "cannot be a name"),
        ({"name": "a--b"}, "cannot be a name"),
        ({"org": ""}, "cannot be a name"),
        ({"name": "n" * 81}, "cannot be a name"),
        ({"license": "mine", "visibility": "public"}, "not a licence for a dataset that others get"),
        ({"visibility": "everyone"}, "public, for the signed-in, gated or private"),
    ],
)
def test_a_dataset_that_cannot_be_is_refused_in_words(fields: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        create_dataset(actor=SYSTEM, **{"org": "exempla", "name": "stories", **fields})


def test_a_name_is_never_used_twice() -> None:
    builders.dataset("once")
    with pytest.raises(Conflict, match="exists already"):
        builders.dataset("once")


def test_a_story_that_is_decided_otherwise_while_it_is_frozen_stops_the_freezing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its decision is read before its reviews are final, and a curator's may come between the two."""
    story, _other = builders.accepted_stories(2)

    def finalize_late(*, stories: list[int]) -> int:
        advance(stories=[story.pk], to=State.ADJUDICATION)
        adjudicate(actor=builders.person(Role.CURATOR), story=story, outcome="reject", note="It does not hold.")
        return finalize_reviews(stories=stories)

    with monkeypatch.context() as patched:
        patched.setattr("curation.releases.actions.freezing.finalize_reviews", finalize_late)
        with pytest.raises(Conflict, match="just been opened again"):
            released(builders.dataset())
    assert not ReleaseItem.objects.exists()
