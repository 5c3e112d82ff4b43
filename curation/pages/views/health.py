"""For load balancers and supervisors: is the process up, and can it do its work?"""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from curation.core.storage import StorageError, storage


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """PostgreSQL and Redis answer; 503 names the one that does not. The storage is told of: reviewing needs none."""
    found = {"database": _database(), "redis": _redis()}
    ready = all(found.values())
    words = {name: "ok" if good else "down" for name, good in {**found, "storage": _storage()}.items()}
    return JsonResponse({"status": "ok" if ready else "down", **words}, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _storage() -> bool:
    try:
        storage().reach(quick=True)
    except StorageError:
        return False
    return True


def _redis() -> bool:
    try:
        with redis.Redis.from_url(settings.ADDRESSES.redis, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
