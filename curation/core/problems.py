"""What an error looks like: a page for people, a fragment for htmx, a problem document for programs (RFC 9457)."""

import sys
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from curation.core.errors import ExemplaError, NotAllowed, NotFound, Unavailable

# The members that every problem document has. An error's own data stands beside them.
MEMBERS = ("type", "title", "status", "detail", "code")
# Addresses that programs alone call.
FOR_PROGRAMS = ("/api/v1/", "/hub/")
# What a statement comes to while the database is restarted or out of reach, or has no connection left for too long.
AWAY = (OperationalError, InterfaceError)
# Seconds after which it may well answer again.
SOON = 5
PROBLEM, JSON, PAGE = "application/problem+json", "application/json", "text/html"


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer is to be JSON: at an address for programs always, else by what the Accept header prefers, and
    a page where it prefers nothing."""
    return request.path_info.startswith(FOR_PROGRAMS) or request.get_preferred_type([PAGE, PROBLEM, JSON]) in {
        PROBLEM,
        JSON,
    }


def answer_for(request: HttpRequest, error: ExemplaError) -> HttpResponse:
    """Return the answer to a request that ended in `error`."""
    if wants_json(request):
        answer: HttpResponse = document(error.status, error.code, str(error.title), error.message, **error.data)
    else:
        template = "_components/problem.html" if getattr(request, "htmx", False) else "error.html"
        answer = render(request, template, {"title": error.title, "message": error.message}, status=error.status)
    return _with_headers(answer, error)


def document(status: int, code: str, title: str, detail: str, **data: Any) -> JsonResponse:
    """Return a problem document: `code` is stable, `detail` says in a sentence what to do, `data` stands beside."""
    members = {"type": f"urn:exempla:error:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return JsonResponse({**data, **members}, status=status, content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django refuses to read. The page is made without the session, which may be what is unreadable."""
    said = _("This cannot be read as a request. Reload the page and try again.")
    return _bare(request, 400, "400.html", said, code="bad_request")


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django does not allow."""
    if wants_json(request):
        return answer_for(request, NotAllowed(_("Your role does not include this. Ask an admin of this workspace.")))
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that leads nowhere."""
    if wants_json(request):
        return answer_for(request, NotFound(_("There is nothing at this address.")))
    return render(request, "404.html", status=404)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or old."""
    said = _("This was sent without a valid CSRF token, so nothing was changed. Reload the page and send it again.")
    return _bare(request, 403, "403_csrf.html", said, code="csrf")


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a fault of our own, or a database that is away: Django calls this while it handles the exception.

    Neither the database nor a session is asked for anything.
    """
    if isinstance(sys.exception(), AWAY):
        return _away(request)
    said = _("Something broke on our side; the log has the details. What was submitted before is safe.")
    return _bare(request, 500, "500.html", said, code="broken")


def _away(request: HttpRequest) -> HttpResponse:
    said = _(
        "The database does not answer at the moment. Try again in a few seconds. What was submitted before is safe."
    )
    error = Unavailable(said, retry_after=SOON)
    # Whoever asked for a part of a page is known by the header: the session, which comes first, may be what is away.
    if "HX-Request" in request.headers and not wants_json(request):
        answer = _fragment(str(error.title), said, error.status)
        if request.method == "GET":
            # What is on the page stays there, and asks again by itself if it did so before.
            answer.headers["HX-Reswap"] = "none"
    else:
        answer = _bare(request, error.status, "503.html", said, code=error.code, title=str(error.title))
    return _with_headers(answer, error)


def _with_headers(answer: HttpResponse, error: ExemplaError) -> HttpResponse:
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer


def _fragment(title: str, said: str, status: int) -> HttpResponse:
    found = loader.get_template("_components/problem.html").render({"title": title, "message": said})
    return HttpResponse(found, status=status)


def _bare(request: HttpRequest, status: int, template: str, said: str, *, code: str, title: str = "") -> HttpResponse:
    if wants_json(request):
        return document(status, code, title or HTTPStatus(status).phrase, said)
    return HttpResponse(loader.get_template(template).render(), status=status)
