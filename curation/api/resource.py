"""What every view of the API has: scopes, checked parameters, pages and checked bodies."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ListField, ListSerializer, Serializer
from rest_framework.views import APIView

from curation.accounts.models import Scope, User
from curation.api.paging import Pages
from curation.api.signing_in import is_session
from curation.core.errors import InvalidInput, NotAllowed, NotFound
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
