"""Reading the heartbeats of the workers, which `worker_heartbeat` sends into the cache that all hosts share."""

import time

from celery.utils.nodenames import gethostname
from django.core.cache import cache

from curation.core.cache import redis_answers
from curation.core.queues import QUEUES

# How long a heartbeat is remembered, in seconds.
KEPT = 3600
BEAT, BEAT_KEPT = "beat", 30


def key_of(name: str) -> str:
    """The key of the last heartbeat of a queue, of a worker (`worker@host`) or of beat."""
    return f"heartbeat:{name}"


def ages() -> dict[str, int]:
    """How many seconds ago a worker of each queue last got on; without queues whose workers are unheard of."""
    now, found = time.time(), cache.get_many([key_of(queue) for queue in QUEUES])
    return {queue: max(0, round(now - found[key_of(queue)])) for queue in QUEUES if key_of(queue) in found}


def last_heartbeat(worker: str) -> float | None:
    """The last heartbeat of a worker of this host, 0 before the first.

    None while nobody can tell: Redis is away, or beat, which sends the tasks that an idle worker shows its life by.
    """
    if not redis_answers() or not cache.has_key(key_of(BEAT)):
        return None
    return float(cache.get(key_of(f"{worker}@{gethostname()}"), 0.0))
