"""Advisory locks: one at a time across all processes and machines on one database, free again when the holder dies."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

# The first number of each kind of lock; the second says which one.
SCORING_SLOT = 7_401
CALIBRATION_REFIT = 7_402
FILES_SWEPT = 7_403
MIGRATING = 7_404
PREPARING = 7_405
AUDIT_DRAWN = 7_406
WEBHOOKS_SLOT = 7_407
ARGILLA_LISTENING = 7_408
STANDARD_STORED = 7_409


@contextmanager
def try_lock(kind: int, which: int) -> Iterator[bool]:
    """Hold the lock for the block and yield True, or yield False at once if another session holds it.

    The lock belongs to the database session, so it needs no open transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, which])
        (got,) = cursor.fetchone()
    try:
        yield bool(got)
    finally:
        # A broken connection has freed the lock already.
        if got:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, which])


@contextmanager
def shared_lock(kind: int, which: int) -> Iterator[None]:
    """Wait until nobody has the lock to themselves by `try_lock`, and share it for the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [kind, which])
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s, %s)", [kind, which])


@contextmanager
def wait_for_lock(kind: int, which: int) -> Iterator[None]:
    """Hold the lock for the block, once no other session does.

    By asking time and again: a statement that waits would hold a snapshot, and an index that another session builds
    concurrently waits for every snapshot.
    """
    while True:
        with try_lock(kind, which) as got:
            if got:
                yield
                return
        time.sleep(0.2)


def lock_until_the_end(kind: int, which: int) -> None:
    """Hold the lock until the transaction ends, of which the caller's may be a part, once no other session does.

    By asking time and again, as `wait_for_lock` does.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [kind, which])
            (got,) = cursor.fetchone()
        if got:
            return
        time.sleep(0.2)
