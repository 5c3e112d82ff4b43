"""For load balancers and supervisors: is the process up, and can it do its work?"""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from curation.core.cache import redis_answers
from curation.core.heartbeat import ages
from curation.core.migrated import is_migrated
from curation.core.queues import QUEUES
from curation.core.storage import StorageError, storage


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """PostgreSQL answers and has all migrations, or it is a 503 that says what is wrong.

    Reviewing survives Redis, workers and storage that are away, so these are told and fail nothing: `workers` has, for
    each queue, how many seconds ago a worker got on, or null where none is known of.
    """
    database, migrations = _database()
    ready = database and migrations
    heard = ages()
    words = {"database": database, "migrations": migrations, "redis": redis_answers(), "storage": _storage()}
    told = {name: "ok" if good else "down" for name, good in words.items()}
    told["migrations"] = "ok" if migrations else "missing" if database else "unknown"
    workers = {queue: heard.get(queue) for queue in QUEUES}
    return JsonResponse({"status": "ok" if ready else "down", **told, "workers": workers}, status=200 if ready else 503)


def _database() -> tuple[bool, bool]:
    try:
        return True, is_migrated()
    except DatabaseError:
        return False, False


def _storage() -> bool:
    try:
        storage().reach(quick=True)
    except StorageError:
        return False
    return True
