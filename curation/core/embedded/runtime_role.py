"""The role that the application connects as, in an embedded PostgreSQL."""

from curation.core.embedded.errors import ServerFailed
from curation.core.embedded.services import RUNTIME_USER, Services

# One at a time: two processes that start together would both find no role.
LOCK = 0x726F6C65
FIND = "SELECT 1 FROM pg_roles WHERE rolname = %s"
CREATE = "CREATE ROLE {role} LOGIN PASSWORD {password} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"


def create_runtime_role(services: Services) -> None:
    """Create the runtime role of these services where it is missing. `migrate` grants what it may do.

    Raises `ServerFailed` where the database has ended since it was called ready.
    """
    # Not for the supervisor, which needs none of it for as long as it runs.
    import psycopg
    from psycopg import sql

    created = sql.SQL(CREATE).format(role=sql.Identifier(RUNTIME_USER), password=sql.Literal(services.runtime_password))
    try:
        with psycopg.connect(services.database_url, connect_timeout=10) as connection:
            if connection.execute(FIND, [RUNTIME_USER]).fetchone():
                return
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if not connection.execute(FIND, [RUNTIME_USER]).fetchone():
                connection.execute(created)
    except psycopg.OperationalError as error:
        told = str(error).strip()
        raise ServerFailed(f"PostgreSQL was ready and ended again: {told}", "Try again.") from error
