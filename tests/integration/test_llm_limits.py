"""Limits of a provider, counted in Redis for all processes, and by each process alone while Redis is away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from curation.llm.errors import ProviderLimited
from curation.llm.limits import Limiter, Local, ProviderLimits, connect

Found = TypeVar("Found")
WIDE = ProviderLimits(requests=6_000_000, tokens=2_000_000_000, in_flight=1_000)


def with_processes(count: int, pace: ProviderLimits, work: Callable[[list[Limiter]], Awaitable[Found]]) -> Found:
    """Run `work` with so many processes' limiters of one provider."""

    async def begin() -> Found:
        name = uuid4().hex
        async with AsyncExitStack() as stack:
            made = []
            for _process in range(count):
                redis = connect()
                stack.push_async_callback(redis.aclose)
                made.append(Limiter(name, pace, redis))
            return await work(made)

    return asyncio.run(begin())


async def held(limiter: Limiter, stack: AsyncExitStack) -> None:
    await stack.enter_async_context(limiter.place(1))


def test_calls_in_flight_are_counted_over_all_processes() -> None:
    async def work(limiters: list[Limiter]) -> None:
        one, other = limiters
        async with AsyncExitStack() as stack:
            for limiter in (one, one, other):
                await held(limiter, stack)
            assert await other._ask("fourth", 1) > 0
        assert await other._ask("fourth", 1) == 0

    with_processes(2, ProviderLimits(6_000_000, 2_000_000_000, 3), work)


def test_a_call_that_lands_lets_the_next_one_go() -> None:
    async def work(limiters: list[Limiter]) -> list[int]:
        (limiter,), order = limiters, []

        async def call(number: int) -> None:
            async with limiter.place(1):
                order.append(number)
                await asyncio.sleep(0.001)

        await asyncio.gather(*map(call, range(6)))
        return order

    assert with_processes(1, ProviderLimits(6_000_000, 2_000_000_000, 2), work) == [0, 1, 2, 3, 4, 5]


def test_hundreds_of_calls_that_land_together_do_not_take_redis_for_away(caplog: pytest.LogCaptureFixture) -> None:
    async def work(limiters: list[Limiter]) -> None:
        (limiter,), together = limiters, asyncio.Barrier(400)

        async def call() -> None:
            async with limiter.place(1):
                # Redis answers nobody until all have landed.
                if await together.wait() == 0:
                    await limiter.redis.client_pause(200)

        await asyncio.gather(*(call() for _ in range(400)))

    with_processes(1, WIDE, work)
    assert not caplog.records


@pytest.mark.parametrize(
    ("pace", "tokens"), [(ProviderLimits(60, 10**9, 100), 1), (ProviderLimits(10**6, 60_000, 100), 1_000)]
)
def test_calls_and_tokens_a_minute_hold_for_all_processes(pace: ProviderLimits, tokens: int) -> None:
    """Each allows a call a second: one at once, one in advance, and the third has to wait."""

    async def work(limiters: list[Limiter]) -> list[float]:
        one, other = limiters
        return [await limiter._ask(uuid4().hex, tokens) for limiter in (one, other, one)]

    first, second, third = with_processes(2, pace, work)
    assert (first, second) == (0, 0)
    assert 0 < third <= 2


def test_a_long_wait_is_refused_and_says_how_long() -> None:
    async def work(limiters: list[Limiter]) -> int | None:
        (limiter,) = limiters
        async with limiter.place(1):
            pass
        with pytest.raises(ProviderLimited) as refused:
            async with limiter.place(1):
                pass
        return refused.value.retry_after

    retry_after = with_processes(1, ProviderLimits(1, 10**9, 10), work)
    assert retry_after is not None
    assert 50 <= retry_after <= 61


def test_whoever_is_told_that_it_is_too_much_slows_everybody_down_once() -> None:
    async def work(limiters: list[Limiter]) -> tuple[float, bytes]:
        one, other = limiters
        await one.slow(0.5)
        await other.slow(0.5)
        return await other._ask("next", 1), await one.redis.hget(one.facts, "share")

    wait, share = with_processes(2, WIDE, work)
    assert 0 < wait <= 0.5
    assert 0.69 < float(share) < 0.75, "two refusals of one moment count once"


def test_one_refusal_among_many_answers_holds_nobody_else_back_and_many_do() -> None:
    async def work(limiters: list[Limiter]) -> list[tuple[float, float]]:
        (limiter,), seen = limiters, []
        async with AsyncExitStack() as stack:
            for _call in range(3):
                await held(limiter, stack)
            for refusals in (1, 20):
                for _refusal in range(refusals):
                    await limiter.slow(0.5)
                share = float(await limiter.redis.hget(limiter.facts, "share"))
                seen.append((await limiter._ask("next", 1), share))
        return seen

    (wait, share), (long_wait, _share) = with_processes(1, WIDE, work)
    assert wait == 0
    assert share > 0.95
    assert 0 < long_wait <= 0.5


