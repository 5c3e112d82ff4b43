"""What a job hands to its judge and what it stores, and who starts failed jobs again."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pytest
from celery import current_app

from curation.accounts.models import Role
from curation.core.errors import NotAllowed
from curation.core.leases import Fatal
from curation.scoring.actions import create_jobs, ensure_embedded_judge, retry_failed, work
from curation.scoring.actions.jobs import finish, jobs_of, take_jobs
from curation.scoring.actions.work import SLICE
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.schema import ScoreDraft, StoryInput
from curation.stories.models import Stage
from curation.stories.stages import State
from tests.builders import checked_stories, default_rubric, person
from tests.integration.test_scoring_work import damaged_version
from tests.judging import llm_judge, started_run, take

pytestmark = pytest.mark.django_db
KEYS = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1"]


class Judge:
    """A judge that remembers what it was asked; it fails on Cursed and Hopeless stories, and forgets Lost ones."""

    def __init__(self) -> None:
        self.asked: list[list[StoryInput]] = []
        self.slots: set[int | None] = set()

    def score(self, stories: Sequence[StoryInput]) -> list[list[ScoreDraft]]:
        self.asked.append(list(stories))
        self.slots |= set(ScoreJob.objects.filter(state=JobState.LEASED).values_list("slot", flat=True))
        if any(story.title == "Cursed" for story in stories):
            raise ValueError("no\0 words " + "x" * 400)
        if any(story.title == "Hopeless" for story in stories):
            raise Fatal("never")
        return [
            [ScoreDraft(key, 1 + n / 4, n / 8, f"Because of {key}.", (story.text[:7],)) for n, key in enumerate(KEYS)]
            for story in stories
            if story.title != "Lost"
        ]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    made = Judge()
    # By its name the package gives the action `work`, not the module.
    module = import_module("curation.scoring.actions.work")
    monkeypatch.setattr(module, "load", lambda version: made)
    # This judge looks at jobs that only the test's own connection sees.
    monkeypatch.setattr(module, "giving_way", lambda function, *args: function(*args))
    return made


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that the worker was asked for."""
    tasks: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, **_options: tasks.append(task))
    return tasks


def test_a_judge_is_shown_the_story_and_all_that_it_says_is_stored(judge: Judge) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1, title="The lock", language="nl")
    assert work() == 1
    assert judge.asked == [[StoryInput(story.pk, story.text, "The lock", "nl")]]
    assert judge.slots == {1}, "under the slot that the worker holds, or its jobs could not be taken back"
    rows = Score.objects.filter(story=story, judge_version=version, sample=0).order_by("criterion__position")
    assert list(rows.values_list("criterion__key", "value", "standard_deviation", "rationale", "quotes")) == [
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
    assert (job.state, job.attempts, job.lease_until) == (JobState.PENDING, 1, None)
    assert job.last_error == ("ValueError: no words " + "x" * 400)[:299]
    assert "\0" not in job.last_error


def test_a_judge_that_answers_for_fewer_stories_than_it_was_given_is_not_believed(judge: Judge) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    (lost,) = checked_stories(1, title="Lost")
    (story,) = checked_stories(1)
    assert work() == 1
    assert set(Score.objects.values_list("story", flat=True)) == {story.pk}
    assert ScoreJob.objects.get(story=lost).last_error.startswith("ValueError: zip() argument 2 is shorter")


def test_answers_and_jobs_are_as_many() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    checked_stories(2)
    create_jobs()
    criteria = dict(version.rubric.criteria.values_list("key", "pk"))
    lease = take_jobs(slot=1, limit=2)
    assert lease is not None
    with pytest.raises(ValueError, match="shorter"):
        finish(lease=lease, jobs=jobs_of(lease), answers=[[]], criteria=criteria)
    assert not ScoreJob.objects.filter(state=JobState.DONE).exists()


def test_starting_again_is_for_failed_jobs_of_one_version_at_once_and_from_nothing(
    judge: Judge, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    (done, failed, waiting) = (checked_stories(1, title=title)[0] for title in ("", "Hopeless", "Cursed"))
    assert work() == 1
    jobs = {job.story_id: job for job in ScoreJob.objects.all()}
    later = jobs[waiting.pk].next_at
    assert (jobs[failed.pk].state, jobs[waiting.pk].state) == (JobState.FAILED, JobState.PENDING)
    woken.clear()
    with pytest.raises(NotAllowed, match="scoring"):
        retry_failed(actor=person(), version=version)
    other = JudgeVersion.objects.create(
        judge=version.judge,
        number=9,
        rubric=version.rubric,
        model="another",
        active=False,
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert retry_failed(actor=person(Role.CURATOR), version=other) == 0
    assert woken == []
    with django_capture_on_commit_callbacks(execute=True):
        assert retry_failed(actor=person(Role.CURATOR), version=version) == 1
    assert woken == ["scoring.run"]
    lease = take_jobs(slot=1, limit=9)
    assert lease is not None
    assert [job.story for job in jobs_of(lease)] == [failed.pk], "at once, and alone"
    jobs = {job.story_id: job for job in ScoreJob.objects.all()}
    assert jobs[done.pk].state == JobState.DONE
    assert (jobs[failed.pk].attempts, jobs[waiting.pk].attempts, jobs[waiting.pk].next_at) == (1, 1, later)


def test_a_version_is_stored_with_what_it_learnt_from_and_rings_the_worker(
    woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        version = damaged_version()
    assert woken == ["scoring.run"]
    version.refresh_from_db()
    assert (version.model, version.n_labels, version.calibration_status, version.parameters) == (
        "damaged",
        60,
        CalibrationStatus.PROVISIONAL,
        {},
    )
    assert (bytes(version.model_artifact or b""), version.model_artifact_sha256, version.active) == (
        b"damaged",
        "0" * 64,
        True,
    )


def test_a_worker_whose_time_is_up_wakes_the_next(woken: list[str], django_capture_on_commit_callbacks: Any) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(SLICE + 1)
    with django_capture_on_commit_callbacks(execute=True):
        assert work(seconds=0) == SLICE
    assert woken == ["scoring.run"]
    with django_capture_on_commit_callbacks(execute=True):
        assert work() == 1
    assert woken == ["scoring.run"]


def test_what_failed_in_a_run_is_not_started_again_besides_it() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    take(run).only([ScoreJob.objects.get().pk]).put_off(Fatal("It said nothing."), reason="It said nothing.")
    assert ScoreJob.objects.get().state == JobState.FAILED
    assert retry_failed(actor=person(Role.CURATOR), version=run.judge_version) == 0
