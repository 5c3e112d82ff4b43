"""Reading what is sent: JSON of bounded size and depth, that the database can hold."""

import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from curation.core.errors import ExemplaError
from curation.core.plain_text import levels, parse_json, storable, with_lf
from curation.core.uploads import too_long

PIECE = 1 << 20


class TooLarge(ExemplaError):
    """What was sent is larger than this address takes."""

    code = "too_large"
    status = 413
    title = gettext_lazy("That is too large")


class PlainJSON(BaseParser):
    """JSON up to `DATA_UPLOAD_MAX_MEMORY_SIZE`, each name once, without NUL; line ends become LF."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return what was sent. 400 for what is no JSON, 413 for too much of it."""
        try:
            sent = parse_json(stream.body, once=True)
        except RequestDataTooBig as error:
            raise TooLarge(_("This is larger than a call may be. Send it in several.")) from error
        except ValueError as error:
            raise ParseError(_("What was sent is not JSON that can be used: %(why)s.") % {"why": error}) from error
        return plain(sent)


class Upload(BaseParser):
    """A file as the body of a call, up to `MAX_UPLOAD_MB`, streamed to disk; whoever gets it closes it."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the file. 400 for a body that ended before its announced length, 413 for one that is too long."""
        announced, most = int(stream.META.get("CONTENT_LENGTH") or 0), settings.MAX_UPLOAD_MB << 20
        if announced > most:
            raise TooLarge(too_long(announced))
        file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - the view closes it
        try:
            shutil.copyfileobj(stream, file, PIECE)
            if file.tell() != announced:
                raise ParseError(_("The body ended before the length that was announced. Send it again."))
        except OSError as error:
            file.close()
            raise ParseError(_("The body ended before the length that was announced. Send it again.")) from error
        except BaseException:
            file.close()
            raise
        return file


class JsonLinesParser(Upload):
    """JSONL: one JSON object for each line."""

    media_type = "application/x-ndjson"


def plain(value: Any) -> Any:
    """Return JSON with LF for every line end. 400 for text that the database cannot hold."""
    for level in levels(value):
        for part in level:
            texts = [*part, part] if isinstance(part, dict) else [part]
            if any(isinstance(text, str) and not storable(text) for text in texts):
                raise ParseError(_("A text in it holds NUL or half of a surrogate pair. Remove it."))
    return _with_lf(value)


def _with_lf(value: Any) -> Any:
    # As deep as `parse_json` lets it be, and no deeper.
    if isinstance(value, str):
        return with_lf(value)
    if isinstance(value, dict):
        return {name: _with_lf(part) for name, part in value.items()}
    return [_with_lf(part) for part in value] if isinstance(value, list) else value
