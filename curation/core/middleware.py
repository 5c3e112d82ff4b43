"""Middleware for every page: the content security policy, and the one place that renders typed errors."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from curation.core.errors import ExemplaError, NotThisWay

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
UNSENT = gettext_lazy(
    "Something is sent to this address by a button on a page; opened by itself it shows nothing, and nothing was "
    "changed. Go back to the page with the button, and try again there."
)
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ContentSecurityPolicy:
    """Forbid inline script and style, and everything from elsewhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class NeverStored:
    """Keep what signed-in people see out of every cache, the browser's too, unless the answer says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A stale cookie is treated like a good one: looking its session up would cost a statement.
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class TypedErrors:
    """Turn an `ExemplaError` into a page with its status; for htmx a fragment, for scripts that ask for it, JSON."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == NotThisWay.status and not getattr(response, "content", b"-"):
            said = self.process_exception(request, NotThisWay(UNSENT)) or HttpResponse(status=NotThisWay.status)
            said.headers["Allow"] = response.headers["Allow"]
            return said
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render a typed error; None for any other."""
        if not isinstance(error, ExemplaError):
            return None
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"title": str(error.title), "message": error.message}, status=error.status)
        partial = bool(getattr(request, "htmx", False))
        template = "_components/problem.html" if partial else "error.html"
        return render(request, template, {"title": error.title, "message": error.message}, status=error.status)
