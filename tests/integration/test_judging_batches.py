"""Runs that are asked for in batches: half the price, an answer within a day, and nothing lost or bought twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q, Sum
from django.db.models.functions import Now

from curation.accounts.actors import SYSTEM
from curation.core.errors import InvalidInput
from curation.llm.actions import create_provider
from curation.llm.models import Batch, Spend
from curation.scoring.actions import cancel_run, clear_cancelled, finish_runs, pause_run, resume_run
from curation.scoring.actions.batches import take_back
from curation.scoring.judging import batching, judge
from curation.scoring.models import JudgeAnswer, Score, ScoreJob, ScoreRun
from curation.scoring.queries import run_progress
from curation.stories.models import Stage
from curation.webhooks.actions import create_endpoint
from curation.webhooks.models import Message
from tests.builders import checked_stories, default_rubric, person
from tests.judging import llm_judge, started_run, take
from tests.judging_runs import check_ledger, check_whole, run_of
from tests.model_stand_in import StandIn
from tests.model_stand_in.faults import Faults
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True)
POISON = "zanzibar"


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    batching.WAITS.clear()
    yield
    batching.WAITS.clear()


def judged(seconds: float = 60) -> None:
    """Judge, as if a minute had gone by since the last time."""
    batching.WAITS.clear()
    Batch.objects.update(next_at=Now())
    ScoreJob.objects.filter(state="pending").update(next_at=Now())
    judge(seconds=seconds)
    finish_runs()


def judge_until_done(run: ScoreRun) -> None:
    def is_done() -> bool:
        judged()
        run.refresh_from_db()
        return str(run.state) == "done"

    until(is_done)


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in ScoreJob.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_a_run_in_batches_costs_half_and_is_whole(stand_in: StandIn) -> None:
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 12, in_batches=True)
    judged()
    assert states() == {"done": 1, "sent": 11}, "the first goes alone, and shows at once whether anything is wrong"
    progress = run_progress(run)
    assert (progress.sent, progress.total, progress.over) == (11, 12, 1)
    assert progress.sent_since == Batch.objects.get().created_at
    assert progress.time_left is None
    stand_in.end_batches()
    judge_until_done(run)
    check_whole(run)
    bill = check_ledger(stand_in)
    assert [entry.batch for entry in bill.entries].count(True) == 11
    whole = Spend.objects.get(batch=None)
    half = Spend.objects.exclude(batch=None).aggregate(of=Sum("micro_usd"))["of"] / 11
    assert half < 0.7 * (whole.micro_usd or 0)
    assert not Spend.objects.filter(Q(cached_read_tokens__gt=0) | Q(cached_write_tokens__gt=0)), "no cache is paid for"
    assert Batch.objects.get().state == "collected"
    assert run.budget is not None
    run.budget.refresh_from_db()
    assert (run.budget.reserved_micro_usd, run.budget.unknown_micro_usd) == (0, 0)
    assert run.budget.spent_micro_usd == bill.micro_usd


def test_each_story_of_a_run_in_batches_is_told_once_it_has_all_its_samples(stand_in: StandIn) -> None:
    here = "https://hooks.example.org/"
    create_endpoint(actor=SYSTEM, name="Ours", url=here, events=["story.scored"], each_story=True)
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 3, in_batches=True, samples=2)
    judged()
    assert states() == {"done": 1, "sent": 5}
    assert not told_of(), "another sample of the first story is still asked for"
    stand_in.end_batches()
    judge_until_done(run)
    assert told_of() == sorted(set(ScoreJob.objects.filter(run=run).values_list("story", flat=True)))


def told_of() -> list[int]:
    """The stories that were told of, as often as they were."""
    bodies = [json.loads(body)["data"] for body in Message.objects.values_list("body", flat=True)]
    return sorted(data["id"] for data in bodies if data["object"] == "story")


def test_a_judge_that_has_answered_before_sends_all_at_once(stand_in: StandIn) -> None:
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 2)
    judged()
    second = started_run(run.judge_version, checked_stories(5), in_batches=True)
    judged()
    stand_in.end_batches()
    assert ScoreJob.objects.filter(run=second, state="sent").count() == 5
    judge_until_done(second)
    assert check_ledger(stand_in).calls == 7


def test_what_cannot_be_read_is_asked_again_and_what_is_refused_is_set_aside(stand_in: StandIn) -> None:
    stand_in.judge("practice-steady", invented=1.0)
    run = run_of(stand_in, 2, in_batches=True)
    ScoreJob.objects.update(attempts=3)
    judge_until_done(run)
    failed = ScoreJob.objects.filter(run=run, state="failed")
    assert failed.count() == 2
    assert all(job.last_error and job.attempts == 5 and job.batch is None for job in failed)
    assert JudgeAnswer.objects.count() == stand_in.bill().calls == 4
    assert not Score.objects.exists()
    assert set(Stage.objects.values_list("state", flat=True)) == {"checked"}, "nobody has scored it"


def test_a_budget_sends_what_it_allows_and_the_rest_in_turns(stand_in: StandIn) -> None:
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 12, in_batches=True, limit=400_000)
    judged()
    assert 0 < states()["sent"] < 11
    stand_in.end_batches()
    stand_in.begin(keep_bill=True)
    judge_until_done(run)
    check_whole(run)
    assert check_ledger(stand_in).micro_usd <= 400_000
    assert Batch.objects.count() > 1


def test_a_budget_that_does_not_do_for_one_pauses_the_run(stand_in: StandIn) -> None:
    run = run_of(stand_in, 6, in_batches=True, limit=130_000)
    until(lambda: bool(judged() or ScoreRun.objects.get().state == "paused"))
    run.refresh_from_db()
    assert run.paused_by == "budget"
    assert stand_in.bill().micro_usd <= 130_000
    assert "sent" not in states()
    resume_run(actor=person("curator"), run=run, limit_micro_usd=10_000_000)
    judge_until_done(run)
    check_whole(run)
    check_ledger(stand_in)


def test_a_paused_run_still_has_its_batches_stored_and_sends_no_more(stand_in: StandIn) -> None:
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 6, in_batches=True)
    judged()
    pause_run(actor=person("curator"), run=run)
    stand_in.end_batches()
    until(lambda: bool(judged() or states() == {"done": 6}))
    finish_runs()
    run.refresh_from_db()
    assert run.state == "done", "nothing is left to go on with"
    check_whole(run)


def test_a_cancelled_run_has_its_batches_ended_and_leaves_nothing_behind(stand_in: StandIn) -> None:
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 6, in_batches=True)
    judged()
    cancel_run(actor=person("curator"), run=run)
    until(lambda: bool(judged() or Batch.objects.get().state == "collected"))
    clear_cancelled()
    assert states() == {"done": 1}
    assert Batch.objects.get().cancelled_at is not None
    assert stand_in.bill().calls == 1
    assert not Spend.objects.exclude(state__in=["settled", "released"]).exists()


def test_a_worker_that_is_killed_before_it_sends_loses_and_buys_nothing(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(stand_in, 5, in_batches=True)

    async def killed(*_args: Any) -> None:
        raise RuntimeError("here a worker was killed")

    with monkeypatch.context() as patched:
        patched.setattr(batching, "send", killed)
        judged(seconds=5)
    assert states()["sent"] == 4
    assert Batch.objects.get().state == "sending"
    # Its provider says that it never came; that is known for sure a quarter of an hour later.
    monkeypatch.setattr("curation.llm.batches.rows.SENDING", timedelta())
    judge_until_done(run)
    check_whole(run)
    assert check_ledger(stand_in).calls == 5


def test_a_worker_that_is_killed_while_it_stores_answers_loses_and_buys_nothing(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.begin(batch_seconds=3600)
    run = run_of(stand_in, 6, in_batches=True)
    judged()
    stand_in.end_batches()
    monkeypatch.setattr(batching, "STORED_TOGETHER", 2)
    stored, settle = [], batching.finish_batch

    def killed(**fields: Any) -> None:
        if len(stored) == 1:
            raise batching.AWAY[0]("here the database went away")
        stored.append(settle(**fields))

    with monkeypatch.context() as patched:
        patched.setattr(batching, "finish_batch", killed)
        until(lambda: bool(judged() or stored))
    assert states() == {"done": 3, "sent": 3}
    judge_until_done(run)
    check_whole(run)
    assert check_ledger(stand_in).calls == JudgeAnswer.objects.count() == 6


def test_a_provider_that_is_down_costs_no_attempt_and_no_money(stand_in: StandIn) -> None:
    first = run_of(stand_in, 1)
    judged()
    run = started_run(first.judge_version, checked_stories(5), in_batches=True)
    stand_in.begin(Faults(down=True), keep_bill=True)
    judged(seconds=3)
    jobs = ScoreJob.objects.filter(run=run)
    assert set(jobs.values_list("state", "attempts", "batch")) == {("pending", 0, None)}
    assert Batch.objects.get().state == "refused"
    stand_in.begin(keep_bill=True)
    judge_until_done(run)
    assert check_ledger(stand_in).calls == 6


def test_jobs_of_a_batch_that_was_refused_by_a_worker_that_died_are_taken_back() -> None:
    source = create_provider(actor=SYSTEM, name="A", kind="anthropic", key="k")
    version = llm_judge(provider=source, model="claude-haiku-4-5")
    run = started_run(version, checked_stories(1), in_batches=True)
    lease = take(run)
    batch = Batch.objects.create(provider=run.judge_version.provider, model="m", size=1)
    lease.end("sent", batch_id=batch.pk)
    assert take_back() == 0
    Batch.objects.filter(pk=batch.pk).update(state="refused")
    assert take_back() == 1
    assert list(ScoreJob.objects.values_list("state", "attempts", "batch")) == [("pending", 0, None)]


def test_a_server_without_batches_cannot_be_asked_for_them() -> None:
    default_rubric()
    version, stories = llm_judge(), checked_stories(1)
    with pytest.raises(InvalidInput):
        started_run(version, stories, in_batches=True)
