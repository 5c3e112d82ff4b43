"""When calls of a provider that is away are held back, and when one tries whether it is back."""

import pytest

from curation.llm.breaker import LONGEST_PAUSE, OPENS_AFTER, Breaker
from curation.llm.errors import ProviderUnreachable


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("Ours", clock)


def fails(breaker: Breaker, clock: Clock) -> float:
    """Let the pause pass and the next try fail; return how long the pause after it is."""
    clock.now = max(clock.now, breaker.closed_until)
    assert breaker.check(), "one tries"
    breaker.failed()
    return breaker.closed_until - clock.now


def goes_away(breaker: Breaker) -> None:
    for _failure in range(OPENS_AFTER):
        assert not breaker.check(), "no call is held back before"
        breaker.failed()


def test_one_call_alone_tries_whether_the_provider_is_back(breaker: Breaker, clock: Clock) -> None:
    goes_away(breaker)
    with pytest.raises(ProviderUnreachable):
        breaker.check()
    clock.now = breaker.closed_until
    assert breaker.check()
    with pytest.raises(ProviderUnreachable) as refused:
        breaker.check()
    assert refused.value.retry_after == 1, "that one may be back at once"
    breaker.gave_up()
    assert breaker.check(), "the next one tries where that one was never made"
    breaker.succeeded()
    assert [breaker.check() for _call in range(3)] == [False, False, False]


def test_the_pauses_double_up_to_a_minute_and_begin_anew_once_it_was_back(breaker: Breaker, clock: Clock) -> None:
    goes_away(breaker)
    pauses = [breaker.closed_until - clock.now, *(fails(breaker, clock) for _try in range(8))]
    for number, pause in enumerate(pauses):
        usual = min(2**number, LONGEST_PAUSE)
        assert 0.75 * usual <= pause <= 1.25 * usual
    clock.now = breaker.closed_until
    breaker.check()
    breaker.succeeded()
    goes_away(breaker)
    assert breaker.closed_until - clock.now <= 1.25


def test_failures_of_calls_that_were_on_their_way_do_not_make_the_pause_longer(breaker: Breaker, clock: Clock) -> None:
    goes_away(breaker)
    until, pause = breaker.closed_until, breaker.pause
    assert breaker.failed() == max(1, round(until - clock.now))
    assert (breaker.closed_until, breaker.pause) == (until, pause)
