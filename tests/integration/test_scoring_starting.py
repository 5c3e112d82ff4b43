"""Runs are started and cleared away by workers: a request says what is wanted, however many stories there are."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from curation.accounts.models import Role
from curation.core.errors import Conflict
from curation.scoring.actions import cancel_run, clear_cancelled, runs
from curation.scoring.models import ScoreJob, ScoreRun
from curation.scoring.tasks import sweep
from curation.scoring.telling import NOTHING_LEFT
from curation.stories.stages import State
from curation.triage.actions import begin_run, propose_run, start_due_runs
from curation.triage.filters import StoryFilter
from curation.triage.tasks import start_runs
from tests.builders import checked_stories, person, scored_stories
from tests.judging import answer_all, llm_judge

pytestmark = pytest.mark.django_db
ALL = StoryFilter(states=(State.CHECKED, State.SCORED))
LIMIT = 5_000_000


def asked(count: int = 3) -> ScoreRun:
    """Ask for a run over so many stories to be started."""
    checked_stories(count)
    curator = person(Role.CURATOR)
    run = propose_run(actor=curator, version=llm_judge(), chosen=ALL)
    return begin_run(actor=curator, run=run, limit_micro_usd=LIMIT)


def test_a_request_takes_as_many_statements_for_many_stories_as_for_few() -> None:
    curator, version, counts = person(Role.CURATOR), llm_judge(), []
    for number in (1, 30):
        checked_stories(number)
        run = propose_run(actor=curator, version=version, chosen=ALL)
        with CaptureQueriesContext(connection) as captured:
            begin_run(actor=curator, run=run, limit_micro_usd=LIMIT)
            cancel_run(actor=curator, run=run)
        counts.append(len(captured))
        assert not ScoreJob.objects.exists()
    assert counts[0] == counts[1]


def test_the_worker_makes_the_jobs_and_asks_for_the_stories_that_fit_then() -> None:
    run = asked()
    assert (run.state, run.started_by) == ("starting", run.created_by)
    checked_stories(1)
    start_runs()
    run.refresh_from_db()
    assert (run.state, run.total, ScoreJob.objects.filter(run=run).count()) == ("running", 4, 4)
    assert start_due_runs() == 0


def test_a_run_of_which_nothing_is_left_waits_again_and_says_why_and_keeps_its_budget() -> None:
    first = asked()
    curator = first.created_by
    assert curator is not None
    other = ScoreRun.objects.get(pk=first.pk)
    other.pk, other.state, other.budget, other.started_at, other.started_by = None, "estimated", None, None, None
    other.save()
    assert start_due_runs() == 1
    answer_all(first)
    begin_run(actor=curator, run=other, limit_micro_usd=LIMIT)
    assert start_due_runs() == 0
    other.refresh_from_db()
    assert (other.state, other.note) == ("estimated", NOTHING_LEFT)
    budget = other.budget
    checked_stories(1)
    begin_run(actor=curator, run=other, limit_micro_usd=2 * LIMIT)
    assert start_due_runs() == 1
    other.refresh_from_db()
    assert other.budget == budget
    assert (other.state, other.total, other.note, other.budget and other.budget.limit_micro_usd) == (
        "running", 1, "", 2 * LIMIT,
    )  # fmt: skip


def test_one_that_is_being_started_is_not_started_twice_and_can_be_ended() -> None:
    run = asked()
    with pytest.raises(Conflict, match="seen to this"):
        begin_run(actor=person(Role.CURATOR), run=run, limit_micro_usd=LIMIT)
    cancel_run(actor=person(Role.CURATOR), run=run)
    assert start_due_runs() == 0
    assert not ScoreJob.objects.exists()


def test_what_a_cancelled_run_would_have_asked_goes_slice_by_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    scored_stories(1)
    run = asked(4)
    assert start_due_runs() == 1
    cancel_run(actor=person(Role.CURATOR), run=run)
    monkeypatch.setattr(runs, "SLICE", 2)
    assert ScoreJob.objects.filter(run=run).count() == 5
    sweep()
    assert not ScoreJob.objects.filter(run=run).exists()
    assert clear_cancelled() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_the_jobs_of_a_run_once() -> None:
    run, found = asked(), list[int]()

    def work() -> None:
        try:
            found.append(start_due_runs())
        finally:
            connection.close()

    with transaction.atomic():
        ScoreRun.objects.select_for_update().get(pk=run.pk)
        other = threading.Thread(target=work)
        other.start()
        other.join(timeout=60)
        assert found == [0], "it is in another's hands"
    assert start_due_runs() == 1
    assert ScoreJob.objects.filter(run=run).count() == 3
