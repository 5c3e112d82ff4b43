from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from curation.core.giving_way import database_steps_back

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class CoreConfig(AppConfig):
    name = "curation.core"
    label = "core"

    def ready(self) -> None:
        """Have the Celery application there before anybody sends a task; make our lookup and check known.

        What a worker asks of the database steps back as the worker does.
        """
        import curation.celery
        import curation.core.lookups
        import curation.core.storage.checks  # noqa: F401

        connection_created.connect(_gives_way, dispatch_uid="giving_way")


def _gives_way(*, connection: "BaseDatabaseWrapper", **_kwargs: Any) -> None:
    database_steps_back(connection)
