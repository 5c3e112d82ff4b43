"""The pages of curators: the terms of a dataset, and who asked for it."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from curation.access.actions import decline_access, grant_access, revoke_access, write_terms
from curation.access.forms import TermsForm
from curation.access.queries.grants import grants_of, load_grant, terms_of
from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.releases.permissions import check_can_release
from curation.releases.queries.find import load_dataset

A_PAGE = 50


@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Show the terms of a dataset and who asked for it, and take new terms."""
    user = cast(User, request.user)
    found = load_dataset(user, org, name)
    check_can_release(actor=user, dataset=found)
    hold = terms_of(found)
    kept = {"text": hold.text, "by_request": hold.by_request} if hold else {}
    form = TermsForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_valid():
        made = write_terms(actor=user, dataset=found, **form.cleaned_data)
        messages.success(request, _("These terms hold now: number %(number)d.") % {"number": made.number})
        return redirect("dataset_terms", org, name)
    page = Paginator(grants_of(found), A_PAGE).get_page(request.GET.get("page"))
    context = {"dataset": found, "terms": hold, "form": form, "page": page}
    return render(request, "access/terms.html", context, status=422 if form.errors else 200)


@require_POST
def decide(request: HttpRequest, org: str, name: str, pk: int) -> HttpResponse:
    """Let somebody in, decline it or revoke it, as `move` says."""
    user, move, reason = cast(User, request.user), request.POST.get("move", ""), request.POST.get("reason", "")
    grant = load_grant(load_dataset(user, org, name), pk)
    if move == "grant":
        grant_access(actor=user, grant=grant)
        messages.success(request, _("%(name)s has access now.") % {"name": grant.person.shown_name})
    elif move == "decline":
        decline_access(actor=user, grant=grant, reason=reason)
        messages.success(request, _("Declined. %(name)s sees your reason.") % {"name": grant.person.shown_name})
    elif move == "revoke":
        revoke_access(actor=user, grant=grant, reason=reason)
        messages.success(request, _("%(name)s has no access any more.") % {"name": grant.person.shown_name})
    else:
        raise InvalidInput(_("Choose to let them in, to decline or to revoke it."))
    return redirect("dataset_terms", org, name)
