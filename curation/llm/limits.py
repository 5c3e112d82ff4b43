"""How fast a provider is asked: requests and tokens a minute, and calls in flight, for all workers of all hosts.

The count is kept in Redis, by its clock. While Redis is away, each process keeps to its own share: the limits divided
by the number of processes that were last seen. A Redis that was flushed begins anew and is told of the calls in flight
within seconds. Where a provider refuses more than a quarter of the calls as too much, or answers none meanwhile, all
wait as long as it asks, go on at seven tenths, and grow back by a hundredth of the whole each second. Up to a tenth
slows nobody, and in between all go the slower the more there are.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from curation.llm.errors import ProviderLimited

log = logging.getLogger(__name__)
LUA = Path(__file__).parent / "lua"
ADMIT, SLOW, RENEW = (LUA.joinpath(f"{name}.lua").read_text(encoding="utf-8") for name in ("admit", "slow", "renew"))
# Of a minute's worth, what may go at once.
BURST_SECONDS = 1.0
# A place of a process that died is free after this long; those that live say so more often.
PLACE_SECONDS, RENEWED_EVERY = 15.0, 4.0
# A Redis that is frozen holds up whoever asks it for a second, so it is not asked again for this long, and then longer.
AWAY_SECONDS, LONGEST_AWAY = 3.0, 24.0
LONGEST_WAIT = 30.0
# Of one process to Redis.
CONNECTIONS = 16
# The last calls, at least so many, say which part of them is refused. Up to a tenth is no matter, since a refusal costs
# nothing; where it is more than a quarter, or more than so many while none is answered, it is too much for everybody.
REMEMBERED, NO_MATTER, TOO_MANY, IN_A_ROW = 50, 0.1, 0.25, 3
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class ProviderLimits:
    """What a provider allows: requests and tokens per minute, and calls in flight."""

    requests: int
    tokens: int
    in_flight: int

    def divided(self, by: int) -> "ProviderLimits":
        """Return the share of one process among so many."""
        return ProviderLimits(max(1, self.requests // by), max(1, self.tokens // by), max(1, self.in_flight // by))


@dataclass
class Local:
    """The same count as in Redis, for one process alone. Times are of `clock`, in seconds."""

    clock: Callable[[], float] = time.monotonic
    share: float = 1.0
    shared_at: float = 0.0
    slowed_at: float = -1e9
    blocked: float = 0.0
    requests: float = 0.0
    tokens: float = 0.0

    def admit(self, pace: ProviderLimits, tokens: int, flying: int) -> float:
        """Let a call through and return 0, or return how many seconds to wait."""
        now = self.clock()
        if self.blocked > now:
            return self.blocked - now
        self._recover(now)
        if flying >= max(1, int(pace.in_flight * self.share)):
            return 0.02
        requests, spent = max(self.requests, now), max(self.tokens, now)
        wait = max(requests, spent) - now - BURST_SECONDS
        if wait > 0:
            return wait
        self.requests = requests + 60 / (pace.requests * self.share)
        self.tokens = spent + tokens * 60 / (pace.tokens * self.share)
        return 0.0

    def slow(self, seconds: float, *, to: float = 0.7) -> None:
        """Hold calls back for so long, and go on with less: with this part of the pace."""
        now = self.clock()
        self._recover(now)
        if now - self.slowed_at > 1:
            self.share, self.slowed_at = max(LEAST_SHARE, self.share * to), now
        self.blocked = max(self.blocked, now + seconds)

    def _recover(self, now: float) -> None:
        self.share = min(1.0, self.share + max(0.0, now - (self.shared_at or now)) / 100)
        self.shared_at = now


@dataclass
class Limiter:
    """The limits of one provider, as one process keeps to them. `renewing` tells Redis of its calls; run it beside."""

    name_of_provider: str
    pace: ProviderLimits
    redis: "Redis"
    local: Local = field(default_factory=Local)
    name: str = field(default_factory=lambda: uuid4().hex)
    processes: int = 1
    away_until: float = 0.0
    refused: float = 0.0
    in_a_row: int = 0
    away_for: float = AWAY_SECONDS
    flying: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.turn = asyncio.Lock()
        self.landed = asyncio.Event()
        self._admit = self.redis.register_script(ADMIT)
        self._slow = self.redis.register_script(SLOW)
        self._renew = self.redis.register_script(RENEW)
        self.facts, self.places, self.gateways = (
            f"exempla:llm:{self.name_of_provider}:{what}" for what in ("facts", "places", "processes")
        )

    @asynccontextmanager
    async def place(self, tokens: int) -> AsyncIterator[None]:
        """Wait for a place in flight and hold it. `tokens` is about what the call will use, in and out.

        Raises `ProviderLimited` where the wait would be long; whoever asked has something better to do meanwhile.
        """
        name = uuid4().hex
        deadline = time.monotonic() + LONGEST_WAIT
        # In turn, so that those who wait ask one after the other and not all at once.
        async with self.turn:
            while (wait := await self._ask(name, tokens)) > 0:
                if time.monotonic() + wait > deadline:
                    reached = ProviderLimited(_("The limit of calls a minute is reached."), retry_after=int(wait) + 1)
                    reached.for_everybody = True
                    raise reached
                self.landed.clear()
                # A call that lands may make room, but no time pass.
                if wait <= 0.02:
                    await _either(self.landed, wait * 10)
                else:
                    await asyncio.sleep(wait)
            self.flying.add(name)
        self.refused -= self.refused * self._weight
        try:
            yield
            self.in_a_row = 0
        finally:
            self.flying.discard(name)
            self.landed.set()
            await self._tell(lambda: self.redis.zrem(self.places, name))

    async def slow(self, seconds: float) -> bool:
        """Ask less, because the provider refuses a call as too much; returns whether everybody waits.

        Where it refuses many, everybody waits for so long and goes on at seven tenths of the pace. Where it refuses one
        of many, that one waits, and the pace falls by the less the fewer there were.
        """
        self.refused += self._weight
        self.in_a_row += 1
        # Those that were sent together and refused are known long before those that were not.
        many = max(IN_A_ROW, TOO_MANY * len(self.flying))
        is_too_much = self.refused > TOO_MANY or self.in_a_row > many or len(self.flying) <= 1
        wait, to = (seconds, 0.7) if is_too_much else (0.0, 1 - 2 * max(0.0, self.refused - NO_MATTER))
        self.local.slow(wait, to=to)
        await self._tell(lambda: self._slow(keys=[self.facts], args=[int(wait * 1000), f"{to:.4f}"]))
        return is_too_much

    @property
    def _weight(self) -> float:
        """How much one call counts among the last, which are at least those in flight."""
        return 1 / max(REMEMBERED, len(self.flying))

    async def renew(self) -> None:
        """Tell Redis which calls are in flight here, and learn how many processes there are."""
        lapses = int(PLACE_SECONDS * 1000)
        args: list[str | int] = [lapses, self.name, *self.flying]
        if count := await self._tell(lambda: self._renew(keys=[self.places, self.gateways], args=args)):
            self.processes = int(count)

    async def renewing(self) -> None:
        """Renew until cancelled."""
        while True:
            await self.renew()
            await asyncio.sleep(RENEWED_EVERY)

    async def leave(self) -> None:
        """Say that this process asks no more."""
        await self._tell(lambda: self.redis.zrem(self.gateways, self.name))

    async def _ask(self, name: str, tokens: int) -> float:
        # Whatever Redis says, no process flies more than the provider allows: a flushed Redis knows of nobody.
        if len(self.flying) >= self.pace.in_flight:
            return 0.02
        pace = self.pace
        if time.monotonic() >= self.away_until:
            lapses, burst = int(PLACE_SECONDS * 1000), int(BURST_SECONDS * 1000)
            args: list[str | int] = [pace.requests, pace.tokens, pace.in_flight, tokens, name, lapses, burst]
            answer = await self._tell(lambda: self._admit(keys=[self.facts, self.places], args=args))
            if answer is not None:
                return 0.0 if answer[0] else max(0.001, answer[1] / 1000)
        return self.local.admit(pace.divided(self.processes), tokens, len(self.flying))

    async def _tell(self, command: Callable[[], Any]) -> Any:
        if time.monotonic() < self.away_until:
            return None
        try:
            answer = await command()
        except (TimeoutError, RedisError, OSError) as error:
            self._miss(error)
            answer = None
        else:
            self.away_until, self.away_for = 0.0, AWAY_SECONDS
        # The client keeps some cancellations to itself while it connects.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError
        return answer

    def _miss(self, error: Exception) -> None:
        if not self.away_until:
            log.warning("Redis is away; each process keeps to its share of the limits: %s", error)
        # Those that asked at the same moment learn it once.
        if time.monotonic() >= self.away_until:
            self.away_until = time.monotonic() + self.away_for
            self.away_for = min(LONGEST_AWAY, 2 * self.away_for)


def connect() -> "Redis":
    """Return a client of the shared Redis. It connects when it is first used.

    Of hundreds of calls that end together, those that find no connection free wait for one.
    """
    location = str(settings.CACHES["default"]["LOCATION"])
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            location, max_connections=CONNECTIONS, timeout=1, socket_timeout=1, socket_connect_timeout=1
        )
    )


async def _either(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
