"""What a job hands to its judge and what it stores, and when a job is due again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from celery import current_app
from django.db import connection

from curation.accounts.models import Role
from curation.core.errors import NotAllowed
from curation.scoring.actions import create_jobs, ensure_embedded_judge, retry_failed, work
from curation.scoring.actions.jobs import LEASE_SECONDS, MOST_ERRORS, Lease, finish, free, lease, put_off
from curation.scoring.actions.work import SLICE
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.schema import ScoreDraft, StoryInput
from curation.stories.models import Stage
from curation.stories.stages import State
from tests.builders import checked_stories, default_rubric, person
from tests.integration.test_scoring_work import damaged_version

pytestmark = pytest.mark.django_db
KEYS = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1"]


class Judge:
    """A judge that remembers what it was asked, fails on a story called Cursed, and forgets one called Lost."""

    def __init__(self) -> None:
        self.asked: list[list[StoryInput]] = []
        self.slots: set[int | None] = set()

    def score(self, stories: Sequence[StoryInput]) -> list[list[ScoreDraft]]:
        self.asked.append(list(stories))
        self.slots |= set(ScoreJob.objects.filter(state=JobState.LEASED).values_list("slot", flat=True))
        if any(story.title == "Cursed" for story in stories):
            raise ValueError("no\0 words " + "x" * 400)
        return [
            [ScoreDraft(key, 1 + n / 4, n / 8, f"Because of {key}.", (story.text[:7],)) for n, key in enumerate(KEYS)]
            for story in stories
            if story.title != "Lost"
        ]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    made = Judge()
    # By its name the package gives the action `work`, not the module.
    monkeypatch.setattr(import_module("curation.scoring.actions.work"), "load", lambda version: made)
    return made


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that the worker was asked for."""
    tasks: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, **_options: tasks.append(task))
    return tasks


def now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
        return at


def leased() -> Lease:
    (one,) = lease(slot=1, limit=1)
    return one


def test_a_judge_is_shown_the_story_and_all_that_it_says_is_stored(judge: Judge) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1, title="The lock", language="nl")
    assert work() == 1
    assert judge.asked == [[StoryInput(story.pk, story.text, "The lock", "nl")]]
    assert judge.slots == {1}, "under the slot that the worker holds, or its jobs could not be taken back"
    rows = Score.objects.filter(story=story, judge_version=version, sample=0).order_by("criterion__position")
    assert list(rows.values_list("criterion__key", "value", "spread", "rationale", "quotes")) == [
        (key, 1 + n / 4, n / 8, f"Because of {key}.", [story.text[:7]]) for n, key in enumerate(KEYS)
    ]


def test_a_story_that_its_judge_fails_on_spoils_no_other(judge: Judge) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    good, other = checked_stories(2)
    (cursed,) = checked_stories(1, title="Cursed")
    assert work() == 2
    assert [len(stories) for stories in judge.asked] == [3, 1, 1, 1]
    assert set(Score.objects.values_list("story", flat=True)) == {good.pk, other.pk}
    assert Stage.objects.get(story=cursed).state == State.CHECKED
    job = ScoreJob.objects.get(story=cursed)
    assert (job.state, job.attempts, job.slot, job.lease_until) == (JobState.PENDING, 1, None, None)
    assert job.last_error == ("ValueError: no words " + "x" * 400)[:299]
    assert "\0" not in job.last_error


def test_a_judge_that_answers_for_fewer_stories_than_it_was_given_is_not_believed(judge: Judge) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    (lost,) = checked_stories(1, title="Lost")
    (story,) = checked_stories(1)
    assert work() == 1
    assert set(Score.objects.values_list("story", flat=True)) == {story.pk}
    assert ScoreJob.objects.get(story=lost).last_error.startswith("ValueError: zip() argument 2 is shorter")


