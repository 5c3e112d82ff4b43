"""Who a token is for, and the answer at every address that is none of ours."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from curation.hub.answers import RequestRefused
from curation.hub.callers import Caller, for_clients
from curation.hub.finding import no_dataset


@require_safe
@for_clients
def whoami(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    """Say who calls."""
    if not caller.is_authenticated:
        text = _("Sign in, or send a token: “Authorization: Bearer exempla_…”.")
        raise RequestRefused(401, "not_signed_in", _("Sign in first"), text, {})
    token = {"type": "access_token", "accessToken": {"displayName": "", "role": "read"}}
    name = caller.get_username()
    return JsonResponse(
        {"type": "user", "id": str(caller.pk), "name": name, "fullname": name, "orgs": [], "auth": token}
    )


@require_safe
@for_clients
def nothing(request: HttpRequest, caller: Caller, rest: str) -> HttpResponseBase:
    """Answer for a model, a space, or a dataset whose name has no organisation: there are none here."""
    raise no_dataset(caller, rest)
