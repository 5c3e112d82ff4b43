"""Datasets: the list, one of them, making one, and what it says of itself."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput, NotFound
from curation.releases.actions import create_dataset, describe_dataset
from curation.releases.card import rendered
from curation.releases.forms import OPEN_TO, DatasetForm, DescriptionForm
from curation.releases.models import Release
from curation.releases.models.approval import ApprovalKind
from curation.releases.permissions import (
    can_create_dataset,
    can_decide,
    can_release,
    check_can_create_dataset,
    check_can_release,
)
from curation.releases.queries.approvals import publication_of
from curation.releases.queries.find import load_dataset
from curation.releases.queries.limits import limits_of
from curation.releases.queries.pages import facts_of, listed_datasets, listed_releases
from curation.releases.queries.quality import newest_measured
from curation.releases.queries.withdrawn import downloaded_and_withdrawn
from curation.releases.second_person import needs_second_person
from curation.releases.views.files import card_of
from curation.releases.views.opening import open_to_strangers


@require_GET
@open_to_strangers
def dataset_list(request: HttpRequest) -> HttpResponse:
    """Show the datasets that this person or a stranger is told of, each with its newest version."""
    user = request.user
    context: dict[str, Any] = {"datasets": listed_datasets(user)}
    if user.is_authenticated:
        context |= {
            "may_create": can_create_dataset(actor=user, org=None),
            "limits": limits_of(user),
            "taken_back": downloaded_and_withdrawn(user),
        }
    elif not context["datasets"]:
        raise NotFound(_("No dataset is open without an account."))
    return render(request, "releases/dataset_list.html", context)


@require_GET
@open_to_strangers
def dataset(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Show one dataset: its versions with their changes, and how to load the newest."""
    user = request.user
    found = load_dataset(user, org, name)
    releases = listed_releases(user, found)
    may_release = user.is_authenticated and can_release(actor=user, dataset=found)
    newest = Release.objects.current().filter(dataset=found).select_related("dataset", "rubric").first()
    context = {
        "dataset": found,
        "card": found.cards.order_by("-number").first(),
        "releases": releases,
        "newest": newest,
        "facts": facts_of(newest) if newest else {},
        "rendered_card": rendered(card_of(newest) if newest else ""),
        "may_release": may_release,
        "approval": (approval := publication_of(found) if may_release else None),
        "may_decide": approval and can_decide(actor=cast(User, user), approval=approval),
        "visibilities": OPEN_TO,
        "quality": newest_measured(found) if releases else None,
        "second_person": needs_second_person(ApprovalKind.PUBLICATION, found),
    }
    return render(request, "releases/dataset.html", context)


@require_http_methods(["GET", "POST"])
def dataset_new(request: HttpRequest) -> HttpResponse:
    """Make a dataset; a name or licence that cannot be is explained at the form."""
    actor = cast(User, request.user)
    check_can_create_dataset(actor=actor, org=None)
    form = DatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_dataset(actor=actor, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s is there. Now make its first version.") % {"name": made})
            return redirect("dataset", made.org, made.name)
    return render(request, "releases/dataset_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def dataset_describe(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Change what the dataset says of itself: title, description, authors and DOI."""
    actor = cast(User, request.user)
    found = load_dataset(actor, org, name)
    check_can_release(actor=actor, dataset=found)
    kept = {name: getattr(found, name) for name in ("title", "description", "authors", "doi")}
    form = DescriptionForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_valid():
        try:
            describe_dataset(actor=actor, dataset=found, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Kept: this page says so now, and the card of the next version."))
            return redirect("dataset", org, name)
    context = {"dataset": found, "form": form}
    return render(request, "releases/dataset_describe.html", context, status=422 if form.errors else 200)
