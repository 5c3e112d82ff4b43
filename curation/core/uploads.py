"""Uploads stream to disk, up to a size, and only from people who may import anything."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from curation.core.numbers import grouped


def too_long(size: int) -> str:
    """Return what is said of an upload of `size` bytes, which is more than is taken."""
    return _(
        "The file has %(size)s MB; up to %(limit)s MB can be uploaded. "
        "Split it, or let an operator import it with manage.py import_stories."
    ) % {"size": grouped(size >> 20), "limit": grouped(settings.MAX_UPLOAD_MB)}


class LimitedUpload(TemporaryFileUploadHandler):
    """Refuses a file before the first byte of it is written; `refusal()` then has the reason."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Compare what the browser announces with the limit."""
        self.reason = ""
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            self.reason = _("Sign in first.")
        elif not user.is_curator:
            # Any address would take a file, and the disk fills all the same.
            self.reason = _("Only curators and admins upload files.")
        elif content_length > settings.MAX_UPLOAD_MB << 20:
            self.reason = too_long(content_length)
        if self.reason and self.request is not None:
            self.request.META["exempla.upload_refused"] = self.reason

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, unless it is refused."""
        if self.reason:
            raise StopUpload(connection_reset=False)
        super().new_file(*args, **kwargs)


def refusal(request: HttpRequest) -> str:
    """Return why the files of `request` were not taken, or an empty string."""
    return "" if request.FILES else str(request.META.get("exempla.upload_refused", ""))
