"""The one gateway to language models: every paid call of the application goes through it.

A `Gateway` is opened once by a process that calls, as an asynchronous context manager, and `ask` is called as often as
it likes, by as many tasks at once. For each call it waits for a place within the provider's limits, keeps back the most
that the call can cost, sends it once, and settles. No transaction is open while the network is used, and nothing is
tried twice: what to try again, and when, is the caller's to decide by the error that it gets.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from curation.core.encryption import Secret
from curation.core.errors import Unavailable
from curation.llm import asking
from curation.llm.answers import usage_in
from curation.llm.asking import MOST_OUTPUT_TOKENS, OVERHEAD_TOKENS, Answered, Ask, Failure
from curation.llm.breaker import Breaker
from curation.llm.errors import AnswerUnusable, ProviderLimited, ProviderRefused, ProviderUnreachable
from curation.llm.keys import key_of
from curation.llm.ledger import Ended, Ledger, PlannedCall
from curation.llm.limits import Limiter, ProviderLimits, connect
from curation.llm.models import Provider
from curation.llm.prices import Tariff, Usage, tariff_of
from curation.llm.shapes import Shape
from curation.llm.wire import HEARING, Heard

if TYPE_CHECKING:
    import httpx2
    from redis.asyncio import Redis

__all__ = ["Answered", "Ask", "Gateway", "Usage"]

Parameters = ParamSpec("Parameters")
Found = TypeVar("Found")
# What an admin changes about a provider is heeded after this long.
LOOKED_AT_EVERY = 15.0
MOST_SHAPES = 64


@dataclass
class ProviderChannel:
    """What a process keeps of one provider while its gateway is open."""

    provider: Provider
    secret: Secret
    http: "httpx2.AsyncClient"
    limiter: Limiter
    breaker: Breaker
    looked_at: float
    renewing: "asyncio.Task[None]"
    shapes: dict[Hashable, Shape] = field(default_factory=dict)
    tariffs: dict[str, Tariff] = field(default_factory=dict)
    # By (model, prefix, schema): fewest input tokens that a call with it was seen to take, text and all.
    seen: dict[tuple[str, int, int], int] = field(default_factory=dict)
    # By model: about how many tokens a call takes, in and out.
    usual: dict[str, float] = field(default_factory=dict)


class Gateway:
    """The way to models for one process. Use it as an asynchronous context manager."""

    def __init__(self) -> None:
        self.channels: dict[int, ProviderChannel] = {}
        self.opening = asyncio.Lock()
        self.stack = AsyncExitStack()
        self.ledger = Ledger()

    async def __aenter__(self) -> "Gateway":
        self.redis: Redis = connect()
        self.stack.push_async_callback(self.redis.aclose)
        await self.stack.enter_async_context(self.ledger)
        return self

    async def __aexit__(self, *exc: object) -> None:
        for channel in self.channels.values():
            await _close(channel)
        await self.stack.__aexit__(*exc)  # type: ignore[arg-type]

    async def ask(self, ask: Ask) -> Answered:
        """Make one call and return its answer. The row of what it cost is written soon after.

        Raises `ProviderUnreachable` and `ProviderLimited` where it should be asked again later, `ProviderRefused`,
        `PriceUnknown` and `BudgetSpent` where no other call of the run would do better, and `AnswerUnusable` where this
        one went wrong.
        """
        channel = await self.channel(ask.provider_id)
        tariff = await self.tariff(channel, ask.model)
        # Made before the clock runs: the first of each takes a while.
        shape = await self.shape(channel, ask)
        bound = self.input_bound(channel, ask)
        tries = channel.breaker.check()
        try:
            async with channel.limiter.place(self._usual_tokens(channel, ask, bound)):
                wanted = self.wanted(channel, ask, tariff, bound)
                spend_id = await self.ledger.reserve(wanted)
                tries = False
                return await self._call(channel, ask, shape, tariff, wanted.at_most_micro_usd, spend_id)
        finally:
            if tries:
                channel.breaker.gave_up()

    async def settled(self) -> None:
        """Wait until what became of all calls so far is written."""
        await self.ledger.settled()

    async def channel(self, provider_id: int) -> ProviderChannel:
        """Return what is kept of a provider, read anew now and then. Raises `ProviderRefused`."""
        channel = self.channels.get(provider_id)
        if channel is not None and time.monotonic() - channel.looked_at < LOOKED_AT_EVERY:
            return channel
        async with self.opening:
            channel = self.channels.get(provider_id)
            if channel is not None and time.monotonic() - channel.looked_at < LOOKED_AT_EVERY:
                return channel
            try:
                provider, secret = await _from_database(_load, provider_id)
            except Unavailable:
                if channel is None:
                    raise
                # What is known will do until the database is back.
                channel.looked_at = time.monotonic()
                return channel
            if channel is None:
                await asyncio.to_thread(asking.load_libraries, provider)
            if channel is not None and _is_same(channel, provider, secret):
                channel.provider, channel.looked_at = provider, time.monotonic()
                channel.limiter.pace = _pace(provider)
                channel.tariffs.clear()
                return channel
            if channel is not None:
                # Calls under way end with the client they began with.
                channel.renewing.cancel()
            self.channels[provider_id] = fresh = self._fresh(provider, secret)
            return fresh

    async def tariff(self, channel: ProviderChannel, model: str) -> Tariff:
        """Return what a model costs. Raises `PriceUnknown`."""
        if model not in channel.tariffs:
            channel.tariffs[model] = await _from_database(tariff_of, channel.provider, model)
        return channel.tariffs[model]

    async def shape(self, channel: ProviderChannel, ask: Ask) -> Shape:
        """Return the shape of requests like this one. Raises `ProviderRefused` where none can be made."""
        key = (*_common(ask), ask.max_output_tokens, ask.temperature, ask.effort, ask.cached)
        if key not in channel.shapes:
            found = await asking.shape_of(ask, channel.provider, channel.secret)
            if len(channel.shapes) >= MOST_SHAPES:
                channel.shapes.clear()
            channel.shapes[key] = found
        return channel.shapes[key]

    def input_bound(self, channel: ProviderChannel, ask: Ask) -> int:
        """Return the most input tokens that a call can take.

        No tokenizer makes more tokens than there are bytes. What all calls of a run have in common, and what the
        provider adds to it, is known once one has been answered: it took no more than that one took altogether.
        """
        text = len(ask.text.encode())
        common = len(ask.prefix.encode()) + len(repr(ask.schema).encode()) + OVERHEAD_TOKENS
        return text + min(common, channel.seen.get(_common(ask), common))

    async def expect(self, ask: Ask, fewest: int) -> None:
        """Take it that calls like `ask` were seen to take `fewest` input tokens, text and all, by another process."""
        (await self.channel(ask.provider_id)).seen.setdefault(_common(ask), fewest)

    def wanted(
        self, channel: ProviderChannel, ask: Ask, tariff: Tariff, bound: int, *, batch_id: int | None = None
    ) -> PlannedCall:
        """Return what to keep back for a call."""
        output = min(ask.max_output_tokens, MOST_OUTPUT_TOKENS)
        return PlannedCall(
            provider_id=channel.provider.pk,
            model=ask.model,
            at_most_micro_usd=tariff.at_most(input_tokens=bound, output_tokens=output, in_batch=batch_id is not None),
            seconds=channel.provider.timeout_seconds,
            budget_id=ask.budget_id,
            purpose=ask.purpose,
            key=ask.idempotency_key,
            priced_by=tariff.source,
            batch_id=batch_id,
        )

    async def _call(
        self, channel: ProviderChannel, ask: Ask, shape: Shape, tariff: Tariff, at_most: int, spend_id: int
    ) -> Answered:
        heard, began = Heard(), time.monotonic()
        token = HEARING.set(heard)
        try:
            async with asyncio.timeout(channel.provider.timeout_seconds):
                reply = await asking.send(ask, shape, channel.provider, channel.secret, channel.http)
            usage = reply.usage or (None if at_most else Usage())
            if usage is None:
                raise ValueError("what it took is not said")
        except asyncio.CancelledError:
            self.ledger.settle(Ended(spend_id, released=not heard.left, error="cancelled"))
            raise
        except Exception as error:
            failure = asking.failure_of(error, heard, channel.provider, channel.secret)
            await self._failed(channel, tariff, spend_id, heard, failure)
            raise failure.error from None
        finally:
            HEARING.reset(token)
        seconds = time.monotonic() - began
        channel.breaker.succeeded()
        self._learn(channel, ask, usage)
        micro_usd = tariff.of(usage)
        self.ledger.settle(Ended(spend_id, usage=usage, micro_usd=micro_usd, seconds=seconds))
        return Answered(
            raw=reply.text,
            usage=usage,
            micro_usd=micro_usd,
            seconds=seconds,
            spend_id=spend_id,
            response_id=reply.response_id,
            stop_reason=reply.stop_reason,
        )

    async def _failed(
        self, channel: ProviderChannel, tariff: Tariff, spend_id: int, heard: Heard, failure: Failure
    ) -> None:
        error = failure.error
        if failure.is_away:
            error.retry_after = max(error.retry_after or 0, channel.breaker.failed())
            if isinstance(error, ProviderUnreachable):
                error.for_everybody = channel.breaker.is_open
        elif heard.status:
            channel.breaker.succeeded()
        else:
            channel.breaker.gave_up()
        if isinstance(error, AnswerUnusable):
            error.spend_id = spend_id
        usage = usage_in(heard.body) if failure.paid is None and heard.status < 400 else None
        cost = None if usage is None else tariff.of(usage)
        self.ledger.settle(
            Ended(spend_id, usage=usage, micro_usd=cost, released=failure.paid is False, error=error.code)
        )
        if isinstance(error, ProviderLimited):
            error.for_everybody = await channel.limiter.slow(error.retry_after or 1)

    def _usual_tokens(self, channel: ProviderChannel, ask: Ask, bound: int) -> int:
        return int(channel.usual.get(ask.model, bound / 4 + ask.max_output_tokens / 4)) + 1

    def _learn(self, channel: ProviderChannel, ask: Ask, used: Usage) -> None:
        key = _common(ask)
        if used.all_input:
            channel.seen[key] = min(used.all_input, channel.seen.get(key, used.all_input))
        total = used.all_input + used.output_tokens
        channel.usual[ask.model] = 0.9 * channel.usual.get(ask.model, total) + 0.1 * total

    def _fresh(self, provider: Provider, secret: Secret) -> ProviderChannel:
        # A Redis may outlive its database, whose keys begin anew.
        unique = f"{provider.pk}-{provider.created_at.timestamp()}"
        limiter = Limiter(unique, _pace(provider), self.redis)
        http = asking.client_for(provider)
        self.stack.push_async_callback(http.aclose)
        return ProviderChannel(
            provider=provider,
            secret=secret,
            http=http,
            limiter=limiter,
            breaker=Breaker(provider.name),
            looked_at=time.monotonic(),
            renewing=asyncio.create_task(limiter.renewing()),
        )


async def _from_database(
    question: Callable[Parameters, Found], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Found:
    """Return what the database says. Raises `Unavailable` while it is away."""
    try:
        return await sync_to_async(_asked)(partial(question, *args, **kwargs))
    except (OperationalError, InterfaceError):
        raise Unavailable(_("The database is away. Nothing was asked.")) from None


def _asked(question: Callable[[], Found]) -> Found:
    try:
        return question()
    except (OperationalError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close()
        raise


def _load(provider_id: int) -> tuple[Provider, Secret]:
    provider = Provider.objects.filter(pk=provider_id, removed_at=None).first()
    if provider is None:
        raise ProviderRefused(_("This provider has been removed."))
    return provider, key_of(provider)


def _is_same(channel: ProviderChannel, provider: Provider, secret: Secret) -> bool:
    names = ("kind", "base_url", "timeout_seconds", "in_flight")
    return secret.value == channel.secret.value and all(
        getattr(channel.provider, name) == getattr(provider, name) for name in names
    )


def _pace(provider: Provider) -> ProviderLimits:
    return ProviderLimits(provider.requests_per_minute, provider.tokens_per_minute, provider.in_flight)


def _common(ask: Ask) -> tuple[str, int, int]:
    return ask.model, hash(ask.prefix), hash(repr(ask.schema))


async def _close(channel: ProviderChannel) -> None:
    channel.renewing.cancel()
    with suppress(asyncio.CancelledError):
        await channel.renewing
    await channel.limiter.leave()
