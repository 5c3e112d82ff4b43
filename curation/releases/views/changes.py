"""What differs between two versions."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.releases.diff import changelog, compare
from curation.releases.models import Release
from curation.releases.queries.find import load_release
from curation.releases.views.difference import difference_as_shown
from curation.releases.views.opening import open_to_strangers


def both(user: User | AnonymousUser, org: str, name: str, version: str, since: str) -> tuple[Release, Release]:
    """Return the version that is compared with, and the version; without `since` the one is the version before.

    `NotFound` unless both have their rows, and are open to this person.
    """
    new = load_release(user, org, name, version)
    if since:
        old: Release | None = load_release(user, org, name, since)
    else:
        before = Release.objects.visible_to(user).filter(dataset=new.dataset).exclude(frozen={}).defer("manifest")
        earlier = [release for release in before.order_by("-major", "-minor", "-patch") if release.number < new.number]
        old = earlier[0] if earlier else None
    if old is None or not old.frozen or not new.frozen:
        raise NotFound(_("There is no other version to compare %(version)s with.") % {"version": new.version})
    return old, new


@require_GET
@open_to_strangers
def release_changes(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Show what differs between this version and another, `since`; as Markdown with `as=text`."""
    user = request.user
    old, new = both(user, org, name, version, request.GET.get("since", ""))
    found = compare(old, new, reader=user)
    if request.GET.get("as") == "text":
        return HttpResponse(changelog(found.as_data()), content_type="text/markdown; charset=utf-8")
    others = Release.objects.visible_to(user).filter(dataset=new.dataset).exclude(pk=new.pk).exclude(frozen={})
    context = {
        "dataset": new.dataset,
        "old": old,
        "new": new,
        "found": found,
        "shown": difference_as_shown(found),
        "others": others.only("major", "minor", "patch", "dataset").order_by("-major", "-minor", "-patch"),
        "text": changelog(found.as_data()),
    }
    return render(request, "releases/changes.html", context)
