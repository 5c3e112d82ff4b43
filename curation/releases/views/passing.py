"""Ways by which bytes leave the server where it does not send a file of its own disk by itself."""

import threading
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from curation.core.errors import Unavailable
from curation.core.storage import storage

# Answers of a web process that are passed on from a bucket while they are read, each by a thread; it has four times as
# many threads.
PLACES = threading.BoundedSemaphore(10)
TRY_AGAIN = 5
# Where nginx has the files, for itself alone (`internal`).
LOCATION = "/exempla-files/"


class PassedBytes:
    """Bytes that are passed on; it gives its place back when it is closed."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._has_place = pieces, True

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Give the place back, once."""
        if self._has_place:
            self._has_place = False
            PLACES.release()


def streamed(pieces: Iterator[bytes], **said: Any) -> StreamingHttpResponse:
    """Answer with what a thread reads as it sends it. `Unavailable`, for a moment, while too many do."""
    if not PLACES.acquire(blocking=False):
        text = _("Many downloads are under way. Yours can begin in a moment.")
        raise Unavailable(text, retry_after=TRY_AGAIN)
    return StreamingHttpResponse(PassedBytes(pieces), **said)


def for_the_proxy(key: str) -> dict[str, str]:
    """Return the header by which the proxy is asked to send a stored file; none where it was not told to."""
    header = settings.FILES_SENT_BY_PROXY
    if not header or (path := storage().path(key)) is None:
        return {}
    return {header: LOCATION + key if header == "X-Accel-Redirect" else str(path)}
