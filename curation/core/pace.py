"""How often somebody called in this minute, counted in the cache that all processes share: not while that is away."""

import time

from django.core.cache import cache

MINUTE = 60


def count(who: str) -> int:
    """Count one call, and return how many there were in this minute."""
    key = f"calls:{who}:{int(time.time()) // MINUTE}"
    cache.add(key, 0, timeout=2 * MINUTE)
    return cache.incr(key)


def until_next_minute() -> float:
    """Return the seconds until counting begins anew."""
    return MINUTE - time.time() % MINUTE
