"""What every view of the API has: scopes, checked parameters, pages and checked bodies."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ListField, ListSerializer, Serializer
from rest_framework.views import APIView

from curation.accounts.models import Scope, User
from curation.api.conditional import as_json, unless_known
from curation.api.idempotency import KeyUsedOtherwise
from curation.api.paging import Pages
from curation.api.problems import LengthMissing
from curation.api.signing_in import is_session
from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotAllowed, NotFound
from curation.core.own_pages import is_from_elsewhere
from curation.core.plain_text import storable, whole_number

Row = TypeVar("Row", bound=Model)
# What a list takes besides its filters.
PAGING = {"cursor", "limit"}
# So much of a name that is none is said again.
LONGEST_SAID = 100


class Resource(APIView):
    """A view that answers where `scopes` names a scope for the method, and nowhere else."""

    scopes: ClassVar[Mapping[str, Scope]] = {}
    # The methods that take `If-Match`. Another one refuses it: whoever sends it does not want to change unseen.
    conditional: ClassVar[Collection[str]] = ()
    # Whether a GET answers with one page of a list, and whether with bytes.
    paged: ClassVar[bool] = False
    in_bytes: ClassVar[bool] = False
    # Bodies are read by the parsers, after it is known who calls.
    reads_forms = False

    @property
    def person(self) -> User:
        """Who calls."""
        return cast(User, self.request.user)

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls, and count the call: those that are refused too, which DRF leaves out."""
        try:
            super().perform_authentication(request)
        finally:
            super().check_throttles(request)

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Go on if the caller may call this, and sends nothing that nobody would look at."""
        super().initial(request, *args, **named)
        if "Transfer-Encoding" in request.headers:
            # Django takes such a body for an empty one.
            said = _("Say how long the body is, by “Content-Length”: one that comes in chunks is not taken.")
            raise LengthMissing(said)
        if "If-Match" in request.headers and request.method not in {*self.conditional, *SAFE_METHODS}:
            raise InvalidInput(_("This call takes no If-Match. Nothing was done; send it without."))

    def finalize_response(self, request: Request, response: Any, *args: Any, **named: Any) -> Any:
        """Give what was read an ETag; 304 without it where the caller has that."""
        is_read = request.method in SAFE_METHODS and isinstance(response, Response) and response.status_code == 200
        if is_read and self.has_etag:
            response = unless_known(request, response)
        return super().finalize_response(request, response, *args, **named)

    @property
    def has_etag(self) -> bool:
        """Whether a GET answers with one thing, which has an ETag."""
        return not (self.paged or self.in_bytes)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer with a problem document. A conflict has the newest state, as `newest` tells it."""
        if isinstance(exc, Conflict) and not isinstance(exc, KeyUsedOtherwise) and "current" not in exc.data:
            with suppress(ExemplaError):
                found = self.newest()
                exc.data |= {} if found is None else {"current": as_json(found.data)}
        return super().handle_exception(exc)

    def newest(self) -> Response | None:
        """Tell what the call is about as it is now; None where looking at it does something, or there is no one thing.

        Views set it by `shown_by` where an address tells it.
        """
        return None

    def check_throttles(self, request: Request) -> None:
        """Do nothing: the call was counted when it came."""

    def asked(self, filters: type[Serializer[Any]] = Serializer) -> dict[str, Any]:
        """Return the checked parameters of the address. 422 for a name that is none, or comes twice, and for a value
        that does not fit."""
        sent = self.request.query_params
        known = set(filters().fields) | PAGING
        if odd := [name for name in sent if name not in known or len(sent.getlist(name)) > 1]:
            names = ", ".join(sorted(known))
            raise InvalidInput(
                _("“%(odd)s” is no parameter here, or came twice. There are: %(names)s.")
                % {"odd": odd[0][:LONGEST_SAID], "names": names}
            )
        if any(not storable(str(value)) for value in sent.values()):
            raise InvalidInput(_("A parameter holds what no text may hold."))
        return checked(filters, {name: value for name, value in sent.items() if name not in PAGING})

    def sent(self, body: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the checked body of the call. 422 for a name that is none, and for what does not fit."""
        form = body(data=self.request.data)
        for way, names in unknown(form, self.request.data):
            raise InvalidInput(
                _("“%(odd)s” is nothing that this call takes. It takes: %(names)s.")
                % {"odd": way[:LONGEST_SAID], "names": names}
            )
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def noted_look(self) -> None:
        """Refuse a look that goes on record where another site led the browser here: its person did not ask for it."""
        if is_session(self.request) and is_from_elsewhere(self.request._request):
            raise NotAllowed(
                _("This look goes on record, so no other site can lead you here. Open the address by itself.")
            )

    def page(self, rows: QuerySet[Row], show: Callable[[list[Row]], Any]) -> Response:
        """Answer with a page of `rows`, as `show` says of those on it; they come newest first, by key."""
        pages = Pages()
        found = pages.paginate_queryset(rows, self.request, self) or []
        return pages.get_paginated_response(show(list(found)))


def shown_by(view: type[Resource] | None = None) -> Callable[[Resource], Response]:
    """Return a `newest` that tells what the GET of `view` does, or of the same view; its address has the same parts."""

    def newest(called: Resource) -> Response:
        other: Any = (view or type(called))()
        other.request, other.args, other.kwargs = called.request, called.args, called.kwargs
        answer: Response = other.get(called.request, **called.kwargs)
        return answer

    return newest


def unknown(form: Any, data: Any, way: str = "") -> Iterator[tuple[str, str]]:
    """Yield the way to each name in `data`, as far down as serializers go, that is no field, with those that are."""
    if isinstance(form, ListSerializer | ListField) and isinstance(data, list):
        for number, part in enumerate(data):
            yield from unknown(form.child, part, f"{way}{number}.")
    elif isinstance(form, Serializer) and isinstance(data, dict):
        yield from ((f"{way}{name}", ", ".join(form.fields)) for name in sorted(set(map(str, data)) - set(form.fields)))
        for name, field in form.fields.items():
            if name in data:
                yield from unknown(field, data[name], f"{way}{name}.")


def checked(shape: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return `data` as the serializer makes it; 422 (`ValidationError`) where it does not fit."""
    form = shape(data=data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def only(rows: QuerySet[Row], said: str, **named: Any) -> Row:
    """Return the one row; `NotFound` (`said`) where there is none."""
    if any(isinstance(value, int) and whole_number(str(value)) is None for value in named.values()):
        raise NotFound(said)
    row = rows.filter(**named).first()
    if row is None:
        raise NotFound(said)
    return row


def with_location(data: Any, address: str, status: int = 201) -> Response:
    """Answer with what was made, and where it is."""
    return Response(data, status=status, headers={"Location": iri_to_uri(address)})
