"""What can be wrong with the storage, each with a sentence that says what to do. No sentence names a key."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from curation.core.errors import Unavailable

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


class StorageError(Unavailable):
    """Something about the storage; trying again later, or after an admin has looked, can work."""

    code = "storage"


class StorageUnavailable(StorageError):
    """The storage cannot be reached, or not with these keys. Nothing is known of any file."""

    code = "storage_unavailable"


class StorageFull(StorageError):
    """There is no room for another file."""

    code = "storage_full"


class FileMissing(StorageError):
    """The storage answers, and does not have the file."""

    code = "file_missing"

    def __init__(self, message: StrOrPromise = "", **known: Any) -> None:
        super().__init__(message or _("The file is missing from the storage."), **known)


class ContentDiffers(StorageError):
    """The bytes are not those that the file's SHA-256 stands for."""

    code = "content_differs"

    def __init__(self, message: StrOrPromise = "", **known: Any) -> None:
        changed = _("The file's content is not what its SHA-256 says: it was changed or cut short.")
        super().__init__(message or changed, **known)


@contextmanager
def disk_explained() -> Iterator[None]:
    """Tell what a local disk refuses as an error of the storage."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissing from error
    except OSError as error:
        if error.errno in NO_SPACE:
            raise StorageFull(
                _("There is no space left where files are kept. Free some, or let an admin do so, then try again.")
            ) from error
        if error.errno in CLOSED:
            raise StorageUnavailable(
                _("The folder for files cannot be written. Give it to the account that runs Exempla.")
            ) from error
        raise StorageUnavailable(
            _("The folder for files cannot be used (%(reason)s).") % {"reason": error.strerror or type(error).__name__}
        ) from error
