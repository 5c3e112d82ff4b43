"""Two database roles: the owner changes the schema, the runtime role does what the application needs and no more.

The runtime role owns nothing, so it can neither switch a trigger off nor replace the function behind it, and what a
table only grows by, it may only read and add to.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import sql

# Tables that only the owner writes: migrations, and functions that are the owner's (`SECURITY DEFINER`).
READ_ONLY = ("django_migrations", "core_opening")
APPEND_ONLY = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'append_only'
"""
# Rows that are dropped once nothing rests on them, and never changed.
NEVER_CHANGED = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'never_changed'
"""
# A member of the owner's role may do what the owner does, and who makes roles may make itself one. A table or function
# of one's own, a temporary one too, may have the name of one that a trigger asks, and be asked in its place.
MIGHTY = """
SELECT r.rolsuper, r.rolcreaterole, c.relowner = r.oid, pg_has_role(r.oid, c.relowner, 'MEMBER'),
  has_schema_privilege(r.oid, c.relnamespace, 'CREATE') OR has_database_privilege(r.oid, current_database(), 'CREATE'),
  has_database_privilege(r.oid, current_database(), 'TEMPORARY')
FROM pg_roles r, pg_class c
WHERE r.rolname = current_user AND c.oid = to_regclass('django_migrations')
"""

MIGHTINESS = (
    "is a superuser",
    "may make roles",
    "owns the tables",
    "is a member of the role that owns the tables",
    "may make tables",
    "may make temporary tables",
)


def are_apart() -> bool:
    """Whether an owner is configured beside the runtime role."""
    runtime = connections[DEFAULT_DB_ALIAS].settings_dict["USER"]
    return bool(settings.DATABASE_OWNER) and settings.DATABASE_OWNER["USER"] != runtime


@contextmanager
def as_owner() -> Iterator[BaseDatabaseWrapper]:
    """Let the default connection be the owner's for the block; without an owner it stays what it is.

    Outside of any transaction: the connection is made anew.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    before = {name: connection.settings_dict[name] for name in settings.DATABASE_OWNER}
    try:
        _become(connection, settings.DATABASE_OWNER)
        yield connection
    finally:
        _become(connection, before)


def create_runtime(cursor: CursorWrapper, role: str, password: str) -> None:
    """As the owner of an embedded database, create `role` where the database is older than the role."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        created = sql.SQL("CREATE ROLE {role} LOGIN PASSWORD {password}")
        cursor.execute(created.format(role=sql.Identifier(role), password=sql.Literal(password)))


def grant_runtime(cursor: CursorWrapper, role: str) -> None:
    """As the owner, let `role` read and write, but neither change nor remove a row of a table that is append-only.

    A row of a table that is never changed it may remove, where a trigger lets it. Tables it may make none, nor may
    anybody else who is given nothing of their own: where the owner does not own the database or the schema that is
    left as it is, and `too_mighty` says so.
    """
    cursor.execute("SELECT current_database()")
    (database,) = cursor.fetchone()
    cursor.execute(APPEND_ONLY)
    append_only = [table for (table,) in cursor.fetchall()]
    cursor.execute(NEVER_CHANGED)
    unchanged = [table for (table,) in cursor.fetchall()]
    statements = [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        *(f"REVOKE UPDATE, DELETE ON {{table{place}}} FROM {{role}}" for place in range(len(append_only))),
        *(f"REVOKE UPDATE ON {{unchanged{place}}} FROM {{role}}" for place in range(len(unchanged))),
        *(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {{role}}" for table in READ_ONLY),
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
        "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}",
    ]
    names = {f"table{place}": sql.Identifier(table) for place, table in enumerate(append_only)}
    names |= {"database": sql.Identifier(database)}
    names |= {f"unchanged{place}": sql.Identifier(table) for place, table in enumerate(unchanged)}
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role), **names))


def too_mighty() -> str:
    """Return why the role of this process could set the database's guards aside, or an empty string."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(MIGHTY)
        found = cursor.fetchone()
    what = next((words for words, holds in zip(MIGHTINESS, found or (), strict=False) if holds), "")
    if not what:
        return ""
    return (
        f"the database role of DATABASE_URL {what}, so a fault in the application could set the database's guards "
        "aside; see “Two database roles” in docs/operator/database-roles.md"
    )


def _become(connection: BaseDatabaseWrapper, role: Mapping[str, object]) -> None:
    if all(connection.settings_dict[name] == value for name, value in role.items()):
        return
    connection.close()
    if close_pool := getattr(connection, "close_pool", None):
        close_pool()
    connection.settings_dict.update(role)
