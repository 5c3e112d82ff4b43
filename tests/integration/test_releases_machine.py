"""Versions of a dataset, whatever is asked for, built, broken or taken out in between: what is built never changes.

`Known` says by itself, from what the test did, which versions may follow; the rooms' own answer is held against it.
"""

from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from annotations.actions import adjudicate, revise, withdraw
from annotations.models import Review
from annotations.permissions import can_withdraw
from annotations.queries.history import load_review
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import Conflict, ExemplaError, InvalidInput
from curation.releases import schema
from curation.releases.actions import build, discard, retry, start_release
from curation.releases.manifest import rows_by_split
from curation.releases.models import Dataset, Release
from curation.releases.queries.candidates import plan
from curation.releases.versions import Version
from curation.standards.actions import import_file
from curation.standards.models import AcceptancePolicy
from curation.stories.models import Stage
from tests import builders

MAJOR, MINOR, PATCH = range(3)
POLICY = "name: Policy {number}\nversion: 1\nrules: {{minimum: {{B1: 3}}, tiers: {{silver: {{weight: 1.0}}}}}}\n"


@dataclass
class Asked:
    """A version that was asked for. `stories`, `policy` and `columns` are set once its rows are frozen."""

    number: Version
    notes: str
    state: str = "pending"
    stories: frozenset[int] | None = None
    policy: int = 0
    columns: str = ""


@dataclass
class Known:
    """What there is to release (accepted stories by id, each with the policy that accepted it), and what was asked for.

    In the words of docs/researcher/releases.md: MAJOR when the columns, the rubric or the policy changed, MINOR when
    stories were added, PATCH when stories were taken out or something was corrected, which the notes say.
    """

    accepted: dict[int, int] = field(default_factory=dict)
    versions: list[Asked] = field(default_factory=list)
    columns: str = schema.VERSION

    @property
    def newest(self) -> Asked | None:
        return max(self.versions, key=lambda one: one.number, default=None)

    @property
    def policy(self) -> int:
        return max(self.accepted.values())

    def may_follow(self, wanted: Version, notes: str, before: Asked | None) -> bool:
        if before is None:
            return True
        moved = next((part for part in (MAJOR, MINOR, PATCH) if wanted[part] != before.number[part]), None)
        if moved is None or wanted[moved] < before.number[moved]:
            return False
        stories, had = set(self.accepted), before.stories or frozenset()
        if (self.policy, self.columns) != (before.policy, before.columns):
            return moved == MAJOR
        if stories - had:
            return moved in (MAJOR, MINOR)
        return stories != had or bool(notes)


