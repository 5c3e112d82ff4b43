"""Runs against the stand-in, and what must hold when they are over, whatever happened meanwhile."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Sum

from curation.llm.models import Spend
from curation.scoring.models import JudgeAnswer, Score, ScoreJob, ScoreRun
from tests.builders import checked_stories, default_rubric
from tests.judging import llm_judge, started_run
from tests.model_stand_in import Billed, StandIn
from tests.models import provider_at

MODEL = "practice-steady"


def run_of(
    stand_in: StandIn,
    stories: int,
    *,
    poisoned: Sequence[str] = (),
    limit: int = 1_000_000_000,
    in_flight: int = 32,
    in_batches: bool = False,
    **fields: Any,
) -> ScoreRun:
    """A run over so many stories, and one more for each of `poisoned`, which stands in its text."""
    default_rubric()
    # What calls that were lost may have cost is kept back of the month for minutes, and campaigns lose many.
    provider = provider_at(stand_in, in_flight=in_flight, month_limit_micro_usd=1_000_000_000)
    version = llm_judge(provider=provider, model=MODEL, **fields)
    chosen = list(checked_stories(stories))
    for word in poisoned:
        chosen += checked_stories(1, text=f"It said {word} to the harbour master, and then it waited for an answer.")
    return started_run(version, chosen, limit=limit, in_batches=in_batches)


def check_whole(run: ScoreRun) -> None:
    """Assert that each story has one set of scores for each sample, and nothing is left open."""
    version = run.judge_version
    scores = Counter(Score.objects.filter(judge_version=version).values_list("story", "criterion", "sample"))
    assert set(scores.values()) == {1}
    assert len(scores) == 10 * version.samples * run.stories
    assert not ScoreJob.objects.filter(run=run).exclude(state="done").exists()


def check_bill(stand_in: StandIn, *, lost: int) -> Billed:
    """Assert that the bill lies within the ledger: what is settled, and at most so many `lost` calls beyond it."""
    bill = stand_in.bill(with_entries=True)
    settled, unknown = Spend.objects.filter(state="settled"), Spend.objects.filter(state__in=["reserved", "unknown"])
    paid = settled.aggregate(of=Sum("micro_usd"))["of"] or 0
    at_most = unknown.aggregate(of=Sum("reserved_micro_usd"))["of"] or 0
    assert paid <= bill.micro_usd <= paid + at_most
    assert settled.count() <= bill.calls <= settled.count() + unknown.count()
    assert unknown.count() <= lost
    return bill


def check_ledger(stand_in: StandIn) -> Billed:
    """Assert that the ledger says what the stand-in's own bill says, call by call, and return the bill."""
    bill = stand_in.bill(with_entries=True)
    ours = Counter(Spend.objects.filter(state="settled").values_list("key", "micro_usd"))
    assert ours == Counter((entry.key, entry.micro_usd) for entry in bill.entries)
    assert JudgeAnswer.objects.count() == bill.calls
    assert not Spend.objects.filter(state__in=["reserved", "unknown"]).exists()
    return bill
