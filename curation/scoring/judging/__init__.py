"""Paid scoring: asking language models for all runs that are running, many calls at a time."""

import asyncio

from django.db import connections

from curation.core import leases
from curation.core.jobs import nudge
from curation.llm.batches import are_batches_due
from curation.llm.calling import Gateway
from curation.scoring.actions.batches import take_back
from curation.scoring.actions.runs import PUMP
from curation.scoring.judging.batching import may_go_on
from curation.scoring.judging.loop import Judging
from curation.scoring.judging.taking import running_runs
from curation.scoring.models import ScoreJob

# How long one slice takes jobs, in seconds. What is in flight at its end is waited for, which costs the time of a call.
SLICE_SECONDS = 300.0


def judge(*, seconds: float = SLICE_SECONDS) -> None:
    """Ask for what is due for up to `seconds`, and wake the worker again if more is.

    Any number of calls at the same time, on any number of hosts, and a kill at any moment end with one score for each
    story, version, criterion and sample. Nothing is loaded that talks to models while nothing is due.
    """
    leases.reclaim(ScoreJob)
    take_back()
    is_any_due = are_batches_due() or any(map(may_go_on, running_runs()))
    # A slice has a connection of its own, and lasts longer than one may that nobody uses.
    connections.close_all()
    if is_any_due and asyncio.run(_judge(seconds)):
        nudge(PUMP)


async def _judge(seconds: float) -> bool:
    async with Gateway() as gateway:
        return await Judging(gateway, seconds=seconds).run()
