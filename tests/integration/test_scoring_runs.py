"""Runs: nothing is asked and nothing paid before somebody has seen an estimate and set a budget."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from curation.accounts.models import Role
from curation.audit.models import Entry
from curation.core import leases
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.core.leases import LeaseLost
from curation.llm.actions import create_provider, set_price
from curation.scoring.actions import (
    add_version,
    adopt,
    cancel_run,
    clear_cancelled,
    create_jobs,
    ensure_embedded_judge,
    estimate_run,
    finish_runs,
    make_due,
    move_on,
    pause_run,
    prepare,
    rerun_failed,
    resume_run,
    retire_judge,
    start_run,
    stop_run,
    work,
)
from curation.scoring.models import Judge, JudgeAnswer, JudgeVersion, Score, ScoreJob, ScoreRun
from curation.scoring.models.judge import CalibrationStatus
from curation.scoring.models.run import PausedBy
from curation.scoring.queries import awaiting_scores, failed_in, progress, run_progress, stalled
from curation.scoring.values import scores_of
from curation.standards.queries import current_constitution
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import checked_stories, default_rubric, person, scored_stories
from tests.judging import answer_all, estimated_run, kept, llm_judge, provider, settled, started_run, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that the worker was asked for."""
    tasks: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, **_options: tasks.append(task))
    return tasks


def state_of(run: ScoreRun) -> str:
    run.refresh_from_db()
    return str(run.state)


def jobs_of(run: ScoreRun) -> list[tuple[int, int, str]]:
    rows = ScoreJob.objects.filter(run=run).order_by("pk")
    return list(rows.values_list("story_id", "sample", "state"))


def test_a_judge_that_is_at_work_asks_nothing_by_itself() -> None:
    llm_judge(samples=2)
    stories = checked_stories(2)
    assert work() == 2
    assert create_jobs(everywhere=True) == 0
    versions = set(ScoreJob.objects.values_list("judge_version__judge__kind", flat=True))
    assert versions == {"embedded"}, "the embedded scorer scores all the same"
    assert set(Stage.objects.filter(story__in=stories).values_list("state", flat=True)) == {State.SCORED}


def test_the_rubric_in_use_has_its_embedded_scorer_whatever_other_judges_there_are() -> None:
    rubric = llm_judge().rubric
    mixed = Judge.objects.create(key="mixed", name="Mixed", kind="ensemble")
    JudgeVersion.objects.create(judge=mixed, number=1, rubric=rubric, model="mean")
    checked_stories(1)
    prepare()
    assert JudgeVersion.objects.filter(judge__kind="embedded", active=True).exists()


def test_the_database_takes_no_paid_job_outside_a_run_and_lets_none_be_taken_before_it_is_running() -> None:
    version, other, stories = llm_judge(), llm_judge(), checked_stories(2)
    with pytest.raises(IntegrityError, match="paid_only_in_runs"), transaction.atomic():
        ScoreJob.objects.create(story=stories[0], judge_version=version)
    run = started_run(version, stories)
    with pytest.raises(IntegrityError, match="paid_only_in_runs"), transaction.atomic():
        ScoreJob.objects.create(story=stories[0], judge_version=other, run=run)
    free = ensure_embedded_judge(rubric=default_rubric())
    with pytest.raises(IntegrityError, match="paid_only_in_runs"), transaction.atomic():
        ScoreJob.objects.create(story=stories[0], judge_version=free, run=run, sample=1)
    pause_run(actor=person(Role.CURATOR), run=run)
    with pytest.raises(IntegrityError, match="leased_only_while_running"), transaction.atomic():
        leases.take(ScoreJob, among=Q(run=run))
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoreRun.objects.filter(pk=run.pk).update(budget=None, state="running", paused_by="")


def test_an_estimate_counts_what_is_left_to_buy_and_what_it_costs() -> None:
    version, stories = llm_judge(samples=3), checked_stories(4)
    done = started_run(version, stories[:1])
    answer_all(done)
    run = estimated_run(version, stories)
    assert (run.state, run.stories, run.total, run.sampled) == ("estimated", 4, 9, 4)
    assert run.estimated_output_tokens == 9 * 50, "as its answers were so far"
    tokens = run.estimated_input_tokens
    assert tokens > 9 * 500, "the rubric is read with every story"
    assert run.estimated_micro_usd == tokens * 1 + 9 * 50 * 2
    assert not ScoreJob.objects.filter(run=run).exists()


