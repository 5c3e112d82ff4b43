"""What a second person approves, and who may open a dataset."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.releases.actions import approve, decline, set_visibility, take_back
from curation.releases.queries.approvals import load_approval
from curation.releases.queries.find import load_dataset


@require_POST
def approval(request: HttpRequest, org: str, name: str, pk: int) -> HttpResponse:
    """Approve, decline or take back what was asked for, as `move` says."""
    user, move, reason = cast(User, request.user), request.POST.get("move", ""), request.POST.get("reason", "")
    found = load_approval(load_dataset(user, org, name), pk)
    if move == "approve":
        approve(actor=user, approval=found)
        messages.success(request, _("Approved: %(what)s.") % {"what": found})
    elif move == "decline":
        decline(actor=user, approval=found, reason=reason)
        messages.success(request, _("Declined: %(what)s. Whoever asked sees your reason.") % {"what": found})
    elif move == "take_back":
        take_back(actor=user, approval=found, reason=reason)
        messages.success(request, _("Taken back: %(what)s.") % {"what": found})
    else:
        raise InvalidInput(_("Choose to approve, to decline or to take it back."))
    if found.release is None:
        return redirect("dataset", org, name)
    return redirect("release", org, name, found.release.version)


@require_POST
def visibility(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Make a dataset public or private, or ask for it."""
    user, wanted = cast(User, request.user), request.POST.get("visibility", "")
    found = load_dataset(user, org, name)
    if set_visibility(actor=user, dataset=found, visibility=wanted):
        messages.success(request, _("Asked for. Another curator or admin has to approve it."))
    else:
        messages.success(request, _("%(name)s is kept as you chose.") % {"name": found})
    return redirect("dataset", org, name)
