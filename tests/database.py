"""The test database: made by the owner of the tables, used as the role that the application connects as."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.conf import settings
from django.core.management.commands import flush
from django.db import OperationalError, connection

from curation.core import roles

# What `migrate` makes of the models, which a database that was emptied would need again.
OF_THE_MODELS = {"auth_permission", "django_content_type"}

# In bytes. Rows that are deleted are still read past for a while; beyond this, that would show.
LARGE = 8 * 1024**2


def as_runtime() -> Iterator[None]:
    """Have every connection of the tests be the runtime role's, until the database is taken down."""
    with connection.cursor() as cursor:
        roles.grant_runtime(cursor, settings.RUNTIME["USER"])
    emptying = Emptying()
    roles._become(connection, settings.RUNTIME)
    with patch.object(flush.Command, "handle", lambda _self, **_options: emptying.empty()):
        yield
    emptying.owner.close()
    roles._become(connection, settings.DATABASE_OWNER)


class Emptying:
    """Empties the tables after a test that commits: the owner's to do, and past the triggers that refuse it.

    Few tables have rows then, and few rows: to delete these takes a hundredth of what it takes to truncate all tables.
    """

    def __init__(self) -> None:
        tables = set(connection.introspection.django_table_names(only_existing=True)) - OF_THE_MODELS
        self.tables = [f'"{table}"' for table in sorted(tables)]
        self.ready: object = None
        self.owner = connection.copy("owner")
        self.owner.settings_dict.update(settings.DATABASE_OWNER)
        # A connection of its own, beside those that the tests share.
        self.owner.settings_dict["OPTIONS"].pop("pool")

    def empty(self) -> None:
        """Wait for what still writes, and delete every row. The next test begins with connections of its own."""
        connection.close()
        connection.close_pool()
        for last in (False, False, True):
            try:
                self._delete()
                return
            except OperationalError:
                # A request that a page made when it was closed may still write, and then one of the two gives way.
                self.owner.close()
                if last:
                    raise

    def _prepare(self) -> None:
        """Plan once for a connection how to look into all tables: that takes ten times as long as to look.

        That triggers are passed is said to the whole connection: each change of it has all planned anew.
        """
        filled = " UNION ALL ".join(
            f"SELECT '{one}', pg_table_size('{one}') WHERE EXISTS (SELECT FROM {one})"  # noqa: S608
            for one in self.tables
        )
        with self.owner.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(f"PREPARE filled AS {filled}")
        self.ready = self.owner.connection

    def _delete(self) -> None:
        if self.owner.connection is None or self.owner.connection is not self.ready:
            self._prepare()
        with self.owner.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"LOCK TABLE {', '.join(self.tables)} IN EXCLUSIVE MODE")
            cursor.execute("EXECUTE filled")
            found = dict(cursor.fetchall())
            if sum(found.values()) > LARGE:
                cursor.execute(f"TRUNCATE {', '.join(found)} CASCADE")
            else:
                for table in found:
                    cursor.execute(f"DELETE FROM {table}")  # noqa: S608
            cursor.execute("COMMIT")


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
