"""Telling long tasks that their worker was asked to end, so that they come to an end by themselves.

Celery tells its pool nothing: it waits for the soft shutdown to be over, even where every task has ended before, and
then ends what still runs. So the first SIGTERM sets a byte that the pool's processes share with the worker, and is
handed on to Celery as soon as no task runs any more, or after `PATIENCE`. Loaded by workers only.
"""

import mmap
import os
import signal
import threading
import time
from typing import Any

from celery.signals import celeryd_after_setup, worker_ready
from celery.worker import state

# In seconds. A task that was told has to be done within it; what `serve` allows a worker is longer.
PATIENCE = 25.0

_asked: mmap.mmap | None = None


def is_ending() -> bool:
    """Whether the worker that this process belongs to was asked to end. False outside of a worker."""
    return _asked is not None and _asked[0] == 1


@celeryd_after_setup.connect
def share_a_byte(**_: object) -> None:
    """Make the byte, before the pool is forked."""
    global _asked
    _asked = mmap.mmap(-1, 1)


@worker_ready.connect
def hear_first(**_: object) -> None:
    """Hear SIGTERM before Celery does."""
    celerys = signal.getsignal(signal.SIGTERM)

    def tell(signum: int, frame: Any) -> None:
        signal.signal(signal.SIGTERM, celerys)
        if _asked is not None:
            _asked[0] = 1
        threading.Thread(target=hand_on, daemon=True).start()

    if callable(celerys) and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, tell)


def hand_on() -> None:
    """Wait until no task runs any more, or patience is over, and let Celery have the signal."""
    until = time.monotonic() + PATIENCE
    while state.active_requests and time.monotonic() < until:
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)
