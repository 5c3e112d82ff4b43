"""Lists a page at a time, from a place in the order and not from a row's number, so that all pages cost the same."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from curation.core.errors import InvalidInput
from curation.core.plain_text import whole_number


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
        said = InvalidInput(_("This “cursor” is none that an answer gave. Begin again without it."))
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