def test_what_is_the_same_for_all_stories_is_written_to_the_cache_once_where_there_is_one() -> None:
    anthropic = create_provider(actor=person(Role.ADMIN), name="Anthropic", kind="anthropic", key="k" * 20)
    version = llm_judge(provider=anthropic, model="claude-sonnet-4-5")
    run = estimated_run(version, checked_stories(3))
    whole = estimated_run(llm_judge(), Story.objects.all())
    assert run.estimated_cached_tokens > run.estimated_input_tokens
    assert run.estimated_input_tokens + run.estimated_cached_tokens == whole.estimated_input_tokens
    assert run.estimated_micro_usd


def test_a_run_whose_price_is_not_known_is_not_started() -> None:
    version, stories = llm_judge(model="no-such-model"), checked_stories(1)
    run = estimated_run(version, stories)
    assert run.estimated_micro_usd is None
    curator = person(Role.CURATOR)
    with pytest.raises(Conflict, match="set a price"):
        start_run(actor=curator, run=run, stories=Story.objects.all(), limit_micro_usd=10)
    assert state_of(run) == "estimated"
    assert not ScoreJob.objects.exists()


def test_a_run_has_one_job_per_story_and_sample_the_first_samples_first(
    rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    version, stories = llm_judge(samples=2), checked_stories(2)
    rung.clear()
    with django_capture_on_commit_callbacks(execute=True):
        run = started_run(version, stories)
    one, two = (story.pk for story in stories)
    assert jobs_of(run) == [(one, 0, "pending"), (two, 0, "pending"), (one, 1, "pending"), (two, 1, "pending")]
    assert rung == ["judging.run"]
    assert run.budget is not None
    assert (run.total, run.budget.limit_micro_usd, run.budget.purpose) == (4, 5_000_000, str(run))
    entry = Entry.objects.get(verb="score_run.started")
    assert (entry.target_id, entry.data["count"], entry.data["limit_micro_usd"]) == (str(run.pk), 4, 5_000_000)


def test_only_what_no_run_has_bought_or_is_about_to_buy_is_bought() -> None:
    version, stories = llm_judge(), checked_stories(3)
    first = started_run(version, stories[:1])
    answer_all(first)
    open_still = started_run(version, stories[1:2])
    run = started_run(version, stories)
    assert jobs_of(run) == [(stories[2].pk, 0, "pending")]
    with pytest.raises(InvalidInput, match="already"):
        estimated_run(version, stories)
    cancel_run(actor=person(Role.CURATOR), run=open_still)
    again = started_run(version, stories)
    assert jobs_of(again) == [(stories[1].pk, 0, "pending")]


def test_a_run_is_for_curators_over_some_story_with_a_judge_that_is_at_work() -> None:
    version, stories = llm_judge(), checked_stories(1)
    everything = Story.objects.all()
    none_left = estimated_run(version, stories)
    with pytest.raises(Conflict, match="already"):
        start_run(actor=person(Role.CURATOR), run=none_left, stories=Story.objects.none(), limit_micro_usd=1)
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        with pytest.raises(NotAllowed):
            estimate_run(actor=person(role), version=version, stories=everything)
    curator = person(Role.CURATOR)
    with pytest.raises(InvalidInput, match="No story"):
        estimate_run(actor=curator, version=version, stories=Story.objects.none())
    free = ensure_embedded_judge(rubric=default_rubric())
    with pytest.raises(InvalidInput, match="costs nothing"):
        estimate_run(actor=curator, version=free, stories=everything)
    run = estimated_run(version, stories)
    with pytest.raises(NotAllowed):
        start_run(actor=person(), run=run, stories=everything, limit_micro_usd=1)
    with pytest.raises(InvalidInput, match="below zero"):
        start_run(actor=curator, run=run, stories=everything, limit_micro_usd=-1)
    for act in (pause_run, cancel_run, resume_run, rerun_failed):
        with pytest.raises(NotAllowed):
            act(actor=person(), run=run)
    retire_judge(actor=curator, judge=version.judge)
    version.refresh_from_db()
    with pytest.raises(Conflict, match="newer version"):
        estimate_run(actor=curator, version=version, stories=everything)


def test_a_run_is_paused_goes_on_with_more_money_and_ends_for_good() -> None:
    curator, run = person(Role.CURATOR), started_run(llm_judge(), checked_stories(3))
    with pytest.raises(Conflict, match="seen to this"):
        resume_run(actor=curator, run=run)
    pause_run(actor=curator, run=run)
    run.refresh_from_db()
    assert (run.state, run.paused_by) == ("paused", "person")
    with pytest.raises(Conflict):
        pause_run(actor=curator, run=run)
    with pytest.raises(Conflict):
        start_run(actor=curator, run=run, stories=Story.objects.all(), limit_micro_usd=1)
    resume_run(actor=curator, run=run, limit_micro_usd=7_000_000)
    run.refresh_from_db()
    assert run.budget is not None
    assert (run.state, run.paused_by, run.budget.limit_micro_usd) == ("running", "", 7_000_000)
    lease = take(run, limit=1)
    cancel_run(actor=curator, run=run)
    assert clear_cancelled() == 2
    settled(run, lease, kept(run, lease))
    assert state_of(run) == "cancelled"
    assert [state for _story, _sample, state in jobs_of(run)] == ["done"], "what was paid for is stored"
    for act in (pause_run, cancel_run, resume_run, rerun_failed):
        with pytest.raises(Conflict):
            act(actor=curator, run=run)
    verbs = Entry.objects.filter(verb__startswith="score_run.").order_by("pk").values_list("verb", flat=True)
    assert [verb.partition(".")[2] for verb in verbs] == ["started", "paused", "resumed", "cancelled"]


def test_a_run_that_cannot_go_on_says_why_and_is_stopped_once() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    assert stop_run(run=run, by=PausedBy.BUDGET, note="The next call could cost more than is left.")
    assert not stop_run(run=run, by=PausedBy.PROVIDER, note="Another worker saw something else.")
    run.refresh_from_db()
    assert (run.state, run.paused_by, run.note) == (
        "paused", "budget", "The next call could cost more than is left.",
    )  # fmt: skip
    resume_run(actor=person(Role.CURATOR), run=run)
    run.refresh_from_db()
    assert (run.state, run.note) == ("running", "")


def test_a_run_is_done_once_nothing_is_left_to_ask_and_what_failed_can_be_asked_again() -> None:
    run = started_run(llm_judge(), checked_stories(2))
    lease = take(run, limit=1)
    lease.put_off(leases.Fatal("The answer was cut off."), reason="The answer was cut off.")
    assert finish_runs() == 0
    answer_all(run)
    assert finish_runs() == 1
    run.refresh_from_db()
    assert (run.state, run.ended_at is None) == ("done", False)
    (failed,) = failed_in(run)
    assert failed.last_error == "The answer was cut off."
    found = run_progress(run)
    assert (found.done, found.failed, found.over, found.total) == (1, 1, 2, 2)
    assert rerun_failed(actor=person(Role.CURATOR), run=run) == 1
    run.refresh_from_db()
    assert (run.state, run.ended_at) == ("running", None)
    answer_all(run)
    assert rerun_failed(actor=person(Role.CURATOR), run=run) == 0
    assert finish_runs() == 1


def test_a_paused_run_is_done_too_once_the_answers_on_their_way_were_the_last() -> None:
    run = started_run(llm_judge(), checked_stories(2))
    lease = take(run, limit=1)
    assert stop_run(run=run, by=PausedBy.BUDGET, note="The next call could cost more than is left.")
    settled(run, lease, kept(run, lease))
    assert finish_runs() == 0, "one was never asked"
    run.refresh_from_db()
    resume_run(actor=person(Role.CURATOR), run=run)
    lease = take(run)
    pause_run(actor=person(Role.CURATOR), run=run)
    settled(run, lease, kept(run, lease))
    assert finish_runs() == 1
    run.refresh_from_db()
    assert (run.state, run.paused_by, run.note) == ("done", "", "")


def test_a_run_tells_how_fast_it_is_and_how_long_it_takes() -> None:
    run = started_run(llm_judge(), checked_stories(4))
    assert run_progress(run).time_left is None
    lease = take(run, limit=3)
    settled(run, lease, kept(run, lease))
    ScoreRun.objects.filter(pk=run.pk).update(started_at=Now() - timedelta(minutes=1))
    run.refresh_from_db()
    found = run_progress(run)
    assert found.a_minute == pytest.approx(3, rel=0.05)
    assert found.time_left is not None
    assert found.time_left.total_seconds() == pytest.approx(20, rel=0.05)
    ScoreJob.objects.filter(run=run).update(done_at=Now() - timedelta(minutes=9))
    assert run_progress(run).a_minute is None


def test_a_story_moves_on_when_the_last_judge_is_through_with_it() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1)
    run = started_run(llm_judge(samples=2), [story])
    assert awaiting_scores(Story.objects.all()).exists()
    assert work() == 1
    assert Stage.objects.get().state == State.CHECKED, "another judge is to score it"
    lease = take(run, limit=1)
    settled(run, lease, kept(run, lease))
    assert Stage.objects.get().state == State.CHECKED
    answer_all(run)
    assert Stage.objects.get().state == State.SCORED
    assert not awaiting_scores(Story.objects.all()).exists()


