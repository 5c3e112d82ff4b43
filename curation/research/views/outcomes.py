"""The registry of what came of training: to read, to add to, to look after."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation.accounts.models import User
from curation.core.errors import ExemplaError
from curation.releases.queries.find import load_dataset, load_release
from curation.releases.views.opening import open_to_strangers
from curation.research.actions import add_outcome, decide_outcome
from curation.research.forms import OutcomeForm
from curation.research.permissions import can_answer, can_send_outcome, check_can_answer
from curation.research.plots import plotted
from curation.research.queries.outcomes import load_outcome, outcomes_of

MOST_SHOWN = 200


@require_safe
@open_to_strangers
def outcome_list(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """List what came of training on a dataset."""
    dataset = load_dataset(request.user, org, name)
    decides = can_answer(actor=request.user, dataset=dataset)
    found = outcomes_of(dataset, request.user, decides=bool(decides))[:MOST_SHOWN]
    context = {
        "dataset": dataset,
        "outcomes": [(one, plotted(one)) for one in found],
        "may_answer": decides,
        "may_send": can_send_outcome(actor=request.user),
        "newest": dataset.releases.current().first(),
    }
    return render(request, "research/outcome_list.html", context)


@require_http_methods(["GET", "POST"])
def outcome_new(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Add a result of training on a version."""
    user = cast(User, request.user)
    release = load_release(user, org, name, version)
    form, status = OutcomeForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                add_outcome(actor=user, release=release, **form.cleaned_data)
            except ExemplaError as error:
                form.add_error(None, error.message)
                status = error.status
            else:
                messages.success(request, _("Thank you. It is listed once a curator has looked at it."))
                return redirect("outcome_list", org, name)
    context = {"release": release, "dataset": release.dataset, "form": form}
    return render(request, "research/outcome_new.html", context, status=status)


@require_POST
def outcome_decide(request: HttpRequest, org: str, name: str, pk: int) -> HttpResponse:
    """List an outcome, or decline it with a reason, as `move` says."""
    user = cast(User, request.user)
    dataset = load_dataset(user, org, name)
    check_can_answer(actor=user, dataset=dataset)
    found = load_outcome(outcomes_of(dataset, user, decides=True), pk)
    listed = request.POST.get("move") == "list"
    decide_outcome(actor=user, outcome=found, listed=listed, reason=request.POST.get("reason", ""))
    messages.success(request, _("It is listed.") if listed else _("Declined. Whoever sent it sees your reason."))
    return redirect("outcome_list", org, name)
