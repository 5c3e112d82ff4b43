"""Judges that ask a language model, for tests: a provider without a network, runs, and what a model would answer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core import leases
from curation.core.leases import Lease
from curation.llm.actions import create_provider, set_price
from curation.llm.clock import this_month
from curation.llm.models import Budget, Provider, Spend, SpendState
from curation.scoring.actions import create_judge, estimate_run, start_run
from curation.scoring.actions.answers import Received, finish_answers, keep_answers, read_answers
from curation.scoring.actions.asking import questions_of, story_inputs
from curation.scoring.models import JudgeAnswer, JudgeVersion, ScoreJob, ScoreRun
from curation.standards.queries import current_constitution
from curation.stories.models import Story
from tests.builders import default_rubric, numbers, person
from tests.readings import raw

MODEL = "practice-1"
ANSWERED_MICRO_USD = 1_000


def provider(**fields: Any) -> Provider:
    """Make a provider whose model costs a dollar per million tokens read and two per million written."""
    made = create_provider(
        actor=SYSTEM, name=f"Provider {next(numbers)}", kind="openai", base_url="http://127.0.0.1:9/v1", **fields
    )
    set_price(actor=SYSTEM, provider=made, model=MODEL, input=Decimal(1), output=Decimal(2))
    return made


def llm_judge(name: str = "", *, actor: User | None = None, **fields: Any) -> JudgeVersion:
    """Make a judge that asks a language model, with its first version."""
    rubric = default_rubric()
    wanted = {"provider": None, "model": MODEL, "rubric": rubric, "constitution": current_constitution(), **fields}
    wanted["provider"] = wanted["provider"] or provider()
    return create_judge(actor=actor or person(Role.CURATOR), name=name or f"Judge {next(numbers)}", **wanted)


def estimated_run(version: JudgeVersion, stories: Iterable[Story], *, actor: User | None = None) -> ScoreRun:
    """Estimate a run over these stories."""
    chosen = Story.objects.filter(pk__in=[story.pk for story in stories])
    return estimate_run(actor=actor or person(Role.CURATOR), version=version, stories=chosen)


def started_run(
    version: JudgeVersion,
    stories: Iterable[Story],
    *,
    actor: User | None = None,
    limit: int = 5_000_000,
    in_batches: bool = False,
) -> ScoreRun:
    """Estimate and start a run over these stories."""
    listed, who = list(stories), actor or person(Role.CURATOR)
    chosen = Story.objects.filter(pk__in=[story.pk for story in listed])
    run = estimated_run(version, listed, actor=who)
    return start_run(actor=who, run=run, stories=chosen, limit_micro_usd=limit, in_batches=in_batches)


def take(run: ScoreRun, *, limit: int = 100) -> Lease:
    """Take the due jobs of a run."""
    lease = leases.take(ScoreJob, limit=limit, among=Q(run=run))
    assert lease is not None, "nothing is due in the run"
    return lease


def paid(run: ScoreRun, micro_usd: int = ANSWERED_MICRO_USD) -> Spend:
    """Write a call of a run that was paid into the ledger."""
    budget = run.budget
    assert budget is not None
    source = run.judge_version.provider
    month, _created = Budget.objects.get_or_create(
        provider=source, month=this_month(), defaults={"limit_micro_usd": 100_000_000}
    )
    row = Spend.objects.create(
        provider=source, model=MODEL, budget=budget, month=month, reserved_micro_usd=micro_usd, expires_at=Now()
    )
    tokens = {"input_tokens": 900, "cached_read_tokens": 0, "cached_write_tokens": 0, "output_tokens": 50}
    Spend.objects.filter(pk=row.pk).update(
        state=SpendState.SETTLED, micro_usd=micro_usd, settled_at=Now(), seconds=0.5, **tokens
    )
    return row


def kept(run: ScoreRun, lease: Lease, *, said: Iterable[str] = (), **changed: Any) -> list[JudgeAnswer]:
    """Have a model answer the jobs of a lease, soundly unless `said` has the raw answers; nothing is read in them."""
    rubric = questions_of(run.judge_version).rubric
    jobs = list(ScoreJob.objects.filter(pk__in=lease.ids).order_by("pk").select_related("story"))
    raws = list(said) or [raw(job.story.text, rubric, **changed) for job in jobs]
    received = [
        Received(job=job.pk, story=job.story_id, sample=job.sample, raw=one, spend=paid(run).pk)
        for job, one in zip(jobs, raws, strict=True)
    ]
    return keep_answers(run=run, received=received)


def settled(run: ScoreRun, lease: Lease, answers: list[JudgeAnswer]) -> None:
    """Read answers to the jobs of a lease, and close them."""
    questions = questions_of(run.judge_version)
    jobs = {(job.story_id, job.sample): job.pk for job in ScoreJob.objects.filter(pk__in=lease.ids)}
    read = read_answers(questions, answers, story_inputs([answer.story_id for answer in answers]))
    of_answer = {answer.pk: jobs[answer.story_id, answer.sample] for answer in answers}
    finish_answers(lease=lease, questions=questions, jobs=of_answer, read=read)


def answer_all(run: ScoreRun, **changed: Any) -> list[JudgeAnswer]:
    """Have a model answer everything that is due in a run, and read the answers; `changed` as in `readings.raw`."""
    lease = take(run)
    answers = kept(run, lease, **changed)
    settled(run, lease, answers)
    return answers
