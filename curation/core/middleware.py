"""Middleware for every page: the policy, what text may be sent, and answers for typed errors."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext_lazy

from curation.core.errors import ExemplaError, NotThisWay
from curation.core.plain_text import with_lf
from curation.core.problems import answer_for

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
    """Keep what signed-in people and their programs see out of every cache, unless the answer says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A stale cookie is treated like a good one: looking its session up would cost a statement.
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies or "Authorization" in request.headers:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class PlainText:
    """Refuse NUL wherever a request can carry it, and make the line ends of everything that forms send LF.

    The database holds no NUL. Browsers count a line end as one character and send two, which would be one too many for
    a limit, and would be kept. It stands behind the CSRF check, so that no body is read for a stranger, and before
    anything looks a session up.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info:
            raise Http404("NUL in an address")
        _refuse_nul(*request.COOKIES.values())
        request.GET = _plain(request.GET)  # type: ignore[assignment]  # an unchangeable one, as before
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object = None, *_arguments: object) -> None:
        """Look at the fields of a form and at the names of its files. JSON is looked at where it is parsed.

        A view that reads no form says so by `reads_forms`: what is sent to it stays unread until it knows who calls.
        """
        if not getattr(getattr(view, "cls", None), "reads_forms", True):
            return
        request.POST = _plain(request.POST)  # type: ignore[assignment]
        _refuse_nul(*(file.name or "" for _name, files in request.FILES.lists() for file in files))


def _plain(sent: QueryDict) -> QueryDict:
    values = [value for _name, values in sent.lists() for value in values]
    _refuse_nul(*sent, *values)
    if not any("\r" in value for value in values):
        return sent
    clean = sent.copy()
    for name, kept in sent.lists():
        clean.setlist(name, [with_lf(value) for value in kept])
    clean._mutable = False
    return clean


def _refuse_nul(*texts: str) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("NUL in a request")


class TypedErrors:
    """Answer for every `ExemplaError`, and for what is sent to an address in a way that it does not take."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == NotThisWay.status and not getattr(response, "content", b"-"):
            said = answer_for(request, NotThisWay(UNSENT))
            said.headers["Allow"] = response.headers["Allow"]
            return said
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a typed error; None for any other."""
        return answer_for(request, error) if isinstance(error, ExemplaError) else None
