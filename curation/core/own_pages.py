"""Addresses whose opening changes something are opened from our own pages, by a person."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

View = Callable[..., HttpResponseBase]
# What browsers say of a request that one of our pages, an address typed in or a bookmark led to; old ones say nothing.
OURS = {"", "same-origin", "none"}
# How browsers say that they fetch a page before anybody asked for it.
AHEAD = ("Sec-Purpose", "Sec-Fetch-Purpose", "Purpose", "X-Purpose", "X-Moz")


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether another site led here, a neighbour in the same domain too, or a browser that fetches a page ahead of its
    reader (Fetch Metadata, W3C)."""
    if request.headers.get("Sec-Fetch-Site", "").strip().lower() not in OURS:
        return True
    said = " ".join(request.headers.get(name, "") for name in AHEAD).lower()
    return "prefetch" in said or "prerender" in said or "preview" in said


def ask_first(request: HttpRequest) -> HttpResponse:
    """Show a link to the address that was asked for, to go on by."""
    return render(request, "from_elsewhere.html", {"address": request.get_full_path()}, status=403)


def from_our_own_pages(view: View) -> View:
    """Show who comes from elsewhere a link to go on by, and do nothing before it is followed.

    A claim, and a look at scores or at what others said, happen at the opening of a page. Another site could have them
    happen to its visitors.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        return ask_first(request) if is_from_elsewhere(request) else view(request, *args, **named)

    return guarded
