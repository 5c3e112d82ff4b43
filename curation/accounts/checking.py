"""Checking passwords, which takes long by design, without anybody else waiting for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.db import connection
from django.utils.translation import gettext as _

from curation.core.errors import Unavailable

# In each process of the web server: how many are checked at a time, and how many more may wait.
AT_ONCE, WAITING = 2, 16
TRY_AGAIN_AFTER = 5
_checked = BoundedSemaphore(AT_ONCE)
_here = BoundedSemaphore(AT_ONCE + WAITING)


@contextmanager
def few_at_once() -> Iterator[None]:
    """Let the block run beside few others; `Unavailable`, to be tried again in seconds, where many wait already.

    Who waits holds no connection to the database, of which pages need more.
    """
    if not _here.acquire(blocking=False):
        text = _("Many people sign in right now. Try again in a few seconds.")
        raise Unavailable(text, retry_after=TRY_AGAIN_AFTER)
    try:
        if not connection.in_atomic_block:
            connection.close()
        with _checked:
            yield
    finally:
        _here.release()
