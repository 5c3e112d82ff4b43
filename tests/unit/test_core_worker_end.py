"""A worker that is asked to end tells its tasks at once, and Celery when they are done."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from curation.core import worker_end


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """When Celery's own handler was called, in a process that is a worker until the test ends."""
    calls: list[float] = []
    before = signal.signal(signal.SIGTERM, lambda *_: calls.append(time.monotonic()))
    monkeypatch.setattr(worker_end, "_asked", None)
    monkeypatch.setattr(worker_end.state, "active_requests", set())
    worker_end.share_a_byte()
    worker_end.hear_first()
    yield calls
    signal.signal(signal.SIGTERM, before)


def until(holds: Any) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_outside_of_a_worker_nobody_is_asked_to_end() -> None:
    assert not worker_end.is_ending()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_pool_learns_of_it_at_once_and_celery_once_no_task_runs(heard: list[float]) -> None:
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(told, b"no" if not worker_end.is_ending() else b"??")
        while not worker_end.is_ending():
            time.sleep(0.01)
        os.write(told, b"yes")
        os._exit(0)
    assert os.read(ready, 2) == b"no"
    worker_end.state.active_requests.add("a task")
    os.kill(os.getpid(), signal.SIGTERM)
    assert os.read(ready, 3) == b"yes"
    os.waitpid(child, 0)
    assert not heard, "the task still runs"
    worker_end.state.active_requests.clear()
    until(lambda: heard)
    os.close(ready)
    os.close(told)


def test_a_task_that_does_not_end_is_left_to_celery(heard: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_end, "PATIENCE", 0.0)
    worker_end.state.active_requests.add("a task")
    os.kill(os.getpid(), signal.SIGTERM)
    until(lambda: heard)


def test_a_second_signal_goes_to_celery_at_once(heard: list[float]) -> None:
    worker_end.state.active_requests.add("a task")
    os.kill(os.getpid(), signal.SIGTERM)
    until(worker_end.is_ending)
    os.kill(os.getpid(), signal.SIGTERM)
    until(lambda: heard)
    worker_end.state.active_requests.clear()
    until(lambda: len(heard) == 2)
