"""What a run will take before anybody pays for it: tokens measured on a sample of its stories, and their price."""

import math
from dataclasses import dataclass

from django.db.models import Avg, Exists, OuterRef, Q, QuerySet

from curation.llm.asking import MOST_OUTPUT_TOKENS, OVERHEAD_TOKENS
from curation.llm.errors import PriceUnknown
from curation.llm.models import Provider, ProviderKind, Spend, SpendState
from curation.llm.prices import Usage, tariff_of
from curation.scoring.actions.asking import questions_of, story_inputs
from curation.scoring.models import AnswerReading, JudgeAnswer, JudgeVersion, ScoreJob
from curation.scoring.models.job import JobState
from curation.scoring.models.run import RunState
from curation.stories.models import Story

SAMPLE = 40
# English prose has four bytes and more to a token, JSON and other languages have fewer: an estimate on the safe side.
BYTES_A_TOKEN = 3.5
# What an answer has beside its criteria, and for each of them, before any has come: quotes, reasons and values.
OUTPUT_TOKENS, OUTPUT_TOKENS_A_CRITERION = 400, 160
RECENT = 200
# What runs that are over did not get: whoever runs these stories again takes it up.
LEFT_OVER = Q(state__in=[JobState.FAILED, JobState.PENDING], run__state__in=[RunState.DONE, RunState.CANCELLED])


@dataclass(frozen=True)
class RunEstimate:
    """For all of a run: `stories`, `answers` to buy, and their tokens and price as far as the `sampled` ones tell.

    `micro_usd` is None where nobody has told what the model costs. `batch_micro_usd` is what it costs in batches, and
    `batch_at_most_micro_usd` what is kept back if all go at once; both None where the provider takes none.
    """

    stories: int
    answers: int
    sampled: int
    usage: Usage
    micro_usd: int | None
    batch_micro_usd: int | None = None
    batch_at_most_micro_usd: int | None = None


def estimate(version: JudgeVersion, stories: QuerySet[Story]) -> RunEstimate:
    """Return what it takes to have `version` score these stories as often as it asks for.

    Answers that were bought before, or that another run is about to buy, are left out.
    """
    chosen = stories.order_by().values("pk")
    jobs = ScoreJob.objects.filter(judge_version=version, story__in=chosen, sample__lt=version.samples)
    # What it has read in answers to an earlier version has no job, and is not asked for either.
    job = jobs.filter(story=OuterRef("answer__story"), sample=OuterRef("answer__sample"))
    read = AnswerReading.objects.filter(~Exists(job), judge_version=version, fault="", answer__story__in=chosen)
    samples = read.filter(answer__sample__lt=version.samples).values("answer__story", "answer__sample").distinct()
    count = stories.order_by().count()
    answers = count * version.samples - jobs.exclude(LEFT_OVER).count() - samples.count()
    # In the order of their fingerprints, which is as good as chance and always the same.
    sample = list(stories.order_by("normal_sha256").values_list("pk", flat=True)[:SAMPLE])
    if not answers or not sample:
        return RunEstimate(count, answers, 0, Usage(), 0)
    assert version.provider is not None  # noqa: S101 - tells mypy what holds here  # nosec
    asked = _asked(version, sample)
    usage = usage_of(version, version.provider, asked, answers)
    try:
        tariff = tariff_of(version.provider, version.model)
    except PriceUnknown:
        return RunEstimate(count, answers, len(sample), usage, None)
    micro_usd = tariff.at(usage.all_input // answers).of(usage)
    if not version.provider.takes_batches:
        return RunEstimate(count, answers, len(sample), usage, micro_usd)
    # Nothing is read from a cache in a batch, whose calls come in no order and hours apart.
    bare = Usage(usage.all_input, 0, 0, usage.output_tokens)
    each = tariff.at_most(
        input_tokens=math.ceil(asked.shared_tokens + asked.text_bytes + OVERHEAD_TOKENS),
        output_tokens=min(version.max_output_tokens or MOST_OUTPUT_TOKENS, MOST_OUTPUT_TOKENS),
        in_batch=True,
    )
    cost = tariff.at(bare.all_input // answers).of(bare, in_batch=True)
    return RunEstimate(count, answers, len(sample), usage, micro_usd, cost, each * answers)


@dataclass(frozen=True)
class _Asked:
    """What is asked, as some stories tell: tokens that all have in common, and a story's own, as means."""

    shared_tokens: int
    text_tokens: float
    text_bytes: float
    criteria: int


def _asked(version: JudgeVersion, sample: list[int]) -> _Asked:
    questions = questions_of(version)
    requests = [questions.request(story) for story in story_inputs(sample).values()]
    return _Asked(
        shared_tokens=tokens_in(requests[0].prefix) + tokens_in(str(requests[0].schema)),
        text_tokens=sum(tokens_in(request.text) for request in requests) / len(requests),
        text_bytes=sum(len(request.text.encode()) for request in requests) / len(requests),
        criteria=len(questions.criteria),
    )


def usage_of(version: JudgeVersion, provider: Provider, asked: _Asked, answers: int) -> Usage:
    """Return the tokens of so many answers.

    What is the same for all stories is read from the provider's cache where it certainly has one.
    """
    own, shared = math.ceil(asked.text_tokens * answers), asked.shared_tokens
    output = math.ceil(output_tokens(version, asked.criteria) * answers)
    if provider.kind == ProviderKind.ANTHROPIC:
        return Usage(own, shared * (answers - 1), shared, output)
    return Usage(own + shared * answers, 0, 0, output)


def output_tokens(version: JudgeVersion, criteria: int) -> float:
    """Return how long an answer is, in tokens: as the latest answers of this model were, or as long as we expect."""
    latest = JudgeAnswer.objects.filter(
        judge_version__provider=version.provider, judge_version__model=version.model, spend__state=SpendState.SETTLED
    ).order_by("-pk")[:RECENT]
    mean = Spend.objects.filter(pk__in=latest.values("spend")).aggregate(mean=Avg("output_tokens"))["mean"]
    return float(mean or OUTPUT_TOKENS + OUTPUT_TOKENS_A_CRITERION * criteria)


def tokens_in(text: str) -> int:
    """Return about how many tokens a text has; no provider's own counting is at hand before it is asked."""
    return math.ceil(len(text.encode()) / BYTES_A_TOKEN)
