"""Creating a release: what would go in by a selection, and asking for it."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput
from curation.releases import versions
from curation.releases.actions import (
    ask_look,
    ask_look_again,
    asked_look,
    found_look,
    found_weakest,
    start_release,
    takes_long,
)
from curation.releases.actions.starting import formats_before
from curation.releases.forms import ReleaseForm, VersionSelectionForm
from curation.releases.models import Dataset
from curation.releases.permissions import check_can_release
from curation.releases.queries.candidates import ReleasePlan, plan
from curation.releases.queries.find import load_dataset
from curation.releases.queries.look import ReleaseLook, look_at
from curation.releases.selecting import SelectionChoice
from curation.releases.versions import Version


@require_http_methods(["GET", "POST"])
def release_new(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Show what would go into the next version by a selection, what to know of it and what blocks it, and create it.

    To look at another selection is a POST as well, as the notes may be long.
    """
    actor = cast(User, request.user)
    found = load_dataset(actor, org, name)
    check_can_release(actor=actor, dataset=found)
    looks, later = bool({"preview", "look"} & request.POST.keys()), takes_long()
    selection = VersionSelectionForm(request.POST) if "selection" in request.POST else None
    choice = selection.choice() if selection and selection.is_valid() else None
    form, refused = ReleaseForm(None if looks else request.POST or None), ""
    if request.method == "POST" and form.is_valid() and (choice or selection is None):
        try:
            if later:
                refuse_as_counted(request, found, choice, form.cleaned_data["version"], form.cleaned_data["notes"])
            release = start_release(actor=actor, dataset=found, choice=choice, counted=not later, **form.cleaned_data)
        except ExemplaError as error:
            refused = error.message
        else:
            return redirect("release", org, name, release.version)
    status = 422 if form.errors or refused or (selection and selection.errors) else 200
    asks: dict[str, Any] = {
        "dataset": found, "number": corrected(request), "choice": choice, "only_corrects": only_corrects(request)
    }  # fmt: skip
    ticket, look = looked(request, asks) if later else ("", look_at(plan(**asks, reader=actor), agreement=True))
    if look is None:
        reasons = [refused] if refused else [str(one) for errors in form.errors.values() for one in errors]
        return still_counting(request, found, ticket, reasons, status)
    form.initial = {
        "version": suggested(request, look.plan),
        "only_corrects": only_corrects(request),
        "notes": request.POST.get("notes", ""),
        "formats": request.POST.getlist("formats") if request.method == "POST" else formats_before(look.plan.previous),
    }
    if refused:
        form.add_error("notes" if refused == look.plan.unchanged else "version", refused)
    context = {
        "dataset": found,
        "plan": look.plan,
        "outlook": look.outlook,
        "look": look,
        "ticket": ticket,
        "least_agreed": found_weakest(ticket) if ticket else None,
        "form": form,
        "selection": selection or VersionSelectionForm(choice=look.plan.choice),
    }
    return render(request, "releases/release_new.html", context, status=status)


def refuse_as_counted(
    request: HttpRequest, dataset: Dataset, choice: SelectionChoice | None, version: str, notes: str
) -> None:
    """Raise `InvalidInput` for a version that understates what was counted for the page, as far as that is known.

    The worker would find the same a while later, and the version would have failed, to be taken back.
    """
    ticket = request.POST.get("counted", "")
    asked = asked_look(user=cast(User, request.user), dataset=dataset, ticket=ticket)
    seen = found_look(ticket) if asked else None
    if asked is None or seen is None or choice not in (None, seen.plan.choice) or seen.plan.line is not None:
        return
    try:
        number = versions.parse(version)
    except ValueError:
        return
    before = seen.plan.previous
    corrects_older = before is not None and number[:2] < before.number[:2]
    fits = asked.only_corrects == only_corrects(request) and not corrects_older
    if fits and (reason := seen.plan.refuses(number, notes)):
        raise InvalidInput(reason)


def still_counting(
    request: HttpRequest, dataset: Dataset, ticket: str, reasons: list[str], status: int
) -> HttpResponse:
    """Say that a worker counts, and for which `reasons` something was refused; nothing to a page that knows it."""
    asked = asked_look(user=cast(User, request.user), dataset=dataset, ticket=ticket)
    late = asked is not None and asked.waits_long
    knows = request.POST.get("look") == ticket and late == ("late" in request.POST)
    if knows and "HX-Request" in request.headers:
        return nothing_new()
    context = {"dataset": dataset, "carried": carried(request), "ticket": ticket, "late": late, "refused": reasons}
    return render(request, "releases/release_new.html", context, status=status)


def looked(request: HttpRequest, asks: dict[str, Any]) -> tuple[str, ReleaseLook | None]:
    """Return the ticket of a look that a worker takes, and what it has found by now; a new one where none is known."""
    user, ticket = cast(User, request.user), request.POST.get("look", "")
    if asked := asked_look(user=user, dataset=asks["dataset"], ticket=ticket):
        found = found_look(ticket)
        if found is None:
            ask_look_again(ticket, asked)
        return ticket, found
    return ask_look(user=user, **asks), None


def nothing_new() -> HttpResponse:
    """Answer a page that asks again that it stays as it is, with the focus where it was."""
    return HttpResponse(status=204)


def carried(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was filled in, or what the address asks for beside `after`, to ask with it once more."""
    if request.method == "GET":
        return [("only_corrects", "on")] if only_corrects(request) else []
    own = {"csrfmiddlewaretoken", "preview", "look", "late", "counted"}
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
    """Answer with the criterion that reviewers agree on least, or ask the page to come again until it is worked out;
    the page of a large version asks for it by itself."""
    actor = cast(User, request.user)
    found = load_dataset(actor, org, name)
    check_can_release(actor=actor, dataset=found)
    ticket = request.GET.get("look", "")
    known = found_weakest(ticket) if asked_look(user=actor, dataset=found, ticket=ticket) else None
    if known is None and "HX-Request" in request.headers:
        return nothing_new()
    context = {"dataset": found, "ticket": ticket, "least_agreed": known}
    return render(request, "releases/_least_agreed.html", context)
