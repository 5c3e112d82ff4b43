"""One release: its build, its figures, its files."""

from dataclasses import replace
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.accounts.models import User
from curation.core.own_pages import is_from_elsewhere
from curation.core.storage import StorageUnavailable
from curation.releases.actions import abandon, discard, note_samples, retry
from curation.releases.card import rendered
from curation.releases.models.release import ReleaseState
from curation.releases.permissions import can_decide, can_release
from curation.releases.queries.approvals import approval_of
from curation.releases.queries.fields import configs_of, shown_to
from curation.releases.queries.find import load_release
from curation.releases.queries.pages import facts_of, listed_files
from curation.releases.queries.stages import selected_in_words
from curation.releases.queries.withdrawn import withdrawn_of
from curation.releases.story_ids import public_id
from curation.releases.views.files import CARD, text_of, without_example
from curation.releases.views.opening import open_to_strangers


@require_GET
@open_to_strangers
def release(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Show a release. While it is built only its progress changes, which the page asks for by itself."""
    user = request.user
    found = load_release(user, org, name, version)
    may_release = user.is_authenticated and can_release(actor=user, dataset=found.dataset)
    context: dict[str, Any] = {
        "release": found,
        "dataset": found.dataset,
        "may_release": may_release,
        "facts": facts_of(found),
        "selected": selected_in_words(found),
        "approval": (approval := approval_of(found) if may_release else None),
        "may_decide": approval and can_decide(actor=cast(User, user), approval=approval),
    }
    if found.complete:
        context["tombstones"] = [(public_id(one.story.normal_sha256), one) for one in withdrawn_of(found)]
        files = listed_files(found)
        context |= {"files": files, "purged": sum(file.is_purged for file in files)}
        try:
            readme = text_of(next(file for file in files if file.path == CARD))
            configs, whole = shown_to(user, configs_of(found, files), readme)
            # Whoever has been shown rows of a story reviews it no more.
            if user.is_authenticated and is_from_elsewhere(request):
                # Another site cannot have that happen.
                configs = [replace(config, samples=[]) for config in configs]
                readme = without_example(readme)
            elif user.is_authenticated:
                note_samples(user=user, configs=configs)
            instead = "" if whole else _("You may still review the story of this row, so it is not shown here.")
            context |= {"readme": readme, "card": rendered(readme, instead), "configs": configs}
        except StorageUnavailable as error:
            # The page has enough to say without its files.
            context["out_of_reach"] = error.message
    return render(request, "releases/release.html", context)


@require_GET
def release_progress(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Answer with the build's progress; once it has ended, ask the page to load anew."""
    user = cast(User, request.user)
    found = load_release(user, org, name, version)
    context = {
        "release": found,
        "dataset": found.dataset,
        "may_release": can_release(actor=user, dataset=found.dataset),
    }
    response = render(request, "releases/_progress.html", context)
    # The rest of the page has something to show once the rows are frozen, too.
    just_frozen = bool(found.frozen) and "frozen" not in request.GET
    if just_frozen or found.state not in {ReleaseState.PENDING, ReleaseState.BUILDING}:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def release_retry(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Ask for the build of a failed release again."""
    user = cast(User, request.user)
    retry(actor=user, release=load_release(user, org, name, version))
    return redirect("release", org, name, version)


@require_POST
def release_abandon(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Give a failed release up, with the reason."""
    user = cast(User, request.user)
    abandon(actor=user, release=load_release(user, org, name, version), reason=request.POST.get("reason", ""))
    messages.success(request, _("%(version)s is abandoned. Its name is never used again.") % {"version": version})
    return redirect("release", org, name, version)


@require_POST
def release_discard(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Take back a release whose rows were never frozen."""
    user = cast(User, request.user)
    found = load_release(user, org, name, version)
    discard(actor=user, release=found)
    messages.success(request, _("%(version)s is taken back. Nothing of it is left.") % {"version": found.version})
    return redirect("dataset", org, name)
