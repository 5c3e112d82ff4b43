"""Keeping calls to models in flight: jobs are taken ahead of time, asked as soon as there is room, and written down.

One process asks for all runs that are running. Calls end when they end, and the next begins at once; taking jobs and
writing results go on beside it, in one thread that has the database.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import DatabaseError, connections

from curation.core.worker_end import is_ending
from curation.llm.batches import take_due_batches
from curation.llm.calling import Answered, Ask, Gateway
from curation.llm.errors import ProviderUnreachable
from curation.scoring.actions.answers import Received
from curation.scoring.actions.asking import Questions
from curation.scoring.actions.runs import finish_runs
from curation.scoring.judging.batching import PURPOSE, Batching, fewest_tokens, may_go_on
from curation.scoring.judging.outcomes import Back, Outcome, Paid, Stopped, outcomes_of, was_answered
from curation.scoring.judging.taking import JobInHand, TakenJobs, questions_for, running_runs, still_running, take
from curation.scoring.judging.writing import AWAY, AnswerWriter, UnreadAnswer
from curation.scoring.models import ScoreRun

log = logging.getLogger(__name__)
# How often runs are looked for, and whether somebody has paused one, in seconds.
LOOKED_EVERY = 0.5
# Calls in flight of one process, whatever its providers allow.
MOST_IN_FLIGHT = 512
# Jobs taken together, at least, so that a lease is worth its renewal.
LEAST_TAKEN = 8
# What is left of a worker that was asked to end, for calls in flight; what `worker_end` allows is longer.
LAST_SECONDS = 18.0
# A provider forgets a beginning that nobody sends for five minutes.
WARM_SECONDS = 240.0
# When each provider (its key) last answered anything.
ANSWERED: dict[int, float] = {}
# By job (its key): when the first call began that its provider left without a word, or the last that was counted.
SILENT: dict[int, float] = {}
# Silence is counted once for each time that the provider is seen to answer others. Where nothing else is left to ask,
# one that was counted counts again after this long: a provider that comes and goes has answered it by then.
COUNTED_AGAIN = 120.0
COUNTED: set[int] = set()


@dataclass
class ActiveRun:
    """One run in this process: its jobs that are ready, how many calls are in flight, and what it waits for.

    `fewest` is how few tokens an answer to its version took to read, None before the first.
    """

    run: ScoreRun
    questions: Questions
    fewest: int | None = None
    ready: deque[JobInHand] = field(default_factory=deque)
    flying: int = 0
    waits_until: float = 0.0
    warmed_at: float | None = None
    is_answered: bool = False
    handing: "asyncio.Task[None] | None" = None
    is_over: bool = False

    @property
    def goes_in_batches(self) -> bool:
        """Whether what is left is asked for together."""
        return self.run.in_batches and (self.fewest is not None or self.is_answered)

    @property
    def provider(self) -> int:
        """Whom it asks."""
        provider = self.run.judge_version.provider_id
        assert provider is not None  # noqa: S101 - a run is of a version that has one  # nosec
        return provider

    def may_start(self, share: int, now: float) -> bool:
        """Whether there is room for another call. The first one goes alone, so that the others find its beginning."""
        if self.is_over or now < self.waits_until:
            return False
        is_warm = self.warmed_at is not None and now - self.warmed_at < WARM_SECONDS
        return self.flying < (share if is_warm else 1)


class Judging:
    """One slice of judging, until `seconds` are over, nothing is due, or the worker was asked to end."""

    def __init__(self, gateway: Gateway, *, seconds: float) -> None:
        self.gateway, self.until = gateway, time.monotonic() + seconds
        self.active_runs: dict[int, ActiveRun] = {}
        self.calls: set[asyncio.Task[None]] = set()
        self.landed = asyncio.Event()
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judging")
        self.writer = AnswerWriter(self.in_thread)
        self.batching = Batching(gateway, self.writer, self.in_thread)
        self.looked_at = 0.0

    async def in_thread(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What a function returns, called in the thread that has the database."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(function, *args, **kwargs))

    async def run(self) -> bool:
        """Judge; returns whether more is due. What is in flight at the end is waited for."""
        writing = asyncio.create_task(self.writer.write())
        try:
            more = await self._ask_all()
            await self._land()
        finally:
            for active in self.active_runs.values():
                self._let_go(active)
            self.writer.close()
            await writing
            with suppress(*AWAY):
                await self.in_thread(finish_runs)
            await self.in_thread(connections.close_all)
            self.thread.shutdown()
        return more

    async def _ask_all(self) -> bool:
        while time.monotonic() < self.until and not is_ending():
            await self._look()
            took = await self._take()
            self._start()
            self._hand_over()
            if not (
                took or self.calls or self.writer.waiting or any(active.ready for active in self.active_runs.values())
            ):
                return False
            self.landed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.landed.wait(), 0.1)
        return True

    async def _look(self) -> None:
        """Take up runs that have begun, and leave those that somebody has paused."""
        if time.monotonic() - self.looked_at < LOOKED_EVERY or self.writer.is_away:
            return
        self.looked_at = time.monotonic()
        try:
            running = await self.in_thread(still_running, list(self.active_runs))
            for row in await self.in_thread(take_due_batches):
                self._begin(self.batching.see_to(row))
            for run in filter(may_go_on, await self.in_thread(running_runs)):
                if run.pk not in self.active_runs:
                    questions = await self.in_thread(questions_for, run)
                    fewest = await self.in_thread(fewest_tokens, run.judge_version) if run.in_batches else None
                    self.active_runs[run.pk] = ActiveRun(run, questions, fewest)
                    self.writer.runs[run.pk], self.writer.questions[run.pk] = run, questions
                running.add(run.pk)
        except AWAY as error:
            await self._database_is_away(error)
            return
        for pk, active in self.active_runs.items():
            active.is_over = pk not in running
            if active.is_over:
                self._let_go(active)

    async def _take(self) -> bool:
        """Take jobs for the runs that will soon have none; returns whether there were any."""
        took = False
        for active in self.active_runs.values():
            # Of a run in batches the first goes alone.
            share = 1 if active.run.in_batches else self._share(active)
            wanted = (1 if active.run.in_batches else 2 * share) - active.flying - len(active.ready)
            if (
                active.goes_in_batches
                or active.is_over
                or time.monotonic() < active.waits_until
                or wanted < max(min(LEAST_TAKEN, share), share // 2)
            ):
                continue
            if self.writer.is_away or is_ending():
                break
            try:
                taken: TakenJobs = await self.in_thread(take, active.questions, run=active.run.pk, limit=wanted)
            except AWAY as error:
                await self._database_is_away(error)
                break
            except DatabaseError:
                # Somebody has paused it at this moment, and nothing of it is leased any more.
                active.is_over = True
                continue
            active.ready.extend(taken.asked)
            self.writer.put(*(UnreadAnswer(asked, answer) for asked, answer in taken.found))
            took = took or bool(taken.asked or taken.found)
        return took

    def _share(self, active: ActiveRun) -> int:
        """How many calls a run may have in flight: the provider's width, shared by the runs that ask it."""
        provider = active.run.judge_version.provider
        assert provider is not None  # noqa: S101 - a run is of a version that has one  # nosec
        others = [one for one in self.active_runs.values() if not one.is_over]
        of_same = sum(one.provider == active.provider for one in others) or 1
        return max(1, min(provider.in_flight // of_same, MOST_IN_FLIGHT // max(1, len(others))))

    def _start(self) -> None:
        """Begin calls while there is room."""
        if self.writer.is_away or is_ending():
            return
        for active in self.active_runs.values():
            share, now = self._share(active), time.monotonic()
            while active.ready and active.may_start(share, now):
                active.flying += 1
                self._begin(self._call(active, active.ready.popleft()))

    def _hand_over(self) -> None:
        """Have batches sent of the runs that go in them."""
        if self.writer.is_away or is_ending():
            return
        for active in self.active_runs.values():
            is_at_it = active.handing is not None and not active.handing.done()
            if active.goes_in_batches and not (is_at_it or active.is_over) and time.monotonic() >= active.waits_until:
                asks = partial(ask_for, active)
                active.handing = self._begin(self.batching.hand_over(active, asks, goes_on=self._goes_on))

    def _goes_on(self) -> bool:
        return not (self.writer.is_away or is_ending()) and time.monotonic() < self.until

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Let something go on beside the loop, which waits for it at its end."""
        task = asyncio.get_running_loop().create_task(work)
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)
        return task

    async def _call(self, active: ActiveRun, asked: JobInHand) -> None:
        """Make one call, have its outcome written down, and let the next begin."""
        began = time.monotonic()
        try:
            answered = await self.gateway.ask(ask_for(active, asked))
        except asyncio.CancelledError:
            self.writer.put(Back(asked))
            raise
        except Exception as error:
            is_its_own = isinstance(error, ProviderUnreachable) and is_silence_its_own(
                asked.job, active.provider, began
            )
            outcomes = outcomes_of(error, asked, is_its_own=is_its_own)
            self.writer.put(*outcomes)
            if was_answered(error):
                ANSWERED[active.provider] = active.warmed_at = time.monotonic()
            self._heed(active, outcomes)
        else:
            ANSWERED[active.provider] = active.warmed_at = time.monotonic()
            SILENT.pop(asked.job, None)
            COUNTED.discard(asked.job)
            active.is_answered = True
            self.writer.put(Paid(asked, received(asked, answered)))
        finally:
            active.flying -= 1
            self.landed.set()
        if time.monotonic() < self.until:
            self._start()

    def _heed(self, active: ActiveRun, outcomes: Sequence[Outcome]) -> None:
        """Wait as long as the provider asks for, and leave a run of which no call can do better."""
        now = time.monotonic()
        for one in outcomes:
            if isinstance(one, Back) and one.holds_up_others:
                active.waits_until = max(active.waits_until, now + one.seconds)
            active.is_over = active.is_over or isinstance(one, Stopped)
        if active.is_over or active.waits_until > now:
            self._let_go(active)

    def _let_go(self, active: ActiveRun) -> None:
        """Give back the jobs of a run that are ready and were not asked for."""
        left = max(0, round(active.waits_until - time.monotonic()))
        self.writer.put(*(Back(asked, left) for asked in active.ready))
        active.ready.clear()

    async def _land(self) -> None:
        """Wait for the calls in flight; in a worker that was asked to end, no longer than it has."""
        for active in self.active_runs.values():
            self._let_go(active)
        last: float | None = None
        while self.calls:
            if last is None and is_ending():
                last = time.monotonic() + LAST_SECONDS
            if last is not None and time.monotonic() > last:
                for call in self.calls:
                    call.cancel()
            await asyncio.wait(self.calls, timeout=0.2)

    async def _database_is_away(self, error: Exception) -> None:
        log.warning("judging waits for the database: %s", error)
        await self.in_thread(connections.close_all)
        await asyncio.sleep(LOOKED_EVERY)


def is_silence_its_own(job: int, provider: int, began: float) -> bool:
    """Whether a provider that left a call without a word answers others, so that this one's silence counts."""
    now, since = time.monotonic(), SILENT.setdefault(job, began)
    counts = ANSWERED.get(provider, 0.0) > since or (job in COUNTED and now - since > COUNTED_AGAIN)
    if counts:
        SILENT[job] = now
        COUNTED.add(job)
    return counts


def ask_for(active: ActiveRun, asked: JobInHand) -> Ask:
    """The call for a job. Its key stays the same until an answer to it is stored."""
    version = active.run.judge_version
    assert version.max_output_tokens is not None  # noqa: S101 - a run is of a version that has it  # nosec
    return Ask(
        provider_id=active.provider,
        model=version.model,
        prefix=asked.request.prefix,
        text=asked.request.text,
        schema=asked.request.schema,
        max_output_tokens=version.max_output_tokens,
        temperature=version.temperature,
        effort=version.effort or None,
        budget_id=active.run.budget_id,
        purpose=f"{PURPOSE}{active.run.pk}",
        idempotency_key=f"{version.pk}-{asked.story.id}-{asked.sample}-{asked.answers}",
        # What is in the cache after the first call of a run in batches, no other call would read.
        cached=not active.run.in_batches,
    )


def received(asked: JobInHand, answered: Answered) -> Received:
    """What came for a job."""
    return Received(
        asked.job,
        asked.story.id,
        asked.sample,
        raw=answered.raw,
        spend=answered.spend_id,
        response_id=answered.response_id,
        stop_reason=answered.stop_reason,
    )
