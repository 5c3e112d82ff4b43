"""What a run will take before anybody pays for it: tokens measured on a sample of its stories, and their price."""

import math
from dataclasses import dataclass, replace

from django.db.models import Avg, Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet

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
# The practice model gives one short sentence for all of its reasons.
PRACTICE_TOKENS, PRACTICE_TOKENS_A_CRITERION = 60, 65
RECENT = 200
# What runs that are over did not get: whoever runs these stories again takes it up.
LEFT_OVER = Q(state__in=[JobState.FAILED, JobState.PENDING], run__state__in=[RunState.DONE, RunState.CANCELLED])


@dataclass(frozen=True)
class RunEstimate:
    """For all of a run: `stories`, `answers` to buy, and their tokens and price as far as the `sampled` ones tell.

    `micro_usd` is None where nobody has told what the model costs, and so is `answer_at_most_micro_usd`, which is kept
    back of the budget for one answer while it is on its way. `measured` earlier answers say how long answers are; with
    none, that is assumed. `batch_micro_usd` is what it costs in batches, and `batch_at_most_micro_usd` what is kept
    back if all go at once; both None where the provider takes none.
    """

    stories: int
    answers: int
    sampled: int
    usage: Usage
    micro_usd: int | None
    measured: int = 0
    answer_at_most_micro_usd: int | None = None
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
    asked, before = _asked(version, sample), answers_before(version)
    usage = usage_of(version, version.provider, asked, before, answers)
    found = RunEstimate(count, answers, len(sample), usage, None, before.answers)
    try:
        tariff = tariff_of(version.provider, version.model)
    except PriceUnknown:
        return found
    output = min(version.max_output_tokens or MOST_OUTPUT_TOKENS, MOST_OUTPUT_TOKENS)
    found = replace(
        found,
        micro_usd=tariff.at(usage.all_input // answers).of(usage),
        answer_at_most_micro_usd=tariff.at_most(input_tokens=asked.longest_bytes, output_tokens=output),
    )
    if not version.provider.takes_batches:
        return found
    # Nothing is read from a cache in a batch, whose calls come in no order and hours apart.
    bare = Usage(usage.all_input, 0, 0, usage.output_tokens)
    each = tariff.at_most(
        input_tokens=math.ceil(asked.shared_tokens + asked.text_bytes + OVERHEAD_TOKENS),
        output_tokens=output,
        in_batch=True,
    )
    cost = tariff.at(bare.all_input // answers).of(bare, in_batch=True)
    return replace(found, batch_micro_usd=cost, batch_at_most_micro_usd=each * answers)


@dataclass(frozen=True)
class _Asked:
    """What is asked, as some stories tell: tokens that all have in common, and a story's own, as means.

    `longest_bytes` are those of everything that is read with the longest of them.
    """

    shared_tokens: int
    text_tokens: float
    text_bytes: float
    longest_bytes: int
    criteria: int


def _asked(version: JudgeVersion, sample: list[int]) -> _Asked:
    questions = questions_of(version)
    requests = [questions.request(story) for story in story_inputs(sample).values()]
    texts = [len(request.text.encode()) for request in requests]
    prefix, schema = requests[0].prefix, str(requests[0].schema)
    return _Asked(
        shared_tokens=tokens_in(prefix) + tokens_in(schema),
        text_tokens=sum(tokens_in(request.text) for request in requests) / len(requests),
        text_bytes=sum(texts) / len(texts),
        longest_bytes=max(texts) + len(prefix.encode()) + len(schema.encode()) + OVERHEAD_TOKENS,
        criteria=len(questions.criteria),
    )


@dataclass(frozen=True)
class AnswersBefore:
    """How many tokens the latest `answers` of a model took, as means; None where there are none that tell.

    `written` counts those of any question. `read` counts only questions that had the same beginning, at once and not in
    batches, `cached` is the share of it that came from the provider's cache, and `text_bytes` are those of their
    stories.
    """

    answers: int = 0
    written: float | None = None
    read: float | None = None
    cached: float = 0.0
    text_bytes: float = 0.0


def answers_before(version: JudgeVersion) -> AnswersBefore:
    """Return what the latest answers of the model of `version` took, asked to make as much effort."""
    like = JudgeVersion.objects.filter(provider=version.provider, model=version.model, effort=version.effort)
    paid = JudgeAnswer.objects.filter(judge_version__in=like.values("pk"), spend__state=SpendState.SETTLED)
    latest = paid.order_by("-pk")[:RECENT].values("spend")
    told = Spend.objects.filter(pk__in=latest).aggregate(n=Count("pk"), written=Avg("output_tokens"))
    if not told["n"]:
        return AnswersBefore()
    same = like.filter(
        rubric=version.rubric,
        constitution=version.constitution,
        prompt_version=version.prompt_version,
        prompt=version.prompt,
    )
    alike = paid.filter(judge_version__in=same.values("pk"), spend__batch=None).order_by("-pk")[:RECENT]
    everything = F("spend__input_tokens") + F("spend__cached_read_tokens") + F("spend__cached_write_tokens")
    bytes_read = Func(F("story__text"), function="octet_length", output_field=IntegerField())
    read = JudgeAnswer.objects.filter(pk__in=alike.values("pk")).aggregate(
        read=Avg(everything), cached=Avg("spend__cached_read_tokens"), text=Avg(bytes_read)
    )
    if not read["read"]:
        return AnswersBefore(told["n"], float(told["written"]))
    return AnswersBefore(
        answers=told["n"],
        written=float(told["written"]),
        read=float(read["read"]),
        cached=float(read["cached"]) / float(read["read"]),
        text_bytes=float(read["text"]),
    )


def usage_of(version: JudgeVersion, provider: Provider, asked: _Asked, before: AnswersBefore, answers: int) -> Usage:
    """Return the tokens of so many answers: as earlier ones took, or as many as we expect.

    What is the same for all stories is read from the provider's cache where it certainly has one, elsewhere as far as
    earlier answers found it there.
    """
    scale = 1.0
    if before.read is not None:
        # How many more or fewer tokens this model makes of a text than we take it to have.
        scale = before.read / (
            asked.shared_tokens + asked.text_tokens + (before.text_bytes - asked.text_bytes) / BYTES_A_TOKEN
        )
    own, shared = math.ceil(scale * asked.text_tokens * answers), math.ceil(scale * asked.shared_tokens)
    written = before.written
    if written is None:
        written = expected_tokens(provider, asked.criteria)
    output = math.ceil(written * answers)
    if provider.kind == ProviderKind.ANTHROPIC:
        return Usage(own, shared * (answers - 1), shared, output)
    cached = math.floor(before.cached * (own + shared * answers))
    return Usage(own + shared * answers - cached, cached, 0, output)


def expected_tokens(provider: Provider, criteria: int) -> float:
    """Return how long an answer is, in tokens, where none has come yet."""
    if provider.is_practice:
        return PRACTICE_TOKENS + PRACTICE_TOKENS_A_CRITERION * criteria
    return OUTPUT_TOKENS + OUTPUT_TOKENS_A_CRITERION * criteria


def tokens_in(text: str) -> int:
    """Return about how many tokens a text has; no provider's own counting is at hand before it is asked."""
    return math.ceil(len(text.encode()) / BYTES_A_TOKEN)
