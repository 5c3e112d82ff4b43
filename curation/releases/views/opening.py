"""Pages that are open to strangers as far as a dataset is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from curation.accounts.strangers import check_pace
from curation.core.errors import AccessNeeded, NotFound
from curation.core.problems import wants_json

View = Callable[..., HttpResponseBase]


def open_to_strangers(view: View) -> View:
    """Let strangers in, so many a minute from one address; `request.user` is an `AnonymousUser` then.

    What is not open to them, or is not there, sends them to the page for signing in: they cannot tell which. A page of
    a gated dataset leads whoever was not let in to where they ask for it; programs are told.
    """

    @login_not_required
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        is_stranger = not request.user.is_authenticated
        if is_stranger:
            check_pace(request)
        try:
            response = view(request, *args, **named)
        except AccessNeeded:
            if request.method == "GET" and not wants_json(request):
                return redirect("dataset_access", named["org"], named["name"])
            raise
        except NotFound:
            if is_stranger:
                return redirect_to_login(request.get_full_path())
            raise
        if is_stranger:
            # It can be closed tomorrow.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return opened
