from curation.argilla.models.server import ArgillaServer

__all__ = ["ArgillaServer"]
