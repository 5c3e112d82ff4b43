"""The real worker on paid work, killed in the middle of calls and left without its messages."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.db.models.functions import Now

from curation.scoring.judging import judge
from curation.scoring.models import JudgeAnswer, ScoreJob
from tests.judging_runs import check_bill, check_whole, run_of
from tests.model_stand_in import StandIn
from tests.workers import flush, until, worker

pytestmark = pytest.mark.django_db(transaction=True)
IN_FLIGHT = 4


@pytest.mark.long
def test_killed_in_the_middle_a_worker_leaves_no_story_out_and_buys_again_only_what_was_in_flight(
    stand_in: StandIn, tmp_path: Path
) -> None:
    stand_in.begin(seconds=0.3)
    run = run_of(stand_in, 40, in_flight=IN_FLIGHT)
    with worker(tmp_path):
        until(lambda: JudgeAnswer.objects.count() >= IN_FLIGHT)
    flush()
    answered = JudgeAnswer.objects.count()
    assert answered < 40, "the worker was too quick to be killed in the middle"
    assert stand_in.bill().calls - answered <= 2 * IN_FLIGHT, "what was in flight, or was not written yet"
    # The minute that its leases last is over.
    ScoreJob.objects.filter(state="leased").update(lease_until=Now() - timedelta(seconds=1), by_token=F("token"))
    stand_in.begin(keep_bill=True)
    judge(seconds=60)
    check_whole(run)
    bill = check_bill(stand_in, lost=2 * IN_FLIGHT)
    asked = [entry.asked for entry in bill.entries]
    assert len(asked) - len(set(asked)) <= 2 * IN_FLIGHT
