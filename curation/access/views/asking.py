"""The page on which somebody gets access to a gated dataset."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from curation.access.actions import ask_for_access, give_up
from curation.access.forms import AskForm
from curation.access.models import GrantState
from curation.access.permissions import can_ask
from curation.access.queries.grants import newest_grant, terms_of
from curation.accounts.models import User
from curation.core.errors import ExemplaError
from curation.releases.models import Dataset
from curation.releases.models.dataset import Visibility
from curation.releases.queries.find import load_listed
from curation.releases.views.opening import open_to_strangers


@require_http_methods(["GET", "POST"])
@open_to_strangers
def access(request: HttpRequest, org: str, name: str) -> HttpResponseBase:
    """Show what a gated dataset is and its terms, to strangers too; take that somebody accepts them."""
    found = load_listed(request.user, org, name)
    if found.visibility != Visibility.GATED:
        return redirect("dataset", org, name)
    if request.user.is_authenticated:
        return access_of(request, request.user, found)
    if request.method == "POST":
        return redirect_to_login(request.get_full_path())
    return render(request, "access/access.html", {"dataset": found, "terms": terms_of(found)})


def access_of(request: HttpRequest, user: User, dataset: Dataset) -> HttpResponseBase:
    """Show somebody what they have, or what they can do, and take what they send."""
    terms = terms_of(dataset)
    last = newest_grant(user, dataset)
    form = AskForm(
        request.POST if request.method == "POST" else None,
        by_request=bool(terms and terms.by_request),
        initial={"number": terms.number if terms else 0},
    )
    if form.is_valid():
        purpose = form.cleaned_data.get("purpose", "")
        try:
            made = ask_for_access(actor=user, dataset=dataset, terms=form.cleaned_data["number"], purpose=purpose)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            if made.state == GrantState.GRANTED:
                messages.success(request, _("You have access to %(name)s now.") % {"name": dataset})
                return redirect("dataset", dataset.org, dataset.name)
            messages.success(request, _("Asked for. A curator decides, and your home page tells you."))
            return redirect("dataset_access", dataset.org, dataset.name)
    context = {
        "dataset": dataset,
        "terms": terms,
        "last": last,
        "form": form,
        "may_ask": can_ask(actor=user, dataset=dataset),
    }
    return render(request, "access/access.html", context, status=422 if form.errors else 200)


@require_POST
def access_give_up(request: HttpRequest, org: str, name: str) -> HttpResponseBase:
    """End one's own access, or what one asked for."""
    user = request.user
    assert user.is_authenticated  # noqa: S101  # nosec - the middleware saw to it
    give_up(actor=user, dataset=load_listed(user, org, name))
    messages.success(request, _("You gave it up."))
    return redirect("dataset_access", org, name)
