"""Paid scoring against a provider on this machine: calls a second, processor time and memory, and what stories cost.

The stand-in answers every call after the same time, so that a provider's width divided by it is the most calls that
there can be in a second. What is asserted is the share of that which was reached, from when the first answer was there
(which goes alone, so that the others find its beginning in the provider's cache) until 95 in 100 were stored. Faults
are 5 in 100 refusals for speed, 3 times 503 and 2 answers of no use; a refusal comes at once, so that with them a
little more than all can be reached. Processor time is that of the process that asks, what it loads at the start
included.

*Planted*: each answer stored in a transaction of its own, half the calls a second of before at 256 in flight (16% of
what there can be beside 32%, on a machine that was busy with other things).
"""

import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from django.db import connections
from django.db.models import Sum

from curation.accounts.actors import SYSTEM
from curation.demo import samples
from curation.llm.models import Spend
from curation.llm.prices import Usage, tariff_of
from curation.scoring.actions.asking import questions_of, story_inputs
from curation.scoring.judging import judge
from curation.scoring.models import JudgeAnswer, ScoreJob, ScoreRun
from curation.scoring.reading import JudgeRequest
from curation.stories.actions import add_stories
from curation.stories.actions.checking import check_slice
from curation.stories.models import Story
from tests.benchmarks.report import tell
from tests.builders import default_rubric, source
from tests.judging import llm_judge, started_run
from tests.judging_runs import MODEL
from tests.model_stand_in import StandIn
from tests.model_stand_in.faults import Faults
from tests.models import provider_at
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS, ROUNDS = 4.0, 10
HEAD = f"{'':34}{'calls/s':>10}{'there':>10}{'share':>10}{'ms a call':>10}"
LEAST_SHARE = 0.9
FAULTY = "a tenth are faults"
MANY = 10_000
MOST_GROWTH = 1.1
BARE, MOST_BARE_CALLS = 1_000, 10
MOST_CACHED, MOST_IN_BATCH, LEAST_FROM_CACHE = 0.75, 0.51, 0.7
MIXED = Faults(rates={"limited": 0.05, "unavailable": 0.03, "garbage_answer": 0.02}, retry_after=1)


def stories(number: int) -> list[Story]:
    """So many stories, which are the sample stories with a number at their end."""
    texts = cycle(samples.story(slug)["text"] for slug in samples.slugs())
    rows = [{"text": f"{text}\n\nBerth {place}."} for place, text in zip(count(), islice(texts, number), strict=False)]
    made = add_stories(actor=SYSTEM, source=source(), rows=rows)
    while check_slice():
        pass
    return list(made)


def run_over(stand_in: StandIn, number: int, width: int) -> ScoreRun:
    """A run of a judge over so many stories, at a provider that allows so many calls at a time."""
    default_rubric()
    # The month holds more than all of it costs.
    more = {"in_flight": width, "timeout_seconds": 60, "month_limit_micro_usd": 1_000_000_000}
    provider = provider_at(stand_in, name=f"Stand-in {uuid4()}", **more)
    return started_run(llm_judge(provider=provider, model=MODEL), stories(number), limit=1_000_000_000)


@dataclass
class Watched:
    """When a run had its first answer, when 95 in 100, and how many calls there had been by then."""

    first: float = 0.0
    most: float = 0.0
    calls: int = 0


def judged(run: ScoreRun, stand_in: StandIn) -> tuple[Watched, float]:
    """Judge until nothing is open; returns what was seen beside it, and the seconds of the processor."""
    seen = Watched()

    def watch() -> None:
        answers = JudgeAnswer.objects.filter(run=run)
        until(answers.exists, seconds=600)
        seen.first = time.monotonic()
        until(lambda: answers.count() >= 0.95 * run.stories, seconds=3_600)
        seen.most, seen.calls = time.monotonic(), stand_in.seen()["calls"]
        connections.close_all()

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.process_time()
    while ScoreJob.objects.filter(run=run, state__in=["pending", "leased"]).exists():
        judge(seconds=600)
    watching.join()
    return seen, time.process_time() - began


