"""What an error looks like: a problem document, whatever the caller prefers (RFC 9457)."""

from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.views import set_rollback

from curation.core import problems
from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotAllowed, NotFound, NotThisWay, TooMany


class NotSignedIn(ExemplaError):
    """Nobody is signed in, or by a token that lets nobody in."""

    code = "not_signed_in"
    status = 401
    title = gettext_lazy("Sign in first")


class TokenRefused(NotSignedIn):
    """The token is unknown, revoked or too old."""

    code = "token_refused"


class RequestUnreadable(ExemplaError):
    """The request cannot be read."""

    code = "bad_request"
    status = 400
    title = gettext_lazy("That cannot be read")


class LengthMissing(ExemplaError):
    """Nobody says how long the body is."""

    code = "length_missing"
    status = 411
    title = gettext_lazy("How long is it?")


class Forged(NotAllowed):
    """A session's call came without a valid CSRF token."""

    code = "csrf"


class NotAcceptable(ExemplaError):
    """The answer is JSON, and the caller takes none."""

    code = "not_acceptable"
    status = 406
    title = gettext_lazy("Answers are JSON")


class MediaType(ExemplaError):
    """What was sent is of a kind that this address does not take."""

    code = "media_type"
    status = 415
    title = gettext_lazy("That kind of content is not taken")


class ChangedMeanwhile(Conflict):
    """`If-Match` names a state that is no longer the newest; `current` is."""

    code = "changed_meanwhile"
    status = 412


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's handler of exceptions: the document for a typed error, None for a fault of our own."""
    typed = typed_of(error)
    if typed is None:
        return None
    set_rollback()
    said = problems.document(typed.status, typed.code, str(typed.title), typed.message, **typed.data)
    for name, value in {**typed.headers, **header_of(error)}.items():
        said.headers[name] = value
    return said


def typed_of(error: Exception) -> ExemplaError | None:
    """Return the typed error that says what DRF or Django raised; None for what no caller caused."""
    if isinstance(error, ExemplaError):
        return error
    if isinstance(error, exceptions.ValidationError):
        fields = in_plain(error.detail)
        missing = [name for name, said in fields.items() if "required" in codes(error, name)]
        data: dict[str, Any] = {"errors": fields} | ({"missing": missing} if missing else {})
        return InvalidInput(in_a_sentence(fields), data=data)
    if isinstance(error, exceptions.Throttled):
        said = _("Too many calls in this minute. Wait for the next one.")
        return TooMany(said, retry_after=ceil(getattr(error, "wait", None) or 1))
    if isinstance(error, Http404 | exceptions.NotFound):
        return NotFound(_("There is nothing at this address."))
    if isinstance(error, exceptions.AuthenticationFailed):
        return TokenRefused(str(error.detail))
    if isinstance(error, exceptions.NotAuthenticated):
        return NotSignedIn(_("Sign in, or send a token: “Authorization: Bearer exempla_…”."))
    if isinstance(error, exceptions.MethodNotAllowed):
        return NotThisWay(_("This address does not take this method. “Allow” says which it takes."))
    if isinstance(error, exceptions.ParseError):
        return RequestUnreadable(str(error.detail))
    if isinstance(error, exceptions.UnsupportedMediaType):
        return MediaType(_("Send JSON, with “Content-Type: application/json”, or what the docs name for this address."))
    if isinstance(error, exceptions.NotAcceptable):
        return NotAcceptable(_("Answers are JSON. Send “Accept: application/json”, or no Accept at all."))
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        if getattr(getattr(error, "detail", None), "code", "") == "csrf":
            return Forged(_("A call by the browser's session needs the CSRF token in “X-CSRFToken”."))
        return NotAllowed(_("Your role does not include this. Ask an admin of this workspace."))
    return None


def header_of(error: Exception) -> dict[str, str]:
    """Return the header by which DRF says how to sign in."""
    asked = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": asked} if asked else {}


def in_plain(detail: Any) -> dict[str, Any]:
    """Return what is wrong, by field; what concerns all of it stands under `non_field_errors`."""
    return dict(detail) if isinstance(detail, dict) else {"non_field_errors": detail}


def codes(error: exceptions.ValidationError, name: str) -> list[str]:
    """Return DRF's codes of what is wrong with one field."""
    kept: Any = error.get_codes()
    found = kept.get(name) if isinstance(kept, dict) else None
    return [str(code) for code in found] if isinstance(found, list) else []


def in_a_sentence(fields: Any) -> str:
    """Return the first thing that is wrong, with the way to it."""
    way: list[str] = []
    said = fields
    while isinstance(said, dict | list) and said:
        if isinstance(said, dict):
            name, said = next(iter(said.items()))
            if name != "non_field_errors":
                way.append(str(name))
        else:
            number, said = next(((n, part) for n, part in enumerate(said) if part), (0, ""))
            if isinstance(said, dict):
                way.append(str(number))
    return f"{'.'.join(way)}: {said}" if way else str(said)
