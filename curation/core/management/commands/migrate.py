"""Django's `migrate`, as the owner of the tables, and what the runtime role may do with them afterwards."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, connection
from psycopg.errors import InsufficientPrivilege

from curation.core import roles
from curation.core.locks import MIGRATING, wait_for_lock
from curation.core.services import wanted

MAY_NOT = (
    "The database is not migrated to this version, and its role {role} may not change tables. Start a host that has "
    "DATABASE_OWNER_URL first, such as one that serves the web pages, or set DATABASE_OWNER_URL here."
)


class Command(migrate.Command):
    """Migrate as the owner, one host at a time."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Change the schema, then grant; `CommandError` where the role may not change what has to be changed."""
        runtime, password = (str(connection.settings_dict[name]) for name in ("USER", "PASSWORD"))
        apart = roles.are_apart()
        with roles.as_owner(), wait_for_lock(MIGRATING, 0):
            try:
                super().handle(*args, **options)
            except DatabaseError as error:
                if not lacks_privilege(error):
                    raise
                raise CommandError(MAY_NOT.format(role=connection.settings_dict["USER"])) from error
            if apart and options["plan"] is False:
                with connection.cursor() as cursor:
                    if "postgres" in wanted():
                        roles.create_runtime(cursor, runtime, password)
                    roles.grant_runtime(cursor, runtime)


def lacks_privilege(error: BaseException | None) -> bool:
    """Whether the database refused for want of a right; Django wraps what the driver says, once or twice."""
    while error is not None and not isinstance(error, InsufficientPrivilege):
        error = error.__cause__ or error.__context__
    return error is not None