def test_the_first_judge_does_not_move_a_story_on_whichever_it_is() -> None:
    ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1)
    create_jobs()
    answer_all(started_run(llm_judge(), [story]))
    assert Stage.objects.get().state == State.CHECKED
    assert work() == 1
    assert Stage.objects.get().state == State.SCORED


@pytest.mark.parametrize("act", ["pause", "cancel", "fail"])
def test_a_run_that_stops_keeps_no_story_back(act: str) -> None:
    ensure_embedded_judge(rubric=default_rubric())
    (story,) = checked_stories(1)
    run = started_run(llm_judge(), [story])
    assert work() == 1
    curator = person(Role.CURATOR)
    if act == "pause":
        pause_run(actor=curator, run=run)
    elif act == "cancel":
        cancel_run(actor=curator, run=run)
        assert clear_cancelled() == 1
    else:
        take(run).put_off(leases.Fatal("no"), reason="no")
        assert move_on() == 1
    assert Stage.objects.get().state == State.SCORED
    assert not awaiting_scores(Story.objects.all()).exists()


def test_the_embedded_scorer_does_not_touch_what_waits_in_runs() -> None:
    (story,) = scored_stories(1)
    run = started_run(llm_judge(), [story])
    ScoreJob.objects.filter(run=run).update(next_at="2000-01-01T00:00:00Z")
    assert work() == 0
    assert make_due() == 0
    assert not stalled(), "a run that waits wakes nobody"
    assert [one.version.judge.kind for one in progress()] == ["embedded"]
    adopt(
        rubric=default_rubric(), model="damaged", calibration_status=CalibrationStatus.PROVISIONAL, n_labels=60,
        parameters={}, model_artifact=b"damaged", model_artifact_sha256="0" * 64,
    )  # fmt: skip
    assert jobs_of(run) == [(story.pk, 0, "pending")]


