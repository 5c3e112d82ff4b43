"""The test database: made by the owner of the tables, used as the role that the application connects as."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.db import OperationalError, connection

from curation.core import roles

EMPTIABLE = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'never_emptied'
"""


def as_runtime() -> Iterator[None]:
    """Have every connection of the tests be the runtime role's, until the database is taken down.

    Tests that commit are cleaned up after by emptying the tables, which is the owner's to do and which triggers refuse:
    in the test database those are switched off.
    """
    with connection.cursor() as cursor:
        cursor.execute(EMPTIABLE)
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER never_emptied")
        roles.grant_runtime(cursor, settings.RUNTIME["USER"])
    real = flush.Command.handle

    def as_owner(self: flush.Command, **options: Any) -> None:
        with roles.as_owner():
            for last in (False, False, True):
                try:
                    real(self, **options)
                    return
                except CommandError as error:
                    # A request that a page made when it was closed may still read, and then one of the two gives way.
                    deadlock = isinstance(error.__cause__, OperationalError) and "deadlock" in str(error.__cause__)
                    if last or not deadlock:
                        raise

    roles._become(connection, settings.RUNTIME)
    with patch.object(flush.Command, "handle", as_owner):
        yield
    roles._become(connection, settings.DATABASE_OWNER)


@contextmanager
def empty_database() -> Iterator[None]:
    """Let the default connection be the owner's at an empty database beside the test database, until the block ends."""
    before = {**settings.RUNTIME, "NAME": connection.settings_dict["NAME"]}
    name = f"{before['NAME']}_empty"
    with roles.as_owner(), connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    roles._become(connection, {**settings.DATABASE_OWNER, "NAME": name})
    try:
        yield
    finally:
        roles._become(connection, before)
        with roles.as_owner(), connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
