"""Who asks: the person of a token, somebody signed in by the browser, or nobody who is known."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from curation.accounts.models import Scope, User
from curation.accounts.strangers import check_pace
from curation.accounts.tokens import note_use, token_of
from curation.core.own_pages import is_from_elsewhere
from curation.hub.answers import CREDENTIALS, RequestRefused

Caller = User | AnonymousUser


def for_clients(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view who asks, after the request, and answer for a `RequestRefused`. Strangers are let in: the view
    looks for what is open to them."""

    @login_not_required
    @wraps(view)
    def answered(request: HttpRequest, **named: Any) -> HttpResponseBase:
        try:
            caller = caller_of(request)
            if not caller.is_authenticated:
                check_pace(request)
            response = view(request, caller, **named)
        except RequestRefused as refused:
            return refused.answer
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return answered


def caller_of(request: HttpRequest) -> Caller:
    """Return who asks. `RequestRefused` for a token that lets nobody in, also where a stranger would be let in, and for
    one without the scope `read`."""
    header = request.headers.get("Authorization", "")
    if not header:
        # Fetching rows goes on record for a person, so another site cannot have their browser do it.
        return AnonymousUser() if is_from_elsewhere(request) else request.user
    scheme, _space, secret = header.partition(" ")
    token = token_of(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        text = _("This token is unknown, was revoked, or its time is over. Make a new one on your page of tokens.")
        raise RequestRefused(401, "token_refused", _("Sign in first"), text, {"X-Error-Message": CREDENTIALS})
    if Scope.READ not in token.scopes:
        text = _("This call needs a token with the scope “%(scope)s”. Make one that has it.") % {"scope": Scope.READ}
        said = {"X-Error-Message": "This token lacks the scope read"}
        raise RequestRefused(403, "scope_missing", _("You cannot do that"), text, said)
    note_use(token)
    person: User = token.user
    return person
