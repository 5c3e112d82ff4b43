from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "curation.core"
    label = "core"

    def ready(self) -> None:
        """Have the Celery application there before anybody sends a task, and make the check of the storage known."""
        import curation.celery
        import curation.core.storage.checks  # noqa: F401
