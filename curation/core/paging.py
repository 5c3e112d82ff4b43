"""Lists that are shown a page at a time."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def page_of(request: HttpRequest, rows: QuerySet[Any, Any], size: int) -> tuple[Page[Any], dict[str, str]]:
    """Return the page that the address asks for as `page`, or the nearest that there is.

    And what `_components/pager.html` links to: `previous_url` and `next_url`, empty where there is none.
    """
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    return page, {
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
