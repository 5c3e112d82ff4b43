"""How often somebody did something: counted in the cache that all processes share, so not while that is away."""

import time

from django.core.cache import cache


def count(who: str, *, seconds: int) -> int:
    """Count one more, and return how many there were since the clock last passed a multiple of `seconds`."""
    key = f"calls:{who}:{int(time.time()) // seconds}"
    cache.add(key, 0, timeout=2 * seconds)
    return cache.incr(key)


def wait(*, seconds: int) -> int:
    """Return in how many seconds counting begins anew."""
    return int(seconds - time.time() % seconds) + 1
