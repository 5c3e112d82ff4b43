"""Files of imports and releases behind one interface: a local folder, or an S3-compatible bucket.

Every file lies under a key that ends in the SHA-256 of its bytes. It is whole or absent, and checked on its way in.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from curation.core.storage.configured import Configured
from curation.core.storage.errors import (
    ContentDiffers,
    FileMissing,
    StorageError,
    StorageFull,
    StorageUnavailable,
)
from curation.core.storage.folder import Folder
from curation.core.storage.interface import KeptFile, Storage, StoredFile

__all__ = [
    "ContentDiffers",
    "FileMissing",
    "KeptFile",
    "Storage",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "StoredFile",
    "storage",
]


def storage() -> Storage:
    """Return the storage that the settings name."""
    return _made(settings.STORAGE, Path(settings.HOME))


@lru_cache(maxsize=8)
def _made(configured: Configured, home: Path) -> Storage:
    if configured.bucket:
        # Imported only where there is a bucket: the client's library takes a while to load.
        from curation.core.storage.bucket import Bucket

        return Bucket(configured, copies=home / "copies")
    return Folder(Path(configured.folder) if configured.folder else home)
