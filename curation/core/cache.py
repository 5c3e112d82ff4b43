"""The cache that all processes and hosts share, which nothing rests on: while Redis is away it is empty."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

log = logging.getLogger(__name__)


class FailingOpen(RedisCache):
    """Django's cache on Redis, which answers like an empty one where Redis cannot be asked.

    A counter begins anew, so a limit that counts here lets through what it cannot count.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or the default."""
        return self._ask(lambda: super(FailingOpen, self).get(key, default, version), default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        """Return the values that there are."""
        found: dict[Any, Any] = self._ask(lambda: super(FailingOpen, self).get_many(keys, version), {})
        return found

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        """Store, if that can be done."""
        self._ask(lambda: super(FailingOpen, self).set(key, value, *args, **kwargs), None)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Store several, and return the keys that could not be."""
        failed: list[Any] = self._ask(lambda: super(FailingOpen, self).set_many(data, *args, **kwargs), list(data))
        return failed

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Store what is not there yet; True where nobody can tell."""
        return bool(self._ask(lambda: super(FailingOpen, self).add(key, value, *args, **kwargs), True))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count on, or from nothing."""
        return int(self._ask(lambda: super(FailingOpen, self).incr(key, delta, version), delta))

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        """Keep it for longer."""
        return bool(self._ask(lambda: super(FailingOpen, self).touch(key, *args, **kwargs), False))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether it is there."""
        return bool(self._ask(lambda: super(FailingOpen, self).has_key(key, version), False))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget it."""
        return bool(self._ask(lambda: super(FailingOpen, self).delete(key, version), False))

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        """Forget several."""
        self._ask(lambda: super(FailingOpen, self).delete_many(keys, version), None)

    def clear(self) -> None:
        """Nothing: the same database of Redis holds the messages to the workers, which this would throw away."""

    def answers(self) -> bool:
        """Whether Redis answers."""
        return bool(self._ask(lambda: self._cache.get_client().ping(), False))

    def _ask(self, question: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return question()
        except RedisError as error:
            log.debug("the cache is away: %s", error)
            return otherwise


def redis_answers() -> bool:
    """Whether the Redis of the shared cache answers."""
    return bool(getattr(cache, "answers", bool)())
