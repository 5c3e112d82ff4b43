"""The deployment check of the storage: `manage.py check --deploy`. It puts a small file there and removes it again."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from curation.core.storage import StorageError, storage


@register("storage", deploy=True)
def storage_can_be_used(**_options: Any) -> list[CheckMessage]:
    """Say why files cannot be kept. Every other command must work while the storage is down, so they do not ask."""
    try:
        storage().probe()
    except StorageError as error:
        return [Error(error.message, hint="Settings: docs/operator/settings.md, Files.", id="exempla.E001")]
    return []
