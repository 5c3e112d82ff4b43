from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "curation.core"
    label = "core"

    def ready(self) -> None:
        """Make the check of the storage known."""
        import curation.core.storage.checks  # noqa: F401
