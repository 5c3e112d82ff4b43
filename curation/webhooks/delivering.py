"""Carrying out deliveries: rows are taken endpoint by endpoint, sent together, and what came of them is written down.

No endpoint has more than its share in flight, and nothing waits for another endpoint's answer. The network is called
with no transaction open, in a loop of its own beside one thread that has the database.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from curation.core.jobs import nudge
from curation.core.locks import WEBHOOKS_SLOT, try_lock
from curation.core.worker_end import is_ending
from curation.webhooks.actions.endpoints import MOST
from curation.webhooks.actions.taking import PER_ENDPOINT, TakenDelivery, anything_due, record, take_due
from curation.webhooks.emitting import PUMP
from curation.webhooks.faults import SECRET_UNREADABLE
from curation.webhooks.network import ReceiverBackend, pool_for
from curation.webhooks.parcels import AttemptResult
from curation.webhooks.sending import send

log = logging.getLogger(__name__)
# How long one slice takes deliveries, in seconds. What is in flight at its end is waited for.
SLICE_SECONDS = 45.0
# Processes that send at a time, on all hosts.
SLOTS = 2
# How often rows are looked for while answers are waited for; and how long the first of a bunch waits for others.
LOOKED_EVERY, BUNCH_SECONDS = 0.5, 0.02


def deliver(*, seconds: float = SLICE_SECONDS) -> None:
    """Send what is due for up to `seconds`, and wake the worker again if more is.

    Any number of calls at the same time and a kill at any moment end with every message delivered, or given up with its
    reason; one whose worker stopped between sending and writing that down is sent again.
    """
    until = time.monotonic() + seconds
    # Whoever finds every slot taken leaves its rows to those who have them, so they look once more in the end.
    while anything_due():
        if time.monotonic() > until or is_ending():
            nudge(PUMP)
            return
        if not asyncio.run(Delivering(until).run()):
            # Others are at it.
            return


@contextmanager
def held_slot() -> Iterator[bool]:
    """Hold one of the slots, or yield False if all are taken."""
    with ExitStack() as stack:
        yield any(stack.enter_context(try_lock(WEBHOOKS_SLOT, slot)) for slot in range(1, SLOTS + 1))


class Delivering:
    """One slice of sending, until `until` (monotonic), nothing is due, or the worker was asked to end."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.to_private: bool = settings.WEBHOOKS_TO_PRIVATE_ADDRESSES
        self.flying: dict[asyncio.Task[AttemptResult], TakenDelivery] = {}
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhooks")
        self.slot = ExitStack()
        self.count = 0

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """What a function returns, called in the thread that has the database."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(function, *args))

    async def run(self) -> int:
        """Send; returns how many attempts were made, none where every slot is taken."""
        backend = ReceiverBackend(to_private=self.to_private)
        try:
            if not await self.in_thread(self.slot.enter_context, held_slot()):
                return 0
            async with pool_for(backend, connections=MOST * PER_ENDPOINT) as self.pool:
                await self._send_all()
            return self.count
        finally:
            backend.close()
            with suppress(DatabaseError):
                await self.in_thread(self.slot.close)
            await self.in_thread(connections.close_all)
            self.thread.shutdown()

    async def _send_all(self) -> None:
        while True:
            if time.monotonic() < self.until and not is_ending():
                for taken in await self.in_thread(take_due, Counter(one.endpoint for one in self.flying.values())):
                    self.flying[asyncio.create_task(self._sent(taken))] = taken
            if not self.flying:
                return
            await asyncio.wait(self.flying, timeout=LOOKED_EVERY, return_when=asyncio.FIRST_COMPLETED)
            await self._land()

    async def _sent(self, taken: TakenDelivery) -> AttemptResult:
        if taken.parcel is None:
            return AttemptResult(error=SECRET_UNREADABLE)
        return await send(self.pool, taken.parcel, to_private=self.to_private)

    async def _land(self) -> None:
        if not any(task.done() for task in self.flying):
            return
        await asyncio.sleep(BUNCH_SECONDS)
        landed = [task for task in self.flying if task.done()]
        outcomes = [(self.flying.pop(task), task.result()) for task in landed]
        await self.in_thread(record, outcomes)
        self.count += len(outcomes)
