"""Judges measured: calibration of a judge that is known to be off, learning from ratings, and the price of batches."""

import time

import numpy as np
import pytest
from django.db.models import Count, F, Sum
from django.db.models.functions import Now
from django.utils import timezone

from curation.calibration.actions import measure, refit_what_is_due
from curation.calibration.queries import quality_of
from curation.llm.models import Batch, Spend
from curation.llm.prices import Usage, tariff_of
from curation.scoring.actions import create_jobs, ensure_embedded_judge, finish_runs, work
from curation.scoring.judging import batching, judge
from curation.scoring.models import JudgeVersion, Score, ScoreJob
from tests.benchmarks.report import tell
from tests.builders import checked_stories, default_rubric, labelled_stories
from tests.judging import started_run
from tests.judging_runs import run_of
from tests.model_stand_in import StandIn
from tests.workers import until

RATED, BIAS, SLOPE = 200, 0.5, 0.5
LEAST_GAIN = 3.0
TO_LEARN, TO_SCORE = 60, 2_000
MOST_LEARNING, MOST_SCORING = 4_000, 3.0
ASKED = 100
MOST_IN_BATCH = 0.51


@pytest.mark.django_db
def test_calibration_of_a_judge_that_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    """A judge whose scores move half as far as ratings do, half a point too high: how far it is off on stories that its
    curve was not fitted on, before and after.

    *Planted*: the scores as they are for calibrated ones, 0.57 before and after."""
    version = ensure_embedded_judge(rubric=default_rubric())
    chance = np.random.default_rng(1)
    ratings = chance.integers(1, 6, size=RATED)
    queue = labelled_stories(ratings.tolist(), reviewers=2, generator="model-a")
    values = np.clip(3 + BIAS + SLOPE * (ratings - 3) + chance.normal(scale=0.3, size=RATED), 1, 5)
    criterion = version.rubric.criteria.get(key="B1")
    stories = queue.items.order_by("story_id").values_list("story_id", flat=True)
    Score.objects.bulk_create(
        Score(story_id=story, judge_version=version, criterion=criterion, value=value, standard_deviation=0.5)
        for story, value in zip(stories, values.tolist(), strict=True)
    )
    assert measure(version=version)
    found = {one.key: one for one in quality_of(version)}["B1"].measured
    lines = [
        f"{RATED} stories, {found.reviews} reviews; measured bias {found.bias:.2f} points (made: {BIAS})",
        f"calibration error {found.calibration_error:.2f} before, {found.calibrated_error:.2f} after"
        f" (at least {LEAST_GAIN:g} times less)",
    ]
    tell(capsys, "Calibration of a judge", str(test_calibration_of_a_judge_that_is_off.__doc__), lines)
    assert found.calibration_error > LEAST_GAIN * found.calibrated_error


def score_all() -> float:
    """Score what is due until nothing is; returns the seconds of the processor for each story."""
    create_jobs(everywhere=True)
    ScoreJob.objects.filter(state="pending").update(next_at=Now())
    began, stories = time.process_time(), 0
    while done := work(seconds=60):
        stories += done
    return (time.process_time() - began) / stories


@pytest.mark.django_db
def test_from_ratings_to_a_fitted_version(capsys: pytest.CaptureFixture[str]) -> None:
    """From the last of 60 ratings to a version of the embedded scorer that has learnt from them, and to the scores of
    2,000 stories by it. The worker looks once a minute whether it is time, which is left out; so is that those stories
    are due a few each second, so that readers do not notice. What is asserted are ratios of processor times to what
    scoring the same stories by counting words takes, which the version before has done.

    *Planted*: a bootstrap of 3,000 draws, as much as the words of 11,366 stories."""
    first, chance = ensure_embedded_judge(rubric=default_rubric()), np.random.default_rng(1)
    ratings = chance.integers(1, 6, size=TO_LEARN)
    texts = [
        " ".join(
            chance.permutation(["copper"] * rating + ["thistle"] * (6 - rating) + ["rain", "lamp", "rope", str(n)])
        )
        for n, rating in enumerate(ratings.tolist())
    ]
    labelled_stories(ratings.tolist(), texts=texts, generator="model-a")
    checked_stories(TO_SCORE)
    counting = score_all()
    began, spent = time.monotonic(), time.process_time()
    assert refit_what_is_due() == 1
    fitted, learning = time.monotonic() - began, (time.process_time() - spent) / counting
    version = JudgeVersion.objects.get(active=True)
    assert version.number == first.number + 1
    scoring = score_all() / counting
    took = time.monotonic() - began
    by_it = Score.objects.filter(judge_version=version).aggregate(n=Count("story", distinct=True))["n"]
    lines = [
        f"{fitted:.1f} s to the fitted version, {took:.1f} s to the scores of {by_it:,} stories by it",
        f"learning takes as much as counting the words of {learning:,.0f} stories (at most {MOST_LEARNING:,})",
        f"scoring a story takes {scoring:.2f} times counting its words (at most {MOST_SCORING})",
    ]
    tell(capsys, "From ratings to a fitted version", str(test_from_ratings_to_a_fitted_version.__doc__), lines)
    assert by_it >= TO_SCORE
    assert learning <= MOST_LEARNING
    assert scoring <= MOST_SCORING


@pytest.mark.django_db(transaction=True)
def test_price_at_once_and_in_batches(stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """What the same judge's answers about 100 stories cost at once, with the provider's cache, and about 100 others in
    batches, without it: as the ledger recorded them, at the stand-in's prices (3 and 15 dollars per million tokens).
    Asserted is a batch's price beside that of the same call alone, without the cache.

    *Planted*: an answer of a batch counted at the price of a call, 100%."""
    run = run_of(stand_in, ASKED)
    judge(seconds=120)
    batched = started_run(run.judge_version, checked_stories(ASKED), limit=1_000_000_000, in_batches=True)

    def is_done() -> bool:
        batching.WAITS.clear()
        Batch.objects.update(next_at=timezone.now())
        judge(seconds=60)
        finish_runs()
        batched.refresh_from_db()
        return str(batched.state) == "done"

    until(is_done, seconds=180)
    settled = Spend.objects.filter(state="settled")
    read = F("input_tokens") + F("cached_read_tokens") + F("cached_write_tokens")
    told = {
        kind: settled.filter(batch__isnull=kind == "at once").aggregate(
            n=Count("pk"),
            paid=Sum("micro_usd"),
            read=Sum(read),
            cached=Sum("cached_read_tokens"),
            written=Sum("output_tokens"),
        )
        for kind in ("at once", "in batches")
    }
    one = told["in batches"]
    assert run.judge_version.provider is not None
    tariff = tariff_of(run.judge_version.provider, run.judge_version.model)
    alone = tariff.of(Usage(input_tokens=one["read"] // ASKED, output_tokens=one["written"] // ASKED))
    share = one["paid"] / ASKED / alone
    lines = [
        *(
            f"{of['paid'] / of['n'] / 1e3:8.2f} dollars for 1,000 stories {kind}: {of['read'] / of['n']:,.0f} tokens"
            f" read a story, {of['cached'] / of['read']:.0%} of them from the cache"
            for kind, of in told.items()
        ),
        f"{alone / 1e3:8.2f} dollars for 1,000 stories without either; in batches {share:.0%} of it"
        f" (at most {MOST_IN_BATCH:.0%})",
    ]
    tell(capsys, "Price at once and in batches", str(test_price_at_once_and_in_batches.__doc__), lines)
    assert one["n"] == ASKED
    assert share <= MOST_IN_BATCH
