"""Scoring jobs: every story ends with one score per criterion, whoever is killed and however many work at once."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core.errors import NotAllowed
from curation.core.leases import LeaseLost
from curation.core.locks import SCORING_SLOT, try_lock
from curation.scoring.actions import (
    adopt,
    create_jobs,
    creating,
    ensure_embedded_judge,
    make_due,
    prepare,
    retry_failed,
    work,
)
from curation.scoring.actions.jobs import WARY, finish, free, jobs_of, take_jobs
from curation.scoring.actions.work import SLOTS, held_slot
from curation.scoring.judges import CountingScorer, load
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.queries import failed_jobs, progress, retrying_jobs, stalled
from curation.scoring.schema import StoryInput
from curation.scoring.values import scores_for_story, scores_of
from curation.standards.models import Rubric
from curation.stories.actions import advance
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import add_story, checked_stories, default_rubric, person, queue_of, run_out, scored_stories
from tests.plans import rows_read, steps_of

pytestmark = pytest.mark.django_db
STORIES = 150


def due_now() -> None:
    """Let what was put off be due, as time would."""
    ScoreJob.objects.update(next_at="2000-01-01T00:00:00Z")


def taken(*, slot: int) -> list[int]:
    """Take up to ten jobs, and return their ids."""
    lease = take_jobs(slot=slot, limit=10)
    return lease.ids if lease else []


def damaged_version() -> JudgeVersion:
    """A version whose artifact is not the one that was stored: every story meets an error."""
    return adopt(
        rubric=default_rubric(),
        model="damaged",
        calibration_status=CalibrationStatus.PROVISIONAL,
        n_labels=60,
        parameters={},
        model_artifact=b"damaged",
        model_artifact_sha256="0" * 64,
    )


def test_the_first_version_is_made_once_and_is_frozen() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    assert ensure_embedded_judge(rubric=default_rubric()) == version
    assert (version.number, version.model, version.calibration_status, version.rubric.frozen_at is None) == (
        1,
        "word counts 1",
        CalibrationStatus.UNCALIBRATED,
        True,
    )
    version.rubric.refresh_from_db()
    assert version.rubric.frozen_at is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        JudgeVersion.objects.filter(pk=version.pk).update(model="another")


def test_a_version_is_numbered_in_its_judge_and_recorded_with_what_it_was_made_from() -> None:
    first = ensure_embedded_judge(rubric=default_rubric())
    short = Rubric.objects.create(name="Short form", version=1)
    other = ensure_embedded_judge(rubric=short)
    assert ensure_embedded_judge(rubric=short) == other != first
    second = damaged_version()
    assert [version.number for version in (first, other, second)] == [1, 2, 3]
    assert set(JudgeVersion.objects.filter(active=True)) == {other, second}
    entry = Entry.objects.filter(verb="judge_version.activated").latest("id")
    assert entry.data == {
        "rubric": str(default_rubric()), "calibration_status": "provisional", "n_labels": 60, "sha256": "0" * 64,
    }  # fmt: skip


def test_the_rubric_in_use_gets_a_scorer_whatever_others_have() -> None:
    queue_of()
    ensure_embedded_judge(rubric=Rubric.objects.create(name="Short form", version=1))
    checked_stories(1)
    prepare()
    assert JudgeVersion.objects.filter(rubric=default_rubric(), active=True).exists()


def test_checked_stories_are_scored_once_and_move_on() -> None:
    default_rubric()
    stories = checked_stories(40)
    assert work() == 40
    assert work() == 0
    assert Score.objects.count() == 400
    assert set(Stage.objects.values_list("state", flat=True)) == {State.SCORED}
    assert not ScoreJob.objects.filter(done_at__isnull=True).exists()
    (state,) = progress()
    assert (state.done, state.total, state.open) == (40, 40, 0)
    shown = scores_for_story(stories[0].pk, default_rubric())
    assert [score.key for score in shown] == ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1"]
    assert {score.calibration_status for score in shown} == {CalibrationStatus.UNCALIBRATED}
    scores = scores_of([stories[1].pk], default_rubric(), state.version.judge)
    assert set(scores[stories[1].pk]) == {score.key for score in shown}


def test_nothing_is_installed_or_frozen_while_there_is_nothing_to_score() -> None:
    assert work() == 0
    assert default_rubric().frozen_at is None
    assert work() == 0
    assert not JudgeVersion.objects.exists()


def test_stored_and_blocked_stories_wait() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1)
    Stage.objects.update(state=State.BLOCKED)
    assert work() == 0
    add_story()
    assert create_jobs(everywhere=True) == 0
    advance(stories=[story.pk], to=State.CHECKED)
    assert work() == 1


def test_jobs_are_looked_for_by_their_story_whatever_is_known_of_the_table() -> None:
    """By their version, each story would have the database look through the jobs of all."""
    default_rubric()
    checked_stories(STORIES)
    prepare()
    assert ScoreJob.objects.count() == STORIES
    tables = ("stories_stage", "scoring_scorejob", "scoring_judgeversion", "scoring_judge")
    for steps in steps_of(create_jobs, "scoring_scorejob", *tables):
        assert STORIES < rows_read(steps) < 20 * STORIES


@pytest.mark.parametrize("column", ["story_id", "judge_version_id", "criterion_id"])
def test_a_score_is_of_a_story_a_version_and_a_criterion_that_are_there(column: str) -> None:
    scored_stories(1)
    scores = list(Score.objects.all())
    for sample, score in enumerate(scores, start=1):
        score.pk, score.sample = None, sample
    setattr(scores[-1], column, 987_654)
    # What a foreign key refuses, it refuses at the end.
    with pytest.raises(IntegrityError), transaction.atomic(), constraints_at_once():
        Score.objects.bulk_create(scores)
    assert Score.objects.count() == len(scores)


@contextmanager
def constraints_at_once() -> Iterator[None]:
    """Have what is refused at the end of a transaction be refused at the end of this block."""
    yield
    connection.check_constraints()


def test_a_story_that_went_to_review_first_is_scored_at_once_or_found_by_the_sweep() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    story, missed = checked_stories(2)
    advance(stories=[story.pk, missed.pk], to=State.QUEUED)
    Stage.objects.filter(story=missed).update(changed_at=Now() - timedelta(hours=1))
    assert work() == 1
    assert ScoreJob.objects.get().story_id == story.pk
    assert create_jobs(everywhere=True) == 1
    assert work() == 1
    assert set(Stage.objects.values_list("state", flat=True)) == {State.QUEUED}


def test_a_new_version_scores_again_a_few_stories_a_second_and_those_first_that_may_be_queued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(creating, "SCORED_AGAIN_A_SECOND", 0.02)
    default_rubric()
    queued = [story.pk for story in checked_stories(3)]
    free = [story.pk for story in checked_stories(2)]
    assert work() == 5
    advance(stories=queued, to=State.QUEUED)
    version = damaged_version()
    (new,) = checked_stories(1)
    create_jobs()
    jobs = ScoreJob.objects.filter(judge_version=version).order_by("next_at", "story_id")
    begins = {job.story_id: job.next_at - job.created_at for job in jobs}
    assert begins.pop(new.pk) == timedelta(0)
    assert list(begins) == [*free, *queued]
    assert [wait.total_seconds() for wait in begins.values()] == [0, 50, 100, 150, 200]
    assert make_due() == 4
    assert len(taken(slot=1)) == 6


def test_a_lost_lease_stores_and_closes_nothing() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1)
    create_jobs()
    lost = take_jobs(slot=1, limit=10)
    assert lost is not None
    jobs = jobs_of(lost)
    assert free(slot=1) == 1
    newer = take_jobs(slot=2, limit=10)
    assert newer is not None
    criteria = dict(version.rubric.criteria.values_list("key", "pk"))
    answers = load(version.pk).score([StoryInput(id=story.pk, text=story.text)])
    with pytest.raises(LeaseLost):
        finish(lease=lost, jobs=jobs, answers=answers, criteria=criteria)
    assert not Score.objects.exists()
    assert ScoreJob.objects.get().state == "leased"
    finish(lease=newer, jobs=jobs, answers=answers, criteria=criteria)
    assert ScoreJob.objects.get().state == "done"
    assert Score.objects.count() == 10


def test_an_expired_lease_is_taken_back_whoever_held_it() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(1)
    create_jobs()
    lease = take_jobs(slot=2, limit=1)
    assert lease is not None
    assert free(slot=1) == 0
    run_out(lease)
    assert free(slot=1) == 1


def test_what_a_worker_in_any_slot_left_behind_is_taken_up_at_once_and_what_one_holds_is_left() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(2)
    create_jobs()
    lease = take_jobs(slot=2, limit=1)
    assert lease is not None
    with ThreadPoolExecutor(1) as other_worker:
        slot = try_lock(SCORING_SLOT, 2)
        assert other_worker.submit(slot.__enter__).result()
        assert work() == 1
        assert ScoreJob.objects.get(state="leased").pk == lease.ids[0]
        other_worker.submit(slot.__exit__, None, None, None).result()
        other_worker.submit(lambda: connection.close()).result()
    assert work() == 1


def test_a_job_that_stops_its_workers_is_leased_alone_and_given_up_in_the_end() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(3)
    create_jobs()
    for _ in range(WARY):
        assert len(taken(slot=1)) == 3
        free(slot=1)
    assert len(taken(slot=1)) == 1
    free(slot=1)
    ScoreJob.objects.update(attempts=ScoreJob.terms.most_stops - 1)
    taken(slot=1)
    free(slot=1)
    (failed,) = failed_jobs()
    assert failed.last_error == f"The worker stopped while scoring this story ({ScoreJob.terms.most_stops} times)."


def test_errors_are_retried_later_then_shown_and_a_curator_can_start_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    checked_stories(2)
    monkeypatch.setattr(CountingScorer, "score", lambda *_: (_ for _ in ()).throw(ValueError("no answer today")))
    assert work() == 0
    waits = ScoreJob.objects.filter(state="pending", next_at__gt=Now()).values_list("next_at", flat=True)
    assert len(set(waits)) == 2, "each for a time of its own"
    assert "no answer today" in retrying_jobs()[0].last_error
    for _ in range(ScoreJob.terms.most_errors - 1):
        due_now()
        work()
    assert [job.state for job in failed_jobs()] == ["failed", "failed"]
    assert "no answer today" in failed_jobs()[0].last_error
    assert set(Stage.objects.values_list("state", flat=True)) == {State.CHECKED}
    with pytest.raises(NotAllowed):
        retry_failed(actor=person(), version=version)
    curator = person(Role.CURATOR)
    assert retry_failed(actor=curator, version=version) == 2
    assert Entry.objects.filter(verb="scoring.retried", actor=curator, data__jobs=2).exists()
    assert not failed_jobs()


def test_what_trying_again_cannot_mend_has_failed_at_once() -> None:
    damaged_version()
    checked_stories(2)
    assert work() == 0
    assert [(job.state, job.attempts) for job in failed_jobs()] == [("failed", 1), ("failed", 1)]
    assert "does not match its checksum" in failed_jobs()[0].last_error


def test_a_new_version_scores_undecided_stories_again_and_drops_old_work() -> None:
    old, decided, _waiting = scored_stories(3)
    advance(stories=[decided.pk], to=State.QUEUED)
    advance(stories=[decided.pk], to=State.ACCEPTED)
    checked_stories(1)
    create_jobs()
    done = set(ScoreJob.objects.filter(state="done").values_list("pk", flat=True))
    version = damaged_version()
    assert set(ScoreJob.objects.filter(judge_version__active=False).values_list("pk", flat=True)) == done
    assert len(done) == 3
    wanted = ScoreJob.objects.filter(judge_version=version).values_list("story", flat=True)
    assert old.pk in wanted
    assert decided.pk not in wanted
    assert len(wanted) == 3
    assert JudgeVersion.objects.filter(active=True).count() == 1


def test_the_watch_notices_work_that_nobody_takes_up() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    checked_stories(1)
    create_jobs()
    assert not stalled()
    due_now()
    assert stalled()
    work()
    assert not stalled()


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_score_every_story_once() -> None:
    default_rubric()
    checked_stories(150)
    results: list[int | None] = []

    def one() -> None:
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while work():
        pass
    assert Counter(Score.objects.values_list("story", flat=True)) == dict.fromkeys(
        Story.objects.values_list("pk", flat=True), 10
    )
    assert not ScoreJob.objects.exclude(state="done").exists()
    assert JudgeVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_beyond_the_slots_leave_at_once() -> None:
    taken: list[int | None] = []
    leave, ready = threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        try:
            with held_slot() as slot:
                taken.append(slot)
                ready.release()
                leave.wait(10)
        finally:
            connection.close()

    threads = [threading.Thread(target=hold) for _ in range(SLOTS)]
    for thread in threads:
        thread.start()
        ready.acquire(timeout=10)
    assert work() is None
    leave.set()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, taken)) == list(range(1, SLOTS + 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [SCORING_SLOT])
        assert cursor.fetchone() == (0,)
