"""Datasets: the list, one of them, making one, and creating a release."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput, NotFound
from curation.core.plain_text import whole_number
from curation.releases import versions
from curation.releases.actions import create_dataset, describe_dataset, start_release
from curation.releases.actions.starting import formats_before
from curation.releases.card import rendered
from curation.releases.forms import OPEN_TO, DatasetForm, DescriptionForm, ReleaseForm, VersionSelectionForm
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
from curation.releases.queries.candidates import ReleasePlan, plan
from curation.releases.queries.fates import more_accepted_than
from curation.releases.queries.find import load_dataset
from curation.releases.queries.limits import limits_of
from curation.releases.queries.outlook import named, outlook, weakest
from curation.releases.queries.pages import facts_of, listed_datasets, listed_releases
from curation.releases.queries.quality import newest_measured
from curation.releases.queries.stages import in_words, stages
from curation.releases.queries.withdrawn import downloaded_and_withdrawn
from curation.releases.second_person import needs_second_person
from curation.releases.versions import Version
from curation.releases.views.files import card_of
from curation.releases.views.opening import open_to_strangers
from curation.standards.models import Rubric

# Where more are accepted, the page asks for what goes in, and then for how far reviewers agree, once it is there.
AT_ONCE = 2_000


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


@require_http_methods(["GET", "POST"])
def release_new(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Show what would go into the next version by a selection, what to know of it and what blocks it, and create it.

    To look at another selection is a POST as well, as the notes may be long.
    """
    actor = cast(User, request.user)
    found = load_dataset(actor, org, name)
    check_can_release(actor=actor, dataset=found)
    looks = "preview" in request.POST
    if (looks or request.method == "GET") and "all" not in request.GET and more_accepted_than(AT_ONCE):
        return render(request, "releases/release_new.html", {"dataset": found, "carried": carried(request)})
    selection = VersionSelectionForm(request.POST) if "selection" in request.POST else None
    choice = selection.choice() if selection and selection.is_valid() else None
    form, refused = ReleaseForm(None if looks else request.POST or None), ""
    if request.method == "POST" and form.is_valid() and (choice or selection is None):
        try:
            release = start_release(actor=actor, dataset=found, choice=choice, **form.cleaned_data)
        except ExemplaError as error:
            refused = error.message
        else:
            return redirect("release", org, name, release.version)
    look = plan(found, number=corrected(request), choice=choice, only_corrects=only_corrects(request), reader=actor)
    form.initial = {
        "version": suggested(request, look),
        "only_corrects": only_corrects(request),
        "notes": request.POST.get("notes", ""),
        "formats": request.POST.getlist("formats") if request.method == "POST" else formats_before(look.previous),
    }
    if refused:
        form.add_error("notes" if refused == look.unchanged else "version", refused)
    context = {
        "dataset": found,
        "plan": look,
        "form": form,
        "selection": selection or VersionSelectionForm(choice=look.choice),
        **told_of(look, agreement=look.stories <= AT_ONCE or "agreement" in request.GET),
    }
    wrong = form.errors or (selection and selection.errors)
    return render(request, "releases/release_new.html", context, status=422 if wrong else 200)


def told_of(look: ReleasePlan, *, agreement: bool) -> dict[str, Any]:
    """Return what the preview of a version tells."""
    found = outlook(look, agreement=agreement)
    return {
        "outlook": found,
        "coverage": named(found.coverage),
        "stages": stages(look),
        "added_in_words": in_words(look.added_by_reason),
        "removed_in_words": in_words(look.removed_by_reason),
    }


def carried(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was filled in, or what the address asks for beside `after`, to ask with it once more."""
    if request.method == "GET":
        return [("only_corrects", "on")] if only_corrects(request) else []
    own = {"csrfmiddlewaretoken", "preview"}
    return [(name, value) for name, values in request.POST.lists() if name not in own for value in values]


def suggested(request: HttpRequest, look: ReleasePlan) -> str:
    """Return the version that was typed where it may be next, or else the least that may."""
    typed = request.POST.get("version", "")
    try:
        number = versions.parse(typed)
        unfit = look.refuses(number, typed) or (only_corrects(request) and number.patch == 0)
        return str(look.least) if unfit else typed
    except ValueError:
        return str(look.least)


def only_corrects(request: HttpRequest) -> bool:
    """Whether the version is to keep to the stories of the one before, as was ticked or as the address asks."""
    return "only_corrects" in (request.POST if request.method == "POST" else request.GET)


def corrected(request: HttpRequest) -> Version | None:
    """Return the version that was typed, or else the one after that which the address names as `after`.

    None for neither, and for what is no PATCH where only a PATCH is asked for.
    """
    typed = request.POST.get("version", "")
    try:
        number = versions.parse(typed or request.GET.get("after", ""))
    except ValueError:
        return None
    if not typed:
        return number._replace(patch=number.patch + 1)
    return None if only_corrects(request) and number.patch == 0 else number


@require_GET
def release_agreement(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Answer with the criterion of the `rubric` (an id) that reviewers agree on least; the page of a large version asks
    for it by itself."""
    actor = cast(User, request.user)
    check_can_release(actor=actor, dataset=load_dataset(actor, org, name))
    asked = whole_number(request.GET.get("rubric", ""))
    rubric = Rubric.objects.filter(pk=asked).first() if asked else None
    return render(request, "releases/_weakest.html", {"weakest": weakest(rubric) if rubric else None})