class Versions(RuleBasedStateMachine):
    """A dataset, two reviewers who accept stories for it, and a curator who may reject them again."""

    dataset: Dataset
    readers: tuple[User, User]
    curator: User
    policies: list[AcceptancePolicy]
    known: Known
    # Of each built release, what must never change.
    built: dict[int, tuple[Any, ...]]
    splits: dict[int, str]

    @initialize()
    def start(self) -> None:
        self.dataset = builders.dataset()
        self.readers = builders.person(), builders.person()
        self.curator = builders.person(Role.CURATOR)
        self.known, self.built, self.splits = Known(), {}, {}
        rubric = builders.default_rubric()
        self.policies = [rubric.policies.get()]
        self.stories_are_accepted(by_a_new_policy=False)
        self.asks(Version(0, 1, 0), "")
        self.worker_builds(breaks=False)

    @rule(by_a_new_policy=st.sampled_from([False, False, False, True]))
    def stories_are_accepted(self, by_a_new_policy: bool) -> None:
        if by_a_new_policy:
            content = POLICY.format(number=len(self.policies)).encode()
            import_file(actor=self.curator, kind="policy", content=content, rubric=self.policies[0].rubric)
            self.policies.append(AcceptancePolicy.objects.latest("pk"))
        story, policy = builders.add_story(), self.policies[-1]
        queue = builders.queue_of(*self.readers, stories=[story], policy=policy)
        for reader in self.readers:
            builders.review_by(reader, queue)
        self.known.accepted[story.pk] = policy.pk

    @precondition(lambda self: self.known.accepted)
    @rule(data=st.data())
    def a_story_leaves(self, data: st.DataObject) -> None:
        story = data.draw(st.sampled_from(sorted(self.known.accepted)))
        reader = self.readers[0]
        review = load_review(reader, Review.objects.get(story=story, reviewer=reader, kind="commit").pk)
        released = any(story in (one.stories or ()) for one in self.known.versions)
        assert bool(can_withdraw(actor=reader, review=review)) != released, "what a release shows stays"
        if released:
            submission = parse_submission(builders.answers(1), review.rubric)
            words: dict[str, Any] = {"submission": submission, "reason": "Read again", "idempotency_key": uuid4()}
            revise(reviewer=reader, review=review, ask_curator=True, **words)
            assert Stage.objects.get(story=story).state == "accepted", "a curator looks first"
            adjudicate(actor=self.curator, story=review.story, outcome="reject", note="I agree.")
        else:
            withdraw(reviewer=reader, review=review)
        del self.known.accepted[story]

    @rule(really=st.sampled_from([False, False, True]))
    def the_columns_change(self, really: bool) -> None:
        if not really:
            return
        self.known.columns = f"{self.known.columns}+"
        schema.VERSION = self.known.columns

    @rule(
        moved=st.sampled_from([MAJOR, MINOR, PATCH]),
        by=st.sampled_from([1, 1, 1, 2, 0, -1]),
        notes=st.sampled_from(["", "Titles corrected."]),
    )
    def is_asked_for(self, moved: int, by: int, notes: str) -> None:
        newest = self.known.newest
        parts = list(newest.number) if newest else [0, 0, 0]
        parts[moved] = max(0, parts[moved] + by)
        if by > 0:
            parts[moved + 1 :] = [0] * (PATCH - moved)
        self.asks(Version(*parts), notes)

    def asks(self, wanted: Version, notes: str) -> None:
        newest, number = self.known.newest, Release.objects.count()
        same = newest is not None and newest.state == "pending" and (newest.number, newest.notes) == (wanted, notes)
        waits = not self.known.accepted or (newest is not None and newest.state != "built")
        try:
            release = start_release(actor=SYSTEM, dataset=self.dataset, version=str(wanted), notes=notes)
        except Conflict:
            assert waits
            assert not same, "asked for twice, it is one"
        except InvalidInput:
            assert not waits
            assert not self.known.may_follow(wanted, notes, newest)
        else:
            assert release.number == wanted
            if same:
                assert Release.objects.count() == number
            else:
                assert not waits
                assert self.known.may_follow(wanted, notes, newest)
                self.known.versions.append(Asked(wanted, notes))

    def waiting(self) -> Asked | None:
        return next((one for one in self.known.versions if one.state == "pending"), None)

    @precondition(lambda self: self.waiting())
    @rule(breaks=st.sampled_from([False, False, True]))
    def a_worker_builds(self, breaks: bool) -> None:
        self.worker_builds(breaks=breaks)

    def worker_builds(self, *, breaks: bool) -> None:
        asked, release = self.waiting(), Release.objects.get(state="pending")
        assert asked is not None

        def progress(done: int) -> None:
            if breaks:
                raise ValueError("a broken row")

        if asked.stories is None and self.known.accepted:
            before = max((one for one in self.known.versions if one is not asked), key=number_of, default=None)
            # What was accepted and taken out since it was asked for counts.
            if self.known.may_follow(asked.number, asked.notes, before):
                asked.stories = frozenset(self.known.accepted)
                asked.policy, asked.columns = self.known.policy, self.known.columns
        try:
            release = build(release=release, progress=progress)
        except ExemplaError:
            release.refresh_from_db()
            assert (release.state, bool(release.error)) == ("failed", True)
            assert breaks or asked.stories is None
            asked.state = "failed"
        else:
            assert asked.stories is not None
            assert release.state == "built"
            rows = rows_by_split(release.manifest or {})["stories"]
            assert sum(rows.values()) == len(asked.stories)
            self.built[release.pk] = self.facts(release)
            asked.state = "built"

    def facts(self, release: Release) -> tuple[Any, ...]:
        items = sorted(release.items.values_list("story_id", "decision_id", "split", "tier", "weight"))
        return (release.version, release.manifest_sha256, items, sorted(release.files.values_list("path", "blob_id")))

    @precondition(lambda self: self.known.newest and self.known.newest.state == "failed")
    @rule()
    def is_retried(self) -> None:
        release = Release.objects.get(state="failed")
        assert retry(actor=SYSTEM, release=release).state == "pending"
        with pytest.raises(Conflict):
            retry(actor=SYSTEM, release=release)
        self.known.versions[-1].state = "pending"

    @precondition(lambda self: self.known.newest)
    @rule()
    def is_discarded(self) -> None:
        newest = self.known.newest
        assert newest is not None
        release = Release.objects.order_by("major", "minor", "patch").last()
        assert release is not None
        if newest.stories is None:
            discard(actor=SYSTEM, release=release)
            self.known.versions.remove(newest)
        else:
            with pytest.raises(Conflict):
                discard(actor=SYSTEM, release=release)

    @invariant()
    def what_there_is_is_what_is_known(self) -> None:
        accepted = set(Stage.objects.filter(state="accepted").values_list("story_id", flat=True))
        assert accepted == set(self.known.accepted)
        releases = {release.number: release for release in Release.objects.prefetch_related("items")}
        assert {one.number: one.state for one in self.known.versions} == {
            number: release.state for number, release in releases.items()
        }
        for one in self.known.versions:
            items = releases[one.number].items.all()
            assert {item.story_id for item in items} == (one.stories or set()), "as they were when it was frozen"
            for item in items:
                assert self.splits.setdefault(item.story_id, item.split) == item.split, "a story stays in its split"

    @invariant()
    def every_version_near_is_judged(self) -> None:
        """Hold what the plan says of all versions around the newest against what is known."""
        newest = self.known.newest
        if newest is None or newest.state != "built" or not self.known.accepted:
            return
        offered = plan(self.dataset)
        around = [range(max(0, part - 1), part + 3) for part in newest.number]
        near = [Version(*parts) for parts in product(*around)]
        for notes in ("", "Titles corrected."):
            allowed = [one for one in near if not offered.refuses(one, notes)]
            assert allowed == [one for one in near if self.known.may_follow(one, notes, newest)]
        every = (Version(*parts) for parts in product(*(range(part + 2) for part in newest.number)))
        assert offered.least == min(one for one in every if self.known.may_follow(one, "Corrected.", newest))

    @invariant()
    def what_is_built_never_changes(self) -> None:
        for release in Release.objects.filter(pk__in=self.built):
            assert (release.state, self.facts(release)) == ("built", self.built[release.pk])

    @invariant()
    def nothing_unfinished_is_visible_and_only_the_newest_is_unfinished(self) -> None:
        unfinished = [one for one in self.known.versions if one.state != "built"]
        assert unfinished in ([], [self.known.newest])
        assert not any(release.files.exists() for release in Release.objects.exclude(state="built"))


def number_of(asked: Asked) -> Version:
    return asked.number


@pytest.mark.django_db
def test_versions_hold_in_any_order(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path / "home"
    columns = schema.VERSION

    class InTransaction(Versions):
        def __init__(self) -> None:
            monkeypatch.setattr(schema, "VERSION", columns)
            self.block = transaction.atomic()
            self.block.__enter__()
            super().__init__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    run_state_machine_as_test(InTransaction, settings=SHORT)


SHORT = settings(max_examples=6, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
