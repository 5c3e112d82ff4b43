"""Estimates of runs against what the same runs then cost, over HTTP; and what is kept back meanwhile."""

from typing import Any

import pytest
from django.db.models import Max

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.demo import samples
from curation.llm.models import Spend
from curation.llm.queries import usage_within
from curation.scoring.actions import add_version, resume_run
from curation.scoring.judging import judge
from curation.scoring.models import JudgeVersion, ScoreRun
from curation.scoring.queries import likely_micro_usd, run_progress
from curation.stories.actions import add_stories
from curation.stories.actions.checking import check_slice
from curation.stories.models import Story
from tests.builders import default_rubric, person, source
from tests.judging import estimated_run, llm_judge, started_run
from tests.judging_runs import MODEL
from tests.model_stand_in import StandIn
from tests.models import provider_at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stories() -> list[Story]:
    """The sample stories, long and short."""
    default_rubric()
    made = add_stories(actor=SYSTEM, source=source(), rows=[samples.story(slug) for slug in samples.slugs()])
    while check_slice():
        pass
    return sorted(made, key=lambda story: story.pk)


def version_at(stand_in: StandIn, *, kind: str = "anthropic", is_practice: bool = False, **fields: Any) -> JudgeVersion:
    """A judge at the stand-in."""
    provider = provider_at(stand_in, kind=kind, is_practice=is_practice)
    return llm_judge(provider=provider, model=MODEL, **fields)


def carried_out(run: ScoreRun) -> ScoreRun:
    """The run once everything of it is answered."""
    judge(seconds=120)
    run.refresh_from_db()
    assert run.state == "done"
    return run


def spent(run: ScoreRun) -> int:
    """What a run came to, in micro-dollars."""
    assert run.budget is not None
    return run.budget.spent_micro_usd


def test_the_first_estimate_of_the_practice_model_is_near_what_it_costs(
    stand_in: StandIn, stories: list[Story]
) -> None:
    run = carried_out(started_run(version_at(stand_in, is_practice=True), stories))
    assert run.measured == 0, "nothing was known of its answers"
    assert run.estimated_micro_usd == pytest.approx(spent(run), rel=0.2)
    assert run.budget is not None
    took = usage_within(run.budget)
    assert run.estimated_output_tokens == pytest.approx(took.output_tokens, rel=0.2)
    assert run.estimated_input_tokens + run.estimated_cached_tokens == pytest.approx(took.all_input, rel=0.5)


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_after_a_few_stories_an_estimate_goes_by_their_answers(
    stand_in: StandIn, stories: list[Story], kind: str
) -> None:
    few, rest = stories[:8], stories[8:]
    version = version_at(stand_in, kind=kind)
    first = carried_out(started_run(version, few))
    assert first.measured == 0
    assert (first.estimated_micro_usd or 0) > 1.5 * spent(first), "of an unknown model long answers are expected"
    run = carried_out(started_run(version, rest))
    assert run.measured == len(few)
    assert run.estimated_micro_usd == pytest.approx(spent(run), rel=0.1)
    assert run.budget is not None
    took = usage_within(run.budget)
    assert run.estimated_output_tokens == pytest.approx(took.output_tokens, rel=0.1)
    assert run.estimated_input_tokens + run.estimated_cached_tokens == pytest.approx(took.all_input, rel=0.05)
    assert run.estimated_cached_tokens == pytest.approx(took.cached_read_tokens, rel=0.2)


def test_answers_that_were_asked_for_otherwise_say_less(stand_in: StandIn, stories: list[Story]) -> None:
    version = version_at(stand_in)
    carried_out(started_run(version, stories[:4]))

    def estimated(**changed: Any) -> ScoreRun:
        same = {name: getattr(version, name) for name in ("rubric", "constitution", "provider", "model")}
        return estimated_run(add_version(actor=SYSTEM, judge=version.judge, **same | changed), stories[4:])

    alike, other_prompt = estimated(), estimated(own_prompt="Judge.\n{{criteria}}\n{{flags}}")
    assert alike.measured == other_prompt.measured == 4
    assert alike.estimated_output_tokens == other_prompt.estimated_output_tokens, "they are as long"
    assert alike.estimated_cached_tokens > other_prompt.estimated_cached_tokens, "and read less"
    more_effort = estimated(effort="high")
    assert more_effort.measured == 0, "what a model thinks is a part of its answer"
    assert more_effort.estimated_output_tokens > alike.estimated_output_tokens


def test_no_answer_has_more_kept_back_for_it_than_was_said(stand_in: StandIn, stories: list[Story]) -> None:
    run = carried_out(started_run(version_at(stand_in), stories))
    most = Spend.objects.aggregate(most=Max("reserved_micro_usd"))["most"]
    assert run.answer_at_most_micro_usd is not None
    assert most <= run.answer_at_most_micro_usd
    assert run.answer_at_most_micro_usd < 1.5 * most


def test_a_run_that_goes_on_says_what_it_is_likely_to_cost(stand_in: StandIn, stories: list[Story]) -> None:
    """As far as its answers tell; and a budget that stops it changes nothing of that."""
    run = started_run(version_at(stand_in), stories, limit=500_000)
    assert likely_micro_usd(run, run_progress(run)) is None, "no answer tells"
    judge(seconds=60)
    run.refresh_from_db()
    assert run.paused_by == "budget"
    likely = likely_micro_usd(run, run_progress(run))
    resume_run(actor=person(Role.CURATOR), run=run, limit_micro_usd=50_000_000)
    done = carried_out(run)
    assert likely == pytest.approx(spent(done), rel=0.15)
    assert likely_micro_usd(done, run_progress(done)) is None, "it is known by now"
