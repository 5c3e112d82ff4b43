"""Runs that are asked for in batches: their jobs are handed over together, and what came is stored hours later.

A batch's row and its jobs are written down before it is sent, so whoever finds it, after any restart, stores its
answers. The very first answer to a judge version is asked for alone and at the full price: a wrong model or a prompt
that it cannot follow shows in seconds, and what all calls have in common is known from it.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Min

from curation.core.errors import ExemplaError
from curation.llm.batches import Opened, Outcome, abandon, cancel, close, collect, look, open_batch, send
from curation.llm.calling import Answered, Ask, Gateway
from curation.llm.errors import AnswerLost, ProviderRefused, ProviderUnreachable, RequestRejected
from curation.llm.models import Batch, BatchState, Spend, SpendState
from curation.scoring.actions.answers import Received
from curation.scoring.actions.asking import Questions
from curation.scoring.actions.batches import BatchCallLost, Came, finish_batch, hand_over_jobs, jobs_at, take_back
from curation.scoring.judging.outcomes import SOON, Back, Stopped, outcomes_of
from curation.scoring.judging.taking import JobInHand, by_held, questions_for, take
from curation.scoring.judging.writing import AWAY, AnswerWriter, UnreadAnswer
from curation.scoring.models import JudgeAnswer, JudgeVersion, ScoreJob, ScoreRun
from curation.scoring.models.job import JobState
from curation.scoring.models.run import PausedBy, RunState

if TYPE_CHECKING:
    from curation.scoring.judging.loop import ActiveRun

log = logging.getLogger(__name__)
# Calls of one batch: each has the whole prompt in it.
BATCH_OF = 500
# Calls of one run at the provider at a time.
MOST_SENT = 10_000
STORED_TOGETHER = 100
# While money is kept back for batches under way there is no room for others, in seconds.
NO_ROOM_SECONDS = 60.0
PURPOSE = "score_run:"
# Until when this process leaves a run (its key) alone, which had no room or whose provider was away.
WAITS: dict[int, float] = {}

InThread = Callable[..., Awaitable[Any]]


@dataclass
class Batching:
    """Handing over and collecting, in one slice of judging."""

    gateway: Gateway
    writer: AnswerWriter
    in_thread: InThread

    async def hand_over(
        self, active: "ActiveRun", asks: Callable[[JobInHand], Ask], *, goes_on: Callable[[], bool]
    ) -> None:
        """Send what is due in a run, batch by batch, until nothing is, or there is no room for more."""
        while goes_on() and not active.is_over and time.monotonic() >= active.waits_until:
            try:
                room = await self.in_thread(_room, active.run.pk)
                taken = await self.in_thread(take, active.questions, run=active.run.pk, limit=room) if room else None
            except AWAY:
                break
            if taken is not None:
                self.writer.put(*(UnreadAnswer(asked, answer) for asked, answer in taken.found))
            if taken is None or not taken.asked:
                break
            try:
                await self._send(active, {asks(one).idempotency_key: (asks(one), one) for one in taken.asked})
            except Exception:
                log.exception("a batch of run %s was not sent", active.run.pk)
                self.writer.put(*(Back(one, SOON) for one in taken.asked if one.job in one.held.jobs))
                break
        # Nothing more to hand over in this slice.
        active.waits_until = max(active.waits_until, time.monotonic() + NO_ROOM_SECONDS)

    async def see_to(self, row: Batch) -> None:
        """Look how far a batch is, and store its answers once they are there."""
        try:
            run = await self.in_thread(_run_of, row)
            if run is None:
                return
            if run.state == RunState.CANCELLED:
                await cancel(self.gateway, row.pk)
            if await look(self.gateway, row.pk) == BatchState.ENDED:
                await self._store(row, run)
            await self.in_thread(take_back)
        except ProviderRefused as error:
            self.writer.runs[run.pk] = run
            self.writer.put(Stopped(run.pk, PausedBy.PROVIDER, error.message))
        except (ExemplaError, *AWAY) as error:
            log.warning("batch %s is looked at again in a minute: %s", row.pk, error)
        except Exception:
            log.exception("batch %s could not be seen to, and is looked at again in a minute", row.pk)

    async def _store(self, row: Batch, run: ScoreRun) -> None:
        questions: Questions = await self.in_thread(questions_for, run)
        jobs = await self.in_thread(jobs_at, row.pk)
        came: dict[int, Came] = {}
        async for key, outcome in collect(self.gateway, row.pk):
            _version, story, sample, _answers = map(int, key.split("-"))
            if (job := jobs.get((story, sample))) is None:
                continue
            came[job] = came_of(outcome, job, story, sample)
            if len(came) >= STORED_TOGETHER:
                await self.in_thread(finish_batch, run=run, questions=questions, batch=row.pk, came=came)
                came = {}
        if came:
            await self.in_thread(finish_batch, run=run, questions=questions, batch=row.pk, came=came)
        await close(self.gateway, row.pk)

    async def _send(self, active: "ActiveRun", asked: dict[str, tuple[Ask, JobInHand]]) -> None:
        """Hand over one batch of jobs that are taken; what is not sent is given back."""
        mine = [one for _ask, one in asked.values()]
        asks = [ask for ask, _one in asked.values()]
        try:
            if active.fewest is not None:
                await self.gateway.expect(asks[0], active.fewest)
            opened = await open_batch(self.gateway, asks)
        except Exception as error:
            self._give_back(active, mine, error)
            return
        left = [asked[ask.idempotency_key][1] for ask in opened.left]
        self.writer.put(*(Back(one, round(NO_ROOM_SECONDS)) for one in left))
        if opened.refusal is not None:
            active.is_over = True
            self.writer.put(Stopped(active.run.pk, PausedBy.BUDGET, opened.refusal.message))
        if left:
            self._wait(active, NO_ROOM_SECONDS)
        if opened.id is None:
            return
        kept = [asked[ask.idempotency_key][1] for ask in opened.asks]
        if not await self._hand_jobs_over(opened, kept):
            return
        try:
            await send(self.gateway, opened)
        except AnswerLost as error:
            log.warning("batch %s may have arrived, and is looked for: %s", opened.id, error)
        except ExemplaError as error:
            self._heed(active, error, kept[0])
            with suppress(*AWAY):
                await self.in_thread(take_back, after=max(0.0, active.waits_until - time.monotonic()))

    async def _hand_jobs_over(self, opened: Opened, kept: Sequence[JobInHand]) -> bool:
        """Let the jobs of a batch wait for its answers; False, and it is not sent, where they are not ours any more."""
        handed: set[int] = set()
        try:
            for group in by_held(kept).values():
                jobs = {one.job for one in group}
                handed |= await self.in_thread(hand_over_jobs, lease=group[0].held.lease, jobs=jobs, batch=opened.id)
                group[0].held.done(jobs)
            if len(handed) == len(kept):
                return True
        except AWAY as error:
            log.warning("a batch is not sent while the database is away: %s", error)
        self.writer.put(*(Back(one) for one in kept if one.job not in handed))
        with suppress(*AWAY):
            await abandon(self.gateway, opened)
            await self.in_thread(take_back)
        return False

    def _give_back(self, active: "ActiveRun", asked: Sequence[JobInHand], error: Exception) -> None:
        self._heed(active, error, asked[0])
        after = max(0, round(active.waits_until - time.monotonic()))
        self.writer.put(*(Back(one, after) for one in asked))

    def _heed(self, active: "ActiveRun", error: Exception, asked: JobInHand) -> None:
        """Leave a run that can do no better, and let one wait whose provider is away."""
        stops = [one for one in outcomes_of(error, asked, is_its_own=False) if isinstance(one, Stopped)]
        # A batch that is refused as a whole would be refused again.
        by = stops[0].by if stops else PausedBy.PROVIDER if isinstance(error, RequestRejected) else None
        if by is not None and isinstance(error, ExemplaError):
            active.is_over = True
            self.writer.put(Stopped(active.run.pk, by, error.message))
        else:
            self._wait(active, getattr(error, "retry_after", None) or SOON)

    def _wait(self, active: "ActiveRun", seconds: float) -> None:
        active.waits_until = max(active.waits_until, time.monotonic() + seconds)
        WAITS[active.run.pk] = active.waits_until


def may_go_on(run: ScoreRun) -> bool:
    """Whether this process has no reason to leave a run alone for a while."""
    return time.monotonic() >= WAITS.get(run.pk, 0.0)


def came_of(outcome: Outcome, job: int, story: int, sample: int) -> Came:
    """Return what is to become of a job, by what the provider says of its call."""
    if isinstance(outcome, Answered):
        return Received(
            job,
            story,
            sample,
            raw=outcome.raw,
            spend=outcome.spend_id,
            response_id=outcome.response_id,
            stop_reason=outcome.stop_reason,
        )
    if isinstance(outcome, ProviderUnreachable):
        return BatchCallLost(never_ran=True)
    if isinstance(outcome, RequestRejected):
        return BatchCallLost(outcome.message, is_final=True)
    if outcome.raw and outcome.spend_id is not None and not isinstance(outcome, AnswerLost):
        return Received(job, story, sample, raw=outcome.raw, spend=outcome.spend_id)
    return BatchCallLost(outcome.message)


def fewest_tokens(version: JudgeVersion) -> int | None:
    """Return how few tokens an answer to a version took to read; None where it has none, and its first goes alone."""
    answers = JudgeAnswer.objects.filter(judge_version=version).order_by("-pk").values("spend")[:STORED_TOGETHER]
    spends = Spend.objects.filter(pk__in=answers, state=SpendState.SETTLED)
    read = F("input_tokens") + F("cached_read_tokens") + F("cached_write_tokens")
    found: int | None = spends.aggregate(fewest=Min(read))["fewest"]
    return found or None


def _room(run: int) -> int:
    sent = ScoreJob.objects.filter(run=run, state=JobState.SENT).count()
    return max(0, min(BATCH_OF, MOST_SENT - sent))


def _run_of(row: Batch) -> ScoreRun | None:
    if not row.purpose.startswith(PURPOSE):
        return None
    found = ScoreRun.objects.select_related("judge_version__provider").defer("judge_version__model_artifact")
    return found.filter(pk=int(row.purpose.removeprefix(PURPOSE))).first()