def test_a_new_version_leaves_the_runs_of_the_one_before() -> None:
    version, stories = llm_judge(), checked_stories(1)
    run = started_run(version, stories)
    newer = add_version(
        actor=person(Role.CURATOR), judge=version.judge, rubric=version.rubric, provider=provider(), model="practice-2",
        constitution=current_constitution(),
    )  # fmt: skip
    version.refresh_from_db()
    assert (version.active, newer.active, newer.number) == (False, True, 2)
    answer_all(run)
    assert Score.objects.filter(judge_version=version).count() == 10
    assert scores_of([stories[0].pk], version.rubric, version.judge)


def test_an_answer_is_kept_even_when_its_job_went_to_another_worker() -> None:
    run = started_run(llm_judge(), checked_stories(1))
    lease = take(run)
    lease.update(lease_until="2020-01-01T00:00Z")
    leases.reclaim(ScoreJob)
    newer = take(run)
    late = kept(run, lease)
    with pytest.raises(LeaseLost), lease.storing():
        pass
    settled(run, lease, late)
    assert jobs_of(run)[0][2] == "leased", "it is the other one's to close"
    settled(run, newer, kept(run, newer))
    assert jobs_of(run)[0][2] == "done"
    assert list(JudgeAnswer.objects.order_by("pk").values_list("attempt", flat=True)) == [1, 2]
    assert Score.objects.filter(judge_version=run.judge_version).count() == 10, "one score set"


def test_a_price_set_later_counts_for_the_next_estimate() -> None:
    source = provider()
    version, stories = llm_judge(provider=source, model="its-own"), checked_stories(1)
    assert estimated_run(version, stories).estimated_micro_usd is None
    set_price(actor=person(Role.ADMIN), provider=source, model="its-own", input=Decimal(0), output=Decimal(0))
    assert estimated_run(version, stories).estimated_micro_usd == 0
