"""Django's `migrate`, as the owner of the tables, and what the runtime role may do with them afterwards."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from curation.core import roles
from curation.core.locks import MIGRATING, wait_for_lock


class Command(migrate.Command):
    """Migrate as the owner, one host at a time."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Change the schema, then grant."""
        runtime = str(connection.settings_dict["USER"])
        apart = roles.are_apart()
        with roles.as_owner(), wait_for_lock(MIGRATING, 0):
            super().handle(*args, **options)
            if apart and options["plan"] is False:
                with connection.cursor() as cursor:
                    roles.grant_runtime(cursor, runtime)
