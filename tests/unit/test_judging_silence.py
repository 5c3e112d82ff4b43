"""Whose fault it is that a provider does not answer: its own, or the story's."""

import pytest

from curation.scoring.judging import loop

JOB, PROVIDER = 7, 3


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """What it shows."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(loop, "time", made)
    for name in ("ANSWERED", "SILENT"):
        monkeypatch.setattr(loop, name, {})
    monkeypatch.setattr(loop, "COUNTED", set())
    return made


def silent(clock: Clock, *, after: float) -> bool:
    clock.now += after
    return loop.is_silence_its_own(JOB, PROVIDER, clock.now)


def answers_others(clock: Clock, *, after: float) -> None:
    clock.now += after
    loop.ANSWERED[PROVIDER] = clock.now


def test_a_provider_that_comes_and_goes_costs_a_story_one_attempt_each_time_at_most(clock: Clock) -> None:
    counted = 0
    for _time in range(4):
        # Away for half a minute, in which the story is asked for again and again.
        counted += sum(silent(clock, after=5) for _again in range(6))
        answers_others(clock, after=5)
    assert counted == 3, "the first time nobody knew yet that it answers others"


def test_a_story_that_is_never_answered_is_found_out_though_nothing_else_is_left_to_ask(clock: Clock) -> None:
    assert not silent(clock, after=1)
    answers_others(clock, after=1)
    assert silent(clock, after=1)
    assert not silent(clock, after=60), "it may be away now"
    assert [silent(clock, after=61) for _again in range(4)] == [True, False, True, False]


def test_a_provider_that_is_away_from_the_start_costs_nothing(clock: Clock) -> None:
    assert not any(silent(clock, after=600) for _again in range(9))