def test_few_of_those_that_were_sent_together_may_be_refused_before_any_is_answered() -> None:
    async def work(limiters: list[Limiter]) -> list[bool]:
        (limiter,) = limiters
        async with AsyncExitStack() as stack:
            for _call in range(80):
                await held(limiter, stack)
            return [await limiter.slow(0.01) for _refusal in range(22)]

    refused = with_processes(1, WIDE, work)
    assert refused[:18] == [False] * 18, "a quarter are twenty"
    assert refused[-1]


def test_some_refusals_in_a_row_hold_everybody_back_however_few_they_are_of_all() -> None:
    async def work(limiters: list[Limiter]) -> list[bool]:
        (limiter,) = limiters
        async with AsyncExitStack() as stack:
            for _call in range(3):
                await held(limiter, stack)
            refused = [await limiter.slow(0.01) for _refusal in range(3)]
            async with limiter.place(1):
                pass
            refused += [await limiter.slow(0.01) for _refusal in range(3)]
            return [*refused, await limiter.slow(0.01)]

    assert with_processes(1, WIDE, work) == [False] * 6 + [True]


def test_a_flushed_redis_learns_again_what_is_in_flight() -> None:
    async def work(limiters: list[Limiter]) -> None:
        one, other = limiters
        async with AsyncExitStack() as stack:
            for _call in range(3):
                await held(one, stack)
            await one.redis.delete(one.facts, one.places, one.gateways)
            assert await one._ask("more", 1) > 0, "what is known here is not forgotten"
            await one.renew()
            await other.renew()
            assert await other._ask("more", 1) > 0
            assert other.processes == 2
        await one.leave()
        await other.renew()
        assert other.processes == 1

    with_processes(2, ProviderLimits(6_000_000, 2_000_000_000, 3), work)


def test_without_redis_each_process_keeps_to_its_share() -> None:
    async def work(limiters: list[Limiter]) -> list[float]:
        one, other = limiters
        await other.renew()
        await one.renew()
        await one.redis.aclose()
        away = Redis.from_url("redis://127.0.0.1:1/0")
        lonely = Limiter(one.name_of_provider, one.pace, away, processes=one.processes)
        found = []
        for number in range(3):
            found.append(await lonely._ask(str(number), 1))
            if not found[-1]:
                lonely.flying.add(str(number))
        await away.aclose()
        return found

    first, second, third = with_processes(2, ProviderLimits(6_000_000, 2_000_000_000, 4), work)
    assert (first, second) == (0, 0)
    assert third > 0, "half of four is two"


def test_a_process_that_is_told_to_end_ends_whatever_it_is_asking_redis() -> None:
    """The client answers some cancellations with the news that time is up."""

    async def ended(limiter: Limiter, steps: int) -> bool:
        renewing = asyncio.create_task(limiter.renewing())
        for _step in range(steps):
            await asyncio.sleep(0)
        renewing.cancel()
        done, _pending = await asyncio.wait([renewing], timeout=20)
        return bool(done)

    for steps in range(25):
        assert with_processes(1, WIDE, lambda limiters, steps=steps: ended(limiters[0], steps))  # type: ignore[misc]


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_process_alone_counts_as_redis_does() -> None:
    clock = Clock()
    local, pace = Local(clock), ProviderLimits(60, 60_000, 2)
    assert [local.admit(pace, 1, 0) for _call in range(2)] == [0, 0]
    assert local.admit(pace, 1, 0) == pytest.approx(1)
    clock.now += 1
    assert local.admit(pace, 1, 0) == 0
    assert local.admit(pace, 1, 2) > 0, "two are in flight"
    local.slow(5)
    assert local.admit(pace, 1, 0) == pytest.approx(5)
    clock.now += 5
    assert local.admit(pace, 1, 1) > 0, "of two places seven tenths are one"
    clock.now += 60
    assert local.admit(pace, 1, 1) == 0


def test_refusals_of_one_moment_slow_it_once_and_the_longest_wait_holds() -> None:
    clock = Clock()
    local, pace = Local(clock), ProviderLimits(60, 60_000, 10)
    local.slow(30)
    local.slow(5)
    assert local.admit(pace, 1, 0) == pytest.approx(30)
    assert local.share == pytest.approx(0.7)
    clock.now += 2
    local.slow(5)
    assert local.share == pytest.approx(0.72 * 0.7), "another moment"


def test_a_pace_is_divided_and_never_nothing() -> None:
    assert ProviderLimits(10, 100, 3).divided(4) == ProviderLimits(2, 25, 1)
