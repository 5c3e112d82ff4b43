"""A call that comes twice with one `Idempotency-Key` is carried out once, and answered alike both times."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import User
from curation.api.models import AnsweredCall
from curation.core.errors import Conflict, InvalidInput

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(days=1)
FORGOTTEN_AT_ONCE = 5_000
# The headers of an answer that are part of it.
KEPT = ("Location", "ETag")
LONGEST_KEY = 255


class KeyUsedOtherwise(Conflict):
    """The key came before with another call."""

    code = "idempotency_key_used"


def key_of(request: Request) -> str | None:
    """Return the key that the call came with, None without one. Raises `InvalidInput` for one that cannot be kept."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not key.isascii() or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
        raise InvalidInput(
            _("An Idempotency-Key has 1 to %(most)s printable ASCII characters.") % {"most": LONGEST_KEY}
        )
    return str(key)


def once(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Carry a view's method out once for each key of a person, in one transaction with the record of its answer.

    A second call waits for the first, and gets what that was answered. What was refused is not kept: it can be sent
    again when it is mended.
    """

    @wraps(handler)
    def answered(view: Any, request: Request, *args: Any, **named: Any) -> Response:
        key = key_of(request)
        if key is None:
            return handler(view, request, *args, **named)
        return answered_once(request, key, lambda: handler(view, request, *args, **named))

    answered.takes_key = True  # type: ignore[attr-defined]  # the schema documents the header by it
    return answered


def keyed(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Say that a view's method hands the key on (`key_for_action`) to an action that keeps keys of its own."""
    handler.takes_key = True  # type: ignore[attr-defined]  # the schema documents the header by it
    return handler


def key_for_action(request: Request) -> UUID:
    """Return the key as actions take it: the same for the same key of the same person, a new one without a key."""
    key = key_of(request)
    return uuid4() if key is None else uuid5(NAMESPACE_URL, f"{cast(User, request.user).pk} {key}")


def answered_once(request: Request, key: str, carry_out: Callable[[], Response], content: str = "") -> Response:
    """Carry out, or answer as before. `content` stands for a body that is not JSON, such as the hash of a file.

    What an answer says only once is not kept: its `kept` is what a second call gets.
    """
    person = cast(User, request.user)
    # The role is part of it: what a curator was answered is not told again to somebody who is none any more.
    asked = [request.method, request.get_full_path(), person.role, content or request.data]
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic():
        row, is_new = AnsweredCall.objects.get_or_create(user=person, key=key, defaults={"fingerprint": fingerprint})
        if not is_new:
            return _as_before(row, fingerprint)
        answer = carry_out()
        row.status = answer.status_code
        row.body = json.loads(JSONRenderer().render(getattr(answer, "kept", answer.data)) or b"null")
        row.headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        row.save(update_fields=["status", "body", "headers"])
    return answer


def _as_before(row: AnsweredCall, fingerprint: str) -> Response:
    if row.fingerprint != fingerprint:
        raise KeyUsedOtherwise(_("This Idempotency-Key came before with another call. Choose a new one for each call."))
    return Response(row.body, status=row.status, headers={**row.headers, REPLAYED: "true"})


def forget_old_calls() -> int:
    """Remove answers that are older than a day; return how many."""
    old = AnsweredCall.objects.filter(at__lt=timezone.now() - KEPT_FOR).order_by("at")
    pks = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return AnsweredCall.objects.filter(pk__in=pks).delete()[0]
