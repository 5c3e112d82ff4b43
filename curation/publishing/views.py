"""Published copies of a version, and the targets of a dataset."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput, NotFound
from curation.core.plain_text import whole_number
from curation.publishing.actions import (
    accept_head,
    create_target,
    make_public,
    publish,
    remove_target,
    replace_token,
    retry,
)
from curation.publishing.faults import fault_in_words
from curation.publishing.forms import HubTokenForm, TargetForm
from curation.publishing.models import HubTarget, Publication, PublicationState
from curation.publishing.permissions import (
    can_keep_targets,
    can_make_public,
    check_can_keep_targets,
    check_can_publish,
)
from curation.publishing.queries import load_publication, publications_of, purged_paths, targets_of
from curation.releases.models import Dataset, Release
from curation.releases.models.release import ReleaseState
from curation.releases.queries.find import load_dataset, load_release

BUSY = {PublicationState.PENDING, PublicationState.RUNNING}


@require_http_methods(["GET", "POST"])
def release_publish(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Where a version is published, how that goes, and where else it may be; a POST asks for it at a target."""
    user, found = _publishing(request, org, name, version)
    if request.method == "POST":
        target = _target(found.dataset, request.POST.get("target", ""))
        publish(actor=user, release=found, target=target)
        messages.success(request, _("%(repo)s: it is published in a moment.") % {"repo": target.repo})
        return redirect("release_publish", org, name, version)
    return render(request, "publishing/release.html", _context(user, found))


@require_GET
def publish_progress(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Answer with how it goes; once all has ended, ask the page to load anew."""
    user, found = _publishing(request, org, name, version)
    context = _context(user, found)
    response = render(request, "publishing/_copies.html", context)
    if not context["busy"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def publish_preview(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Ask the Hub what publishing at a target would change, and show it. Nothing is changed."""
    # Only whoever asks a Hub needs what speaks to the network.
    from curation.publishing.previewing import preview

    user, found = _publishing(request, org, name, version)
    target = _target(found.dataset, request.POST.get("target", ""))
    shown: dict[str, Any] = {"target": target}
    try:
        plan = preview(actor=user, release=found, target=target)
        shown |= {"plan": plan, "problem": fault_in_words(plan.problem)}
    except ExemplaError as error:
        shown["problem"] = error.message
    if getattr(request, "htmx", False):
        return render(request, "publishing/_preview.html", {"release": found, "preview": shown})
    return render(request, "publishing/release.html", {**_context(user, found), "preview": shown})


@require_POST
def publication_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a publication again, go on from a commit of somebody else, or make its repository public."""
    user = cast(User, request.user)
    found = load_publication(user, pk)
    move, about = request.POST.get("move"), {"repo": found.target.repo}
    if move == "retry":
        retry(actor=user, publication=found)
        messages.success(request, _("%(repo)s: it is tried again.") % about)
    elif move == "accept":
        accept_head(actor=user, publication=found, head=request.POST.get("head", ""))
        messages.success(request, _("%(repo)s: it goes on from what is there.") % about)
    elif move == "public":
        make_public(actor=user, publication=found)
        messages.success(request, _("%(repo)s: it is made public in a moment.") % about)
    else:
        raise InvalidInput(_("Choose what to do with it."))
    dataset = found.release.dataset
    return redirect("release_publish", dataset.org, dataset.name, found.release.version)


@require_http_methods(["GET", "POST"])
def target_list(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """Where versions of a dataset may be published; an admin adds a target."""
    user = cast(User, request.user)
    dataset = load_dataset(user, org, name)
    check_can_publish(actor=user, dataset=dataset)
    form = TargetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        check_can_keep_targets(actor=user)
        if form.is_valid():
            try:
                made = create_target(actor=user, dataset=dataset, **form.cleaned_data)
            except ExemplaError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("Versions can be published at %(repo)s now.") % {"repo": made.repo})
                return redirect("target_list", org, name)
    context = {
        "dataset": dataset,
        "targets": [(one, HubTokenForm(prefix=str(one.pk))) for one in targets_of(dataset)],
        "form": form,
        "may_keep": can_keep_targets(actor=user),
    }
    return render(request, "publishing/target_list.html", context, status=422 if form.errors else 200)


@require_POST
def target_move(request: HttpRequest, org: str, name: str, pk: int) -> HttpResponse:
    """Give a target another token, or remove it."""
    user = cast(User, request.user)
    check_can_keep_targets(actor=user)
    target = _target(load_dataset(user, org, name), str(pk))
    if request.POST.get("move") == "token":
        form = HubTokenForm(request.POST, prefix=str(pk))
        if not form.is_valid():
            raise InvalidInput(_("That is no token: it has spaces or letters that no token has."))
        replace_token(actor=user, target=target, **form.cleaned_data)
        messages.success(request, _("%(repo)s has another token.") % {"repo": target.repo})
    elif request.POST.get("move") == "remove":
        remove_target(actor=user, target=target)
        messages.success(request, _("%(repo)s is removed, and its token forgotten.") % {"repo": target.repo})
    else:
        raise InvalidInput(_("Choose what to do with it."))
    return redirect("target_list", org, name)


def _publishing(request: HttpRequest, org: str, name: str, version: str) -> tuple[User, Release]:
    """The person and the version, if they may publish it."""
    user = cast(User, request.user)
    found = load_release(user, org, name, version)
    check_can_publish(actor=user, dataset=found.dataset)
    return user, found


def _target(dataset: Dataset, written: str) -> HubTarget:
    chosen = targets_of(dataset).filter(pk=whole_number(written) or 0).first()
    if chosen is None:
        raise NotFound(_("There is no such target, or it is not open to you."))
    return chosen


def _context(user: User, release: Release) -> dict[str, Any]:
    rows = list(publications_of(release))
    there = {row.target_id for row in rows}
    left = [one for one in targets_of(release.dataset) if one.pk not in there]
    return {
        "release": release,
        "dataset": release.dataset,
        "rows": [_shown(user, row) for row in rows],
        "left": left,
        "purged": (purged := sorted(purged_paths(release))),
        "publishable": release.state == ReleaseState.BUILT and not hasattr(release, "withdrawn") and not purged,
        "busy": any(row.state in BUSY for row in rows),
        "may_keep": can_keep_targets(actor=user),
    }


def _shown(user: User, row: Publication) -> dict[str, Any]:
    """A publication with what may be done about it, and what is in its way in the reader's language."""
    removed = row.target.removed_at is not None
    stands = row.published_at is not None or row.state == PublicationState.FAILED
    waits_for_public = stands and not removed and row.target.public_at is None
    return {
        "row": row,
        "fault": fault_in_words(row.error),
        "may_retry": row.state == PublicationState.FAILED and not removed,
        "may_be_public": can_make_public(actor=user, target=row.target) if waits_for_public else None,
    }
