"""Asking for a purge, and what became of it."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.erasure.actions import (
    approve_purge,
    ask_purge,
    decline_purge,
    follow_up,
    retry_purge,
    take_purge_back,
)
from curation.erasure.finding import files_of, load_purge, purge_of, purges_for
from curation.erasure.forms import PurgeForm
from curation.erasure.permissions import can_decide_purge, check_can_purge, needs_second_person
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.stories.queries import load_story

SHOWN = 200


@require_http_methods(["GET", "POST"])
def purge_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the purge of a story: first what it would destroy, then why."""
    user = cast(User, request.user)
    check_can_purge(actor=user)
    story = load_story(user, pk)
    if there := purge_of(story.pk):
        if request.method == "POST":
            raise Conflict(_("The purge of this story is asked for already."))
        return redirect("purge", there.pk)
    form = PurgeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        made = ask_purge(actor=user, story=story, kind=data["kind"], reason=data["reason"])
        return redirect("purge", made.pk)
    having = Release.objects.filter(items__story=story.pk, state__in=[ReleaseState.BUILT, ReleaseState.AWAITING])
    context = {
        "story": story,
        "form": form,
        "releases": having.select_related("dataset").defer("manifest", "frozen"),
        "second_person": needs_second_person(actor=user),
    }
    return render(request, "erasure/purge_new.html", context, status=422 if form.errors else 200)


@require_GET
def purge_list(request: HttpRequest) -> HttpResponse:
    """The purges, the newest first. For admins."""
    return render(request, "erasure/purge_list.html", {"purges": purges_for(cast(User, request.user))[:SHOWN]})


@require_GET
def purge_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One purge: why, by whom, which files went, and what followed."""
    user = cast(User, request.user)
    found = load_purge(user, pk)
    context = {
        "purge": found,
        "may_decide": can_decide_purge(actor=user, purge=found),
        "files": files_of(found),
        "uploads": found.files.filter(blob__isnull=True).count(),
        "follow_ups": found.follow_ups.select_related("dataset", "release__dataset").order_by("pk"),
    }
    return render(request, "erasure/purge.html", context)


@require_POST
def purge_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, decline or take back a purge, retry one, or start the version that is to follow, as `move` says."""
    user, move = cast(User, request.user), request.POST.get("move", "")
    found = load_purge(user, pk)
    if move == "approve":
        approve_purge(actor=user, purge=found)
        messages.success(request, _("Approved. The story is being destroyed."))
    elif move == "decline":
        decline_purge(actor=user, purge=found, reason=request.POST.get("reason", ""))
        messages.success(request, _("Declined. Whoever asked sees your reason."))
    elif move == "take_back":
        take_purge_back(actor=user, purge=found)
        messages.success(request, _("Taken back. The story stays."))
    elif move == "retry":
        retry_purge(actor=user, purge=found)
        messages.success(request, _("It goes on from where it was."))
    elif move == "follow":
        _follow(request, user, found.pk)
    else:
        raise InvalidInput(_("Choose what is to happen with this purge."))
    return redirect("purge", found.pk)


def _follow(request: HttpRequest, user: User, pk: int) -> None:
    key = request.POST.get("dataset", "")
    found = load_purge(user, pk)
    asked = int(key) if key.isascii() and key.isdigit() and len(key) < 18 else 0
    one = found.follow_ups.select_related("dataset").filter(dataset=asked).first()
    if one is None:
        raise NotFound(_("There is no such dataset among those that had the story."))
    made = follow_up(actor=user, purge=found, dataset=one.dataset)
    if made.release:
        messages.success(request, _("%(version)s is started, without the story.") % {"version": made.release})
    else:
        messages.error(request, made.why_not)
