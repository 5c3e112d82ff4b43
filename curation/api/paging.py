"""Lists a page at a time, from a place in the order and not from a row's number, so that all pages cost the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from curation.core.errors import InvalidInput
from curation.core.plain_text import whole_number

Row = TypeVar("Row")
NO_CURSOR = gettext_lazy("This “cursor” is none that an answer gave. Begin again without it.")


@dataclass(frozen=True)
class ListPlace:
    """A place in a list that is ordered by a number: behind `number`, or before it."""

    number: int = 0
    backwards: bool = False

    @classmethod
    def read(cls, text: str | None) -> "ListPlace":
        """Return the place that a `cursor` names; 422 for one that no answer gave."""
        way, _colon, number = (text or "after:0").partition(":")
        found = whole_number(number)
        if way not in {"after", "before"} or found is None:
            raise InvalidInput(NO_CURSOR)
        return cls(found, way == "before")


def numbered_page(
    request: Request, found: Callable[[int, int, bool], list[Row]], number: Callable[[Row], int]
) -> tuple[list[Row], str | None, str | None]:
    """Return a page of a list that is ordered by `number`, which each row has for itself, and the addresses around it.

    `found` gets a number, how many rows at most, and whether those before it are meant; it returns them in order.
    """
    limit, place = Pages().get_page_size(request), ListPlace.read(request.query_params.get("cursor"))
    rows = found(place.number, limit + 1, place.backwards)
    more, rows = len(rows) > limit, rows[1:] if place.backwards and len(rows) > limit else rows[:limit]
    after = rows and (more or place.backwards)
    before = rows and (more if place.backwards else place.number)
    address = request.build_absolute_uri()
    return (
        rows,
        replace_query_param(address, "cursor", f"after:{number(rows[-1])}") if after else None,
        replace_query_param(address, "cursor", f"before:{number(rows[0])}") if before else None,
    )


class Pages(CursorPagination):
    """Newest first by key; `limit` up to 500; `cursor` as an answer's `next` and `previous` give it."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = "-pk"
    cursor_query_description = "Where the page begins: as the address in `next` or `previous` of another page says."
    page_size_query_description = "How many to return at most, 1 to 500."

    def get_page_size(self, request: Request) -> int:
        """Return `limit`; 422 for one that is no number from 1 to 500."""
        asked = request.query_params.get("limit")
        if asked is None:
            return self.page_size
        size = whole_number(asked)
        if size is None or not 1 <= size <= self.max_page_size:
            raise InvalidInput(_("“limit” is a number from 1 to %(most)s.") % {"most": self.max_page_size})
        return size

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place; 422 for one that no answer gave."""
        said = InvalidInput(NO_CURSOR)
        try:
            cursor = super().decode_cursor(request)
        except Exception as error:
            raise said from error
        if cursor and cursor.position is not None and whole_number(str(cursor.position)) is None:
            raise said
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the shape of a page."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": address, "previous": address},
        }