def test_calls_a_second(stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    lines, shares = [HEAD], []
    for width, kind, faults in ((64, FAULTY, MIXED), (256, "no faults", None), (256, FAULTY, MIXED)):
        stand_in.begin(faults, seconds=SECONDS)
        seen, processor = judged(run_over(stand_in, width * ROUNDS, width), stand_in)
        a_second, most = seen.calls / (seen.most - seen.first), width / SECONDS
        shares.append(a_second / most)
        spent = 1000 * processor / stand_in.seen()["calls"]
        name = f"{width} in flight, {kind}"
        lines.append(f"{name:34}{a_second:>10.1f}{most:>10.0f}{shares[-1]:>10.0%}{spent:>10.1f}")
    tell(capsys, "Calls to models", str(__doc__), [*lines, f"at least {LEAST_SHARE:.0%} of what there can be"])
    assert min(shares) >= LEAST_SHARE


def resident() -> float:
    """What this process has in memory, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def memory_beside() -> Iterator[list[tuple[int, float]]]:
    """Yield pairs of how many answers are stored and what this process has in memory, looked at every second."""
    seen: list[tuple[int, float]] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(1):
            seen.append((JudgeAnswer.objects.count(), resident()))
        connections.close_all()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def bare_calls(run: ScoreRun) -> float:
    """Seconds of the processor that a call takes which is no more than that: the same bytes sent, the answer read."""
    version = run.judge_version
    assert version.provider is not None
    questions, url = questions_of(version), f"{version.provider.address}/v1/messages"
    chosen = ScoreJob.objects.filter(run=run).values_list("story", flat=True)[:BARE]
    headers = {"content-type": "application/json", "x-api-key": "sk-practice-secret", "anthropic-version": "2023-06-01"}
    bodies = [body_of(version.model, questions.request(story)) for story in story_inputs(list(chosen)).values()]

    async def one(client: httpx2.AsyncClient, places: asyncio.Semaphore, body: bytes) -> None:
        async with places:
            response = await client.post(url, content=body, headers=headers)
        assert json.loads(response.content)["content"]

    async def every() -> None:
        places = asyncio.Semaphore(64)
        async with httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_connections=64)) as client:
            await asyncio.gather(*(one(client, places, body) for body in bodies))

    began = time.process_time()
    asyncio.run(every())
    return (time.process_time() - began) / len(bodies)


def body_of(model: str, request: JudgeRequest) -> bytes:
    """A message as Anthropic takes it."""
    sent = {
        "model": model,
        "max_tokens": 8_000,
        "system": [{"type": "text", "text": request.prefix, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": request.text}],
        "output_config": {"format": {"type": "json_schema", "schema": request.schema}},
    }
    return json.dumps(sent, ensure_ascii=False).encode()


@pytest.mark.by_name("cost", 3)
def test_memory_and_cost_over_many_stories(stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """What a worker has in memory while it asks about many stories, and what 1,000 stories cost.

    The stories are the sample stories, the prices those of a model of the middle class (3 dollars per million tokens
    read, 15 written). The cost follows from the tokens that the ledger has: as it was, as it would have been without
    the provider's cache, and in a batch. A bare call sends the same bytes with the same client and reads the answer.

    *Planted*: question and answer of every story kept, 1.10 times the memory within 1,800 stories already; every call
    made through the libraries, 11.8 bare calls; a beginning that is another for each story, 0% from the cache and 111%
    of the price without it.
    """
    run = run_over(stand_in, MANY, 64)
    with memory_beside() as seen:
        _seen, processor = judged(run, stand_in)
    early = max(memory for answers, memory in seen if answers <= MANY / 5)
    late = max(memory for answers, memory in seen)
    spends = Spend.objects.filter(state="settled")
    told = spends.aggregate(
        input=Sum("input_tokens"), read=Sum("cached_read_tokens"), write=Sum("cached_write_tokens"),
        output=Sum("output_tokens"), paid=Sum("micro_usd"),
    )  # fmt: skip
    provider = run.judge_version.provider
    assert provider is not None
    tariff = tariff_of(provider, MODEL)
    everything = told["input"] + told["read"] + told["write"]
    a_call = Usage(input_tokens=round(everything / MANY), output_tokens=round(told["output"] / MANY))
    costs = {
        "with the provider's cache": told["paid"] / MANY,
        "without it": tariff.of(a_call),
        "in a batch": tariff.of(a_call, in_batch=True),
    }
    cached, without, batched = costs.values()
    from_cache = told["read"] / everything
    stand_in.begin()
    each, bare = processor / MANY, bare_calls(run)
    lines = [
        f"memory {early:.0f} MiB within the first {MANY // 5:,} stories, {late:.0f} MiB within {MANY:,}"
        f" (at most {MOST_GROWTH:.1f} times)",
        f"{1000 * each:.1f} ms of the processor a call, as fast as they can be made; {each / bare:.1f} bare calls"
        f" (at most {MOST_BARE_CALLS})",
        f"{everything / MANY:,.0f} tokens read a story, {from_cache:.0%} of them from the cache"
        f" (at least {LEAST_FROM_CACHE:.0%}); {told['output'] / MANY:,.0f} written",
        *(
            f"{1000 * cost / 1e6:8.2f} dollars for 1,000 stories {how}, {cost / without:.0%} of without the cache"
            for how, cost in costs.items()
        ),
        f"at most {MOST_CACHED:.0%} with the cache, {MOST_IN_BATCH:.0%} in a batch",
    ]
    tell(capsys, "Calls to models, memory and cost", str(test_memory_and_cost_over_many_stories.__doc__), lines)
    assert late <= MOST_GROWTH * early
    assert each <= MOST_BARE_CALLS * bare
    assert from_cache >= LEAST_FROM_CACHE
    assert cached <= MOST_CACHED * without
    assert batched <= MOST_IN_BATCH * without
