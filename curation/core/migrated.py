"""Whether the database has every migration that this version of the program brings."""

from functools import lru_cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@lru_cache(maxsize=1)
def last_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as (app, name)."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def is_migrated() -> bool:
    """Whether all of them have been applied. Two short queries."""
    return last_migrations() <= set(MigrationRecorder(connection).applied_migrations())