def test_a_job_in_hand_is_its_holders_for_a_minute_and_the_oldest_comes_first() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    first, second, third = checked_stories(3)
    create_jobs()
    ScoreJob.objects.filter(story=third).update(next_at="2000-01-01T00:00:00Z")
    ScoreJob.objects.filter(story=first).update(next_at=now() + timedelta(days=1))
    before = now()
    assert leased().story == third.pk
    job, after = ScoreJob.objects.get(story=third), now()
    assert job.lease_until is not None
    assert before <= job.lease_until - timedelta(seconds=LEASE_SECONDS) <= after
    assert (job.state, job.slot, job.token, job.attempts) == (JobState.LEASED, 1, 1, 1)
    assert leased().story == second.pk
    assert lease(slot=1, limit=9) == [], "the first is not due yet"
    assert free(slot=2) == 0
    assert free(slot=1) == 2


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (11, 256)])
def test_what_fails_comes_back_twice_as_late_each_time(
    attempts: int, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curation.scoring.actions.jobs.MOST_ERRORS", 12)
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(1)
    create_jobs()
    ScoreJob.objects.update(attempts=attempts - 1)
    one, before = leased(), now()
    put_off(lease=one, error=ValueError("no"))
    job = ScoreJob.objects.get()
    assert before <= job.next_at - timedelta(seconds=seconds) <= now()
    assert (job.state, job.last_error, job.slot, job.lease_until) == (JobState.PENDING, "ValueError: no", None, None)


def test_only_the_newest_lease_puts_a_job_off() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(1)
    create_jobs()
    lost = leased()
    free(slot=1)
    leased()
    put_off(lease=lost, error=ValueError("no"))
    assert (ScoreJob.objects.get().state, "stopped" in ScoreJob.objects.get().last_error) == (JobState.LEASED, True)


def test_answers_and_jobs_are_as_many() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    checked_stories(2)
    create_jobs()
    criteria = dict(version.rubric.criteria.values_list("key", "pk"))
    with pytest.raises(ValueError, match="shorter"):
        finish(leases=lease(slot=1, limit=2), answers=[[]], criteria=criteria)
    assert not ScoreJob.objects.filter(state=JobState.DONE).exists()


def test_starting_again_is_for_failed_jobs_of_one_version_at_once_and_from_nothing(
    rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    done, failed, waiting = checked_stories(3)
    create_jobs()
    later = now() + timedelta(days=1)
    ScoreJob.objects.filter(story=done).update(state=JobState.DONE)
    ScoreJob.objects.filter(story=failed).update(state=JobState.FAILED, attempts=MOST_ERRORS, next_at=later)
    ScoreJob.objects.filter(story=waiting).update(attempts=2, next_at=later)
    with pytest.raises(NotAllowed, match=r"^Curators and admins can start failed scoring again\. Ask one of them\.$"):
        retry_failed(actor=person(), version=version)
    other = JudgeVersion.objects.create(
        judge=version.judge,
        number=9,
        rubric=version.rubric,
        model="another",
        calibration_status=version.calibration_status,
        active=False,
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert retry_failed(actor=person(Role.CURATOR), version=other) == 0
    assert rung == []
    with django_capture_on_commit_callbacks(execute=True):
        assert retry_failed(actor=person(Role.CURATOR), version=version) == 1
    assert rung == ["scoring.run"]
    assert leased().story == failed.pk
    jobs = {job.story_id: job for job in ScoreJob.objects.all()}
    assert jobs[done.pk].state == JobState.DONE
    assert (jobs[failed.pk].attempts, jobs[waiting.pk].attempts, jobs[waiting.pk].next_at) == (1, 2, later)


def test_a_version_is_stored_with_what_it_learnt_from_and_rings_the_worker(
    rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        version = damaged_version()
    assert rung == ["scoring.run"]
    version.refresh_from_db()
    assert (version.model, version.n_labels, version.calibration_status, version.parameters) == (
        "damaged",
        60,
        CalibrationStatus.PROVISIONAL,
        {},
    )
    assert (bytes(version.artefact or b""), version.artefact_sha256, version.active) == (b"damaged", "0" * 64, True)


def test_a_worker_whose_time_is_up_rings_for_the_next(rung: list[str], django_capture_on_commit_callbacks: Any) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(SLICE + 1)
    with django_capture_on_commit_callbacks(execute=True):
        assert work(seconds=0) == SLICE
    assert rung == ["scoring.run"]
    with django_capture_on_commit_callbacks(execute=True):
        assert work() == 1
    assert rung == ["scoring.run"]
