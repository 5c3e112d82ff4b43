"""Taking a story or a whole version back."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.releases.actions import withdraw_story, withdraw_version
from curation.releases.queries.find import load_release
from curation.releases.story_ids import story_of


@require_POST
def release_withdraw(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Withdraw this version, or a story from its dataset, as `what` says; each with the reason."""
    user, reason = cast(User, request.user), request.POST.get("reason", "")
    found = load_release(user, org, name, version)
    if request.POST.get("what") == "version":
        withdraw_version(actor=user, release=found, reason=reason)
        messages.success(request, _("%(version)s is withdrawn.") % {"version": found.version})
    elif request.POST.get("what") == "story":
        story = story_of(request.POST.get("story", ""))
        withdraw_story(actor=user, dataset=found.dataset, story=story, reason=reason)
        messages.success(request, _("The story is withdrawn. Create a version without it now."))
    else:
        raise InvalidInput(_("Choose what to withdraw: this version or a story."))
    return redirect("release", org, name, version)
