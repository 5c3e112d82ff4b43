"""ETag, If-None-Match and If-Match: whether what a caller has, and means to change, is still the newest."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from curation.api.problems import ChangedMeanwhile
from curation.core.errors import Conflict, NotFound

Row = TypeVar("Row", bound=Model)
Shown = dict[str, Any]


def etag_of(shown: Any) -> str:
    """Return the ETag of a representation: the same for the same JSON."""
    # In one order: what the database keeps as JSON comes back in another than it was sent in.
    said = json.dumps(shown, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def shown(data: Any) -> Response:
    """Answer a change with what has become of it, and the ETag of that."""
    return Response(data, headers={"ETag": etag_of(data)})


def unless_known(request: Request, answer: Response) -> Response:
    """Return what was read with its ETag; 304 without it where the caller's `If-None-Match` names that."""
    etag = etag_of(answer.data)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if etag in known or "*" in known:
        return Response(status=304, headers={"ETag": etag})
    answer.headers["ETag"] = etag
    return answer


@contextmanager
def changing(request: Request, rows: QuerySet[Row], show: Callable[[Row], Shown], said: str = "") -> Iterator[Row]:
    """Yield the one row of `rows`, to be changed by an action within.

    With `If-Match` it is locked, and 412 says the newest state as `current` where that is another. A `Conflict` of the
    action carries `current` too. Raises `NotFound` (`said`) where `rows` has none.
    """
    condition = request.headers.get("If-Match")
    # What is no ETag, such as one without its quotes, is one that nothing has: whoever sent it meant a condition.
    wanted = parse_etags(condition or "")
    try:
        if condition is None or "*" in wanted:
            yield _only(rows, said)
            return
        with transaction.atomic():
            row = _only(rows.select_for_update(of=("self",), no_key=True), said)
            now = show(row)
            if etag_of(now) not in wanted:
                message = _("This has changed since you read it. “current” is how it is now; decide again from there.")
                raise ChangedMeanwhile(message, data={"current": as_json(now)})
            yield row
    except Conflict as error:
        if "current" not in error.data:
            error.data["current"] = as_json(show(_only(rows, said)))
        raise


def as_json(data: Any) -> Any:
    """Return what a representation is as JSON, for the document of an error."""
    return json.loads(JSONRenderer().render(data))


def _only(rows: QuerySet[Row], said: str) -> Row:
    row = rows.first()
    if row is None:
        raise NotFound(said or _("There is no such thing, or it is not yours to see."))
    return row
