"""The watchdog: it has a worker without a heartbeat restarted, once, and never while nobody can tell."""

from collections.abc import Iterator

from curation.core.serving.watchdog import Watchdog


def test_it_waits_for_a_worker_to_start() -> None:
    dog = Watchdog(lambda: 0.0, every=0, patience=60)
    assert not any(dog.finds_it_stalled() for _ in range(3))


def test_it_finds_a_worker_whose_heartbeat_stands_still_and_gives_the_next_one_time() -> None:
    dog = Watchdog(lambda: 7.0, every=0, patience=0)
    assert not dog.finds_it_stalled(), "the first heartbeat"
    assert dog.finds_it_stalled()
    dog._patience = 60
    assert not dog.finds_it_stalled()


def test_a_worker_that_gets_on_is_left_alone() -> None:
    beats: Iterator[int] = iter(range(100))
    dog = Watchdog(lambda: next(beats), every=0, patience=0)
    assert not any(dog.finds_it_stalled() for _ in range(50))


def test_a_redis_that_is_away_says_nothing_about_the_worker_and_starts_the_wait_anew() -> None:
    heard: list[object] = [1.0]
    dog = Watchdog(lambda: heard[0], every=0, patience=0)
    dog.finds_it_stalled()
    heard[0] = None
    assert not any(dog.finds_it_stalled() for _ in range(3))
    heard[0] = 1.0
    assert not dog.finds_it_stalled()
