"""Sending the heartbeat of a worker, every two seconds while it gets on.

It gets on when it takes up tasks, which beat sends to every queue every few seconds, or works at one within its time
limit. Whether there is work to do, and whether a judge answers, does not come into it. Loaded by workers and beat only.
"""

import time

from celery import current_app
from celery.signals import beat_embedded_init, beat_init, before_task_publish, celeryd_after_setup, heartbeat_sent
from celery.worker import state
from django.core.cache import cache

from curation.core.heartbeat import BEAT, BEAT_KEPT, KEPT, key_of

# What the end of a task that exceeds its limit may take, in seconds.
LENIENCE = 60.0


class Heartbeats:
    """The heartbeats of this process: for which names they are sent, and how many tasks it had taken up before."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.taken_up = -1
        self.told = 0.0

    def gets_on(self, now: float) -> bool:
        """Whether a task was taken up since the last look, or is being worked at."""
        before, self.taken_up = self.taken_up, state.all_total_count[0]
        return self.taken_up != before or any(is_within_limit(one, now) for one in tuple(state.active_requests))


heartbeats = Heartbeats()


def is_within_limit(request: object, now: float) -> bool:
    """Whether a running task may still be at work: its limit would have ended it otherwise."""
    started = getattr(request, "time_start", None) or now
    limit = getattr(getattr(request, "task", None), "time_limit", None) or current_app.conf.task_time_limit
    return bool(now - started < limit + LENIENCE)


@celeryd_after_setup.connect
def name_worker(sender: str, instance: object, **_: object) -> None:
    """A worker's heartbeat stands for itself and for each queue that it serves."""
    heartbeats.names = [sender, *instance.app.amqp.queues.consume_from]  # type: ignore[attr-defined]


@heartbeat_sent.connect
def beat_worker(**_: object) -> None:
    """Send the worker's heartbeat."""
    now = time.time()
    if heartbeats.names and heartbeats.gets_on(now):
        cache.set_many({key_of(name): now for name in heartbeats.names}, KEPT)


@beat_init.connect
@beat_embedded_init.connect
def name_beat(**_: object) -> None:
    """Know this process for beat."""
    heartbeats.names = [BEAT]


@before_task_publish.connect
def beat_beat(**_: object) -> None:
    """Each task that beat sends, every few seconds, shows its life."""
    if heartbeats.names == [BEAT] and time.monotonic() - heartbeats.told > BEAT_KEPT / 10:
        heartbeats.told = time.monotonic()
        cache.set(key_of(BEAT), time.time(), BEAT_KEPT)
