"""Writing down what calls came to, many in a few statements, by one writer that keeps what the database does not take.

What was paid for is held in memory until it is stored, and stored before anything is read in it. A batch that met an
error is written again: what of it is there already is found by the row of its call in the ledger.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

from curation.core.leases import LeaseLost
from curation.scoring.actions.answers import finish_answers, keep_answers, read_answers
from curation.scoring.actions.asking import Questions
from curation.scoring.actions.runs import stop_run
from curation.scoring.judging.outcomes import Back, Outcome, Paid, PutOff, Stopped
from curation.scoring.judging.taking import JobInHand, by_held
from curation.scoring.models import JudgeAnswer, ScoreRun

log = logging.getLogger(__name__)
# Calls end in bunches. So long the first of a bunch waits for the others, in seconds, and so many make one.
BUNCH_SECONDS, MOST = 0.05, 256
AGAIN_SECONDS = 0.5
AWAY = (OperationalError, InterfaceError, PoolTimeout)
REASON = 300

InThread = Callable[..., Awaitable[Any]]


@dataclass
class UnreadAnswer:
    """An answer that is stored, and was read by nobody."""

    asked: JobInHand
    answer: JudgeAnswer


@dataclass
class AnswerWriter:
    """Writes outcomes. `in_thread` calls a function in the thread that has the database."""

    in_thread: InThread
    questions: dict[int, Questions] = field(default_factory=dict)
    runs: dict[int, ScoreRun] = field(default_factory=dict)
    waiting: list[Outcome | UnreadAnswer] = field(default_factory=list)
    written: int = 0
    is_away: bool = False

    def __post_init__(self) -> None:
        self.work = asyncio.Event()
        self.closing = False

    def put(self, *outcomes: Outcome | UnreadAnswer) -> None:
        """Have outcomes written down soon."""
        self.waiting += outcomes
        self.work.set()

    def close(self) -> None:
        """End once everything is written."""
        self.closing = True
        self.work.set()

    async def write(self) -> None:
        """Write until closed, and everything is written."""
        while self.waiting or not self.closing:
            if not self.waiting:
                await self.work.wait()
            self.work.clear()
            if not self.closing:
                await asyncio.sleep(BUNCH_SECONDS)
            bunch, self.waiting = self.waiting[:MOST], self.waiting[MOST:]
            if bunch:
                await self._stored(bunch)

    async def _stored(self, bunch: list[Outcome | UnreadAnswer], kept: dict[int, JudgeAnswer] | None = None) -> None:
        """Write a bunch, however long the database is away. Of one that cannot be written, all that can."""
        again, kept = kept is not None, {} if kept is None else kept
        while True:
            try:
                await self.in_thread(self.store, bunch, kept, again=again)
                self.written += len(bunch)
                self.is_away = False
                return
            except AWAY as error:
                if not self.is_away:
                    log.warning("%s results wait for the database: %s", len(bunch), error)
                self.is_away, again = True, True
                await asyncio.sleep(AGAIN_SECONDS)
            except Exception:
                if len(bunch) > 1:
                    for one in bunch:
                        await self._stored([one], kept)
                else:
                    log.exception("a result could not be written")
                    with suppress(DatabaseError):
                        await self.in_thread(self.give_up, bunch[0])
                return

    def store(self, bunch: Sequence[Outcome | UnreadAnswer], kept: dict[int, JudgeAnswer], *, again: bool) -> None:
        """Write a bunch. `kept` holds the answers of it that are stored, by their job; `again` looks for more."""
        try:
            self._keep([one for one in bunch if isinstance(one, Paid)], kept, again=again)
            stored = [UnreadAnswer(one.asked, kept[one.asked.job]) for one in bunch if isinstance(one, Paid)]
            self._finish([*stored, *(one for one in bunch if isinstance(one, UnreadAnswer))])
            give_back([one for one in bunch if isinstance(one, Back)])
            for one in bunch:
                if isinstance(one, PutOff):
                    put_off(one)
                elif isinstance(one, Stopped):
                    stop_run(run=self.runs[one.run], by=one.by, note=one.note)
        except AWAY:
            connection.close()
            raise

    def give_up(self, one: Outcome | UnreadAnswer) -> None:
        """Put a job off whose result cannot be written, so that it is seen and holds up no other."""
        if not isinstance(one, Stopped):
            put_off(PutOff(one.asked, RuntimeError("the result could not be stored; the log of the worker says why")))

    def _keep(self, paid: Sequence[Paid], kept: dict[int, JudgeAnswer], *, again: bool) -> None:
        if again:
            jobs = {one.received.spend: one.asked.job for one in paid if one.asked.job not in kept}
            kept.update({jobs[one.spend_id]: one for one in JudgeAnswer.objects.filter(spend__in=list(jobs))})
        by_run: dict[int, list[Paid]] = defaultdict(list)
        for one in paid:
            if one.asked.job not in kept:
                by_run[one.asked.run].append(one)
        for run, some in by_run.items():
            answers = keep_answers(run=self.runs[run], received=[one.received for one in some])
            kept.update({one.asked.job: answer for one, answer in zip(some, answers, strict=True)})

    def _finish(self, found: Sequence[UnreadAnswer]) -> None:
        by_run: dict[int, list[UnreadAnswer]] = defaultdict(list)
        for one in found:
            by_run[one.asked.run].append(one)
        for run, some in by_run.items():
            questions = self.questions[run]
            read = read_answers(
                questions, [one.answer for one in some], {one.asked.story.id: one.asked.story for one in some}
            )
            jobs = {one.answer.pk: one.asked.job for one in some}
            for group in by_held([one.asked for one in some]).values():
                mine = {one.job for one in group}
                finish_answers(
                    lease=group[0].held.lease.only(mine),
                    questions=questions,
                    jobs=jobs,
                    read=[one for one in read if jobs[one.answer.pk] in mine],
                )
                group[0].held.done(mine)


def give_back(backs: Sequence[Back]) -> None:
    """Let jobs be taken again after their time, as if they had not been taken."""
    seconds = {one.asked.job: one.seconds for one in backs}
    for group in by_held([one.asked for one in backs]).values():
        jobs = {one.job for one in group}
        with suppress(LeaseLost):
            group[0].held.lease.only(jobs).put_back(after=max(seconds[job] for job in jobs))
        group[0].held.done(jobs)


def put_off(one: PutOff) -> None:
    """Count an attempt, and let another follow or none. A job that is somebody else's by now is left to them."""
    reason = str(one.error)[:REASON].replace("\0", "")
    with suppress(LeaseLost):
        one.asked.held.lease.only([one.asked.job]).put_off(one.error, reason=reason, unknown=True)
    one.asked.held.done({one.asked.job})
