"""Versions of a dataset, whatever is asked for, built, broken or taken out in between: what is built never changes."""

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
from curation.releases.actions import build, retry, start_release
from curation.releases.manifest import rows_by_split
from curation.releases.models import Dataset, Release
from curation.releases.versions import Version
from curation.stories.models import Stage
from tests import builders


class Versions(RuleBasedStateMachine):
    """A dataset, two reviewers who accept stories for it, and a curator who may reject them again."""

    dataset: Dataset
    readers: tuple[User, User]
    curator: User
    # Of each built release, what must never change.
    built: dict[int, tuple[Any, ...]]
    splits: dict[int, str]

    @initialize()
    def start(self) -> None:
        self.dataset = builders.dataset()
        self.readers = builders.person(), builders.person()
        self.curator = builders.person(Role.CURATOR)
        self.built, self.splits = {}, {}
        builders.accepted_stories(1, *self.readers)
        start_release(actor=SYSTEM, dataset=self.dataset, version="v0.1.0")
        self.worker_builds(breaks=False)

    def accepted(self) -> set[int]:
        return set(Stage.objects.filter(state="accepted").values_list("story_id", flat=True))

    def newest(self) -> Release | None:
        return Release.objects.order_by("-major", "-minor", "-patch").first()

    def stories_of(self, release: Release) -> set[int]:
        return set(release.items.values_list("story_id", flat=True))

    @rule(count=st.integers(1, 2))
    def stories_are_accepted(self, count: int) -> None:
        builders.accepted_stories(count, *self.readers)

    @precondition(lambda self: self.accepted())
    @rule(data=st.data())
    def a_story_leaves(self, data: st.DataObject) -> None:
        story = data.draw(st.sampled_from(sorted(self.accepted())))
        reader = self.readers[0]
        review = load_review(reader, Review.objects.get(story=story, reviewer=reader, kind="commit").pk)
        released = any(story in self.stories_of(release) for release in Release.objects.all())
        assert bool(can_withdraw(actor=reader, review=review)) != released, "what a release shows stays"
        if released:
            submission = parse_submission(builders.answers(1), review.rubric)
            words: dict[str, Any] = {"submission": submission, "reason": "Read again", "idempotency_key": uuid4()}
            revise(reviewer=reader, review=review, ask_curator=True, **words)
            assert story in self.accepted(), "a curator looks first"
            adjudicate(actor=self.curator, story=review.story, outcome="reject", note="I agree.")
        else:
            withdraw(reviewer=reader, review=review)
        assert story not in self.accepted()

    @rule(step=st.sampled_from(["major", "minor", "patch", "none"]), notes=st.sampled_from(["", "Titles corrected."]))
    def is_asked_for(self, step: str, notes: str) -> None:
        before, stories = self.newest(), self.accepted()
        major, minor, patch = before.number if before else Version(0, 0, 0)
        wanted = {
            "major": Version(major + 1, 0, 0),
            "minor": Version(major, minor + 1, 0),
            "patch": Version(major, minor, patch + 1),
            "none": Version(major, minor, patch),
        }[step]
        number = Release.objects.count()
        try:
            release = start_release(actor=SYSTEM, dataset=self.dataset, version=str(wanted), notes=notes)
        except Conflict:
            assert not stories or (before is not None and before.state != "built")
        except InvalidInput:
            assert before is not None
            known = self.stories_of(before)
            added, same = stories - known, stories == known
            assert step == "none" or (step == "patch" and added) or (same and not notes)
        else:
            assert stories
            if Release.objects.count() == number:
                assert release == before, "asked for twice, it is one"
                assert release.state == "pending"
            else:
                assert before is None or before.state == "built"
                known = self.stories_of(before) if before else set()
                assert before is None or step in {"major", "minor"} or (step == "patch" and not stories - known)
                assert stories != known or notes, "a version without a change says what it corrects"

    @precondition(lambda self: Release.objects.filter(state="pending").exists())
    @rule(breaks=st.sampled_from([False, False, True]))
    def a_worker_builds(self, breaks: bool) -> None:
        self.worker_builds(breaks=breaks)

    def worker_builds(self, *, breaks: bool) -> None:
        release, stories = Release.objects.get(state="pending"), self.accepted()
        frozen = self.stories_of(release)

        def progress(done: int) -> None:
            if breaks:
                raise ValueError("a broken row")

        try:
            release = build(release=release, progress=progress)
        except ExemplaError:
            release.refresh_from_db()
            assert release.state == "failed"
            assert release.error
            assert breaks or not stories
        else:
            assert release.state == "built"
            assert self.stories_of(release) == (frozen or stories), "as they were when it was frozen"
            rows = rows_by_split(release.manifest or {})["stories"]
            assert sum(rows.values()) == len(self.stories_of(release))
            self.built[release.pk] = self.facts(release)

    def facts(self, release: Release) -> tuple[Any, ...]:
        items = sorted(release.items.values_list("story_id", "decision_id", "split", "tier", "weight"))
        return (release.version, release.manifest_sha256, items, sorted(release.files.values_list("path", "blob_id")))

    @precondition(lambda self: Release.objects.filter(state="failed").exists())
    @rule()
    def is_retried(self) -> None:
        release = Release.objects.get(state="failed")
        assert retry(actor=SYSTEM, release=release).state == "pending"
        with pytest.raises(Conflict):
            retry(actor=SYSTEM, release=release)

    @invariant()
    def what_is_built_never_changes(self) -> None:
        for release in Release.objects.filter(pk__in=self.built):
            assert (release.state, self.facts(release)) == ("built", self.built[release.pk])

    @invariant()
    def nothing_unfinished_is_visible_and_only_the_newest_is_unfinished(self) -> None:
        unfinished = list(Release.objects.exclude(state="built"))
        assert not any(release.files.exists() for release in unfinished)
        assert unfinished in ([], [self.newest()])

    @invariant()
    def a_story_stays_in_its_split(self) -> None:
        for release in Release.objects.all():
            for story, split in release.items.values_list("story_id", "split"):
                assert self.splits.setdefault(story, split) == split


@pytest.mark.django_db
def test_versions_hold_in_any_order(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path / "home"

    class InTransaction(Versions):
        def __init__(self) -> None:
            self.block = transaction.atomic()
            self.block.__enter__()
            super().__init__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    run_state_machine_as_test(InTransaction, settings=SHORT)


SHORT = settings(max_examples=6, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
