"""Paid scoring against a provider over HTTP: what is asked, what is stored, and what is paid for."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import F
from django.db.models.functions import Now

from curation.llm.models import Spend
from curation.scoring.actions import pause_run, resume_run
from curation.scoring.judging import judge, loop, outcomes
from curation.scoring.models import AnswerReading, JudgeAnswer, ScoreJob
from curation.scoring.reading.answers import schema_for
from curation.standards.spec import spec_of
from tests.builders import person
from tests.judging_runs import check_ledger, check_whole, run_of
from tests.model_stand_in import StandIn
from tests.model_stand_in.faults import Faults
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True)
POISON = "zanzibar"


def make_due() -> None:
    """Let what waits for another attempt be due now."""
    ScoreJob.objects.filter(state="pending").update(next_at=Now())


def in_a_thread(seconds: float = 60) -> None:
    """Judge in another thread, whose connections go with it."""
    try:
        judge(seconds=seconds)
    finally:
        connections.close_all()


@contextmanager
def judging(threads: int = 1) -> Iterator[None]:
    """Judge beside the block, and wait at its end until there is nothing left to do."""
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(in_a_thread) for _ in range(threads)]
        yield
        for one in running:
            one.result()


def test_a_run_is_asked_for_read_and_paid(stand_in: StandIn) -> None:
    run = run_of(stand_in, 8, samples=2)
    judge(seconds=60)
    check_whole(run)
    run.refresh_from_db()
    assert run.state == "done"
    assert JudgeAnswer.objects.count() == AnswerReading.objects.filter(fault="").count() == 16
    bill = check_ledger(stand_in)
    assert bill.calls == 16
    assert sum(entry.usage.cached_write > 0 for entry in bill.entries) == 1, "the first call goes alone"
    assert len({entry.key for entry in bill.entries}) == 16
    rubric = spec_of(run.judge_version.rubric)
    assert schema_for(rubric, 1) is schema_for(rubric, 1), "made once for all stories"
    assert schema_for(rubric, 1) == schema_for.__wrapped__(rubric, 1), "and nobody who sends it changes it"


def test_several_workers_ask_for_no_story_twice(stand_in: StandIn) -> None:
    stand_in.begin(seconds=0.05)
    run = run_of(stand_in, 60)
    with judging(threads=2):
        pass
    check_whole(run)
    assert check_ledger(stand_in).calls == 60


def test_what_cannot_be_read_is_asked_again_and_set_aside_in_the_end(stand_in: StandIn) -> None:
    faults = {"garbage": "garbage_answer", "html": "html_body", "types": "wrong_types_body", "half": "truncated_answer"}
    stand_in.begin(Faults(poison={f"{POISON} {name}": fault for name, fault in faults.items()}))
    run = run_of(stand_in, 3, poisoned=[f"{POISON} {name}" for name in faults])
    for _attempt in range(5):
        judge(seconds=60)
        make_due()
    failed = ScoreJob.objects.filter(run=run, state="failed")
    assert failed.count() == len(faults)
    assert all(job.last_error and job.attempts == 5 for job in failed)
    assert ScoreJob.objects.filter(run=run, state="done").count() == 3
    run.refresh_from_db()
    assert run.state == "done", "what failed holds up nothing"
    # Where the answer stated no usage, what was paid is unknown, and counts at the most it can be.
    assert stand_in.bill().calls == 3 + 5 * len(faults) == Spend.objects.exclude(state="released").count()


def test_stories_that_a_provider_never_answers_are_set_aside_while_others_are_answered(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "COUNTED_AGAIN", 0.0)
    faults = ["reset_at_once", "unavailable", "reset"]
    stand_in.begin(Faults(poison={f"{POISON} {fault}": fault for fault in faults}), seconds=0.02)
    run = run_of(stand_in, 12, poisoned=[f"{POISON} {fault}" for fault in faults])
    until(lambda: not (make_due() or judge(seconds=20) or ScoreJob.objects.filter(state="pending").exists()))
    failed = ScoreJob.objects.filter(run=run).exclude(state="done")
    assert failed.count() == 3
    assert all(POISON in job.story.text and job.last_error and job.state == "failed" for job in failed)


def test_a_provider_that_is_down_costs_no_attempt_and_is_asked_again_when_it_is_back(stand_in: StandIn) -> None:
    run = run_of(stand_in, 30)
    stand_in.refuse()
    judge(seconds=3)
    jobs = ScoreJob.objects.filter(run=run)
    assert set(jobs.values_list("state", "attempts", "last_error")) == {("pending", 0, "")}
    assert not Spend.objects.exclude(state="released").exists()
    stand_in.begin(Faults(down=True))
    make_due()
    judge(seconds=3)
    assert set(jobs.values_list("state", "attempts", "last_error")) == {("pending", 0, "")}
    assert stand_in.seen()["met"]["unavailable"] < 30, "one call at a time asks whether it is back"
    stand_in.begin()
    make_due()
    judge(seconds=60)
    check_whole(run)
    assert check_ledger(stand_in).calls == 30


def test_a_provider_that_refuses_stops_the_run_and_says_why(stand_in: StandIn) -> None:
    stand_in.begin(key="another")
    run = run_of(stand_in, 5)
    judge(seconds=60)
    run.refresh_from_db()
    assert (run.state, run.paused_by) == ("paused", "provider")
    assert "401" in run.note
    assert set(ScoreJob.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert stand_in.bill().calls == 0


def test_a_budget_stops_the_run_before_it_is_crossed(stand_in: StandIn) -> None:
    stand_in.begin(seconds=0.05)
    run = run_of(stand_in, 40, limit=300_000)
    judge(seconds=60)
    run.refresh_from_db()
    assert (run.state, run.paused_by) == ("paused", "budget")
    spent = stand_in.bill().micro_usd
    assert 0 < spent <= 300_000
    assert 0 < ScoreJob.objects.filter(state="done").count() < 40
    resume_run(actor=person("curator"), run=run, limit_micro_usd=50_000_000)
    judge(seconds=60)
    check_whole(run)
    assert check_ledger(stand_in).calls == 40


def test_a_run_that_is_paused_has_what_is_in_flight_stored_and_asks_nothing_more(stand_in: StandIn) -> None:
    stand_in.begin(seconds=0.2)
    run = run_of(stand_in, 60, in_flight=4)
    with judging():
        until(lambda: stand_in.bill().calls > 8)
        pause_run(actor=person("curator"), run=run)
        until(lambda: not ScoreJob.objects.filter(state="leased").exists())
        calls = check_ledger(stand_in).calls
    assert calls == JudgeAnswer.objects.count() == ScoreJob.objects.filter(state="done").count() < 60
    assert set(ScoreJob.objects.filter(state="pending").values_list("attempts", flat=True)) == {0}
    assert stand_in.bill().calls == calls


def test_what_was_paid_for_and_not_read_is_read_and_not_bought_again(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(stand_in, 4)

    def killed(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("here a worker was killed")

    with monkeypatch.context() as patched:
        patched.setattr("curation.scoring.judging.writing.finish_answers", killed)
        judge(seconds=60)
    assert JudgeAnswer.objects.count() == 4
    assert not AnswerReading.objects.exists()
    make_due()
    judge(seconds=60)
    check_whole(run)
    assert check_ledger(stand_in).calls == JudgeAnswer.objects.count() == 4


def test_a_database_that_goes_away_loses_nothing_and_buys_nothing_twice(stand_in: StandIn) -> None:
    stand_in.begin(seconds=0.1)
    run = run_of(stand_in, 50)
    over = threading.Event()
    with judging():
        until(lambda: stand_in.bill().calls > 0)
        for _ in range(4):
            disconnect_all_others()
            over.wait(0.15)
    make_due()
    judge(seconds=60)
    check_whole(run)
    assert stand_in.bill().calls == JudgeAnswer.objects.count() == 50


def disconnect_all_others() -> None:
    """End every other session of this database, as a restart does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def test_a_worker_that_is_asked_to_end_finishes_what_is_in_flight(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.begin(seconds=0.5)
    run_of(stand_in, 60)
    asked = threading.Event()
    monkeypatch.setattr(loop, "is_ending", asked.is_set)
    with judging():
        until(lambda: stand_in.seen()["calls"] > 4)
        asked.set()
    assert 0 < check_ledger(stand_in).calls == JudgeAnswer.objects.count() < 60
    assert set(ScoreJob.objects.exclude(state="done").values_list("state", "attempts")) == {("pending", 0)}


def test_calls_that_do_not_come_back_in_time_are_cut_off_when_a_worker_ends(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.begin(Faults(poison={POISON: "hang"}))
    run_of(stand_in, 3, poisoned=[POISON])
    asked = threading.Event()
    monkeypatch.setattr(loop, "is_ending", asked.is_set)
    monkeypatch.setattr(loop, "LAST_SECONDS", 0.2)
    with judging():
        until(lambda: stand_in.seen()["met"].get("hang") == 1 and JudgeAnswer.objects.count() == 3)
        asked.set()
    assert set(ScoreJob.objects.exclude(state="done").values_list("state", "attempts")) == {("pending", 0)}
    assert Spend.objects.get(state="unknown").error == "cancelled"


def test_a_storm_of_refusals_for_speed_costs_no_attempt(stand_in: StandIn) -> None:
    stand_in.begin(Faults(rates={"limited": 0.5}, retry_after=1))
    run = run_of(stand_in, 6)
    until(lambda: not (make_due() or judge(seconds=20) or ScoreJob.objects.filter(state="pending").exists()))
    check_whole(run)
    assert check_ledger(stand_in).calls == 6
    assert stand_in.seen()["met"]["limited"]
    assert set(ScoreJob.objects.values_list("attempts", flat=True)) == {1}


def test_a_few_refusals_hold_up_none_of_the_others(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "LONG", 600)
    stand_in.begin(Faults(rates={"limited": 0.05, "unavailable": 0.05}, retry_after=600))
    run = run_of(stand_in, 60, in_flight=8)
    judge(seconds=60)
    met = stand_in.seen()["met"]
    assert met["limited"] > 1
    assert met["unavailable"] > 1
    jobs = ScoreJob.objects.filter(run=run)
    assert jobs.filter(state="done").count() == 60 - met["limited"] - met["unavailable"], "and the few wait"
    assert set(jobs.exclude(state="done").values_list("state", flat=True)) == {"pending"}


def test_a_lease_that_ran_out_meanwhile_costs_no_answer(stand_in: StandIn) -> None:
    """As where a worker was cut off from the database for a minute, and another has taken its stories up."""
    stand_in.begin(seconds=0.5)
    run = run_of(stand_in, 3)
    with judging():
        until(lambda: stand_in.seen()["calls"] > 1)
        ScoreJob.objects.filter(state="leased").update(
            state="pending", lease_until=None, by_token=F("token"), next_at=Now()
        )
    make_due()
    judge(seconds=60)
    check_whole(run)
    assert stand_in.bill().calls == JudgeAnswer.objects.count()
