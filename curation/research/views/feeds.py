"""What is new, for feed readers: new versions, and versions that were withdrawn. Atom (RFC 4287)."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from curation.accounts.strangers import check_pace
from curation.core.plain_text import for_xml
from curation.releases.models import Release
from curation.releases.models.release import ReleaseQuerySet, ReleaseState
from curation.releases.queries.find import load_dataset

MOST = 50
TYPE = "application/atom+xml; charset=utf-8"


@require_safe
@login_not_required
def all_feed(request: HttpRequest) -> HttpResponse:
    """The newest versions of all datasets that are open to whoever asks."""
    _check_pace(request)
    found = Release.objects.visible_to(request.user)
    return _feed(request, found, _("Exempla: new versions"), reverse("dataset_list"))


@require_safe
@login_not_required
def dataset_feed(request: HttpRequest, org: str, name: str) -> HttpResponse:
    """The versions of one dataset."""
    _check_pace(request)
    dataset = load_dataset(request.user, org, name)
    found = Release.objects.visible_to(request.user).filter(dataset=dataset)
    return _feed(request, found, f"{dataset.title or dataset}", reverse("dataset", args=[org, name]))


def _check_pace(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        check_pace(request)


def _feed(request: HttpRequest, found: ReleaseQuerySet, title: str, page: str) -> HttpResponse:
    built = found.filter(state=ReleaseState.BUILT).select_related("dataset", "withdrawn").defer("manifest")
    releases = list(built.order_by("-built_at", "-id")[:MOST])
    feed = Atom1Feed(
        title=for_xml(title),
        link=request.build_absolute_uri(page),
        description="",
        feed_url=request.build_absolute_uri(),
        language=request.LANGUAGE_CODE if hasattr(request, "LANGUAGE_CODE") else None,
    )
    for release in releases:
        at = [release.dataset.org, release.dataset.name, release.version]
        feed.add_item(
            title=_("%(release)s is withdrawn") % {"release": release}
            if hasattr(release, "withdrawn")
            else str(release),
            link=request.build_absolute_uri(reverse("release", args=at)),
            # Atom calls a summary HTML, and readers show it as such.
            description=format_html_join("", "<p>{}</p>", ((for_xml(line),) for line in said_of(release))),
            unique_id=f"tag:{request.get_host()},2026:{'/'.join(at)}",
            pubdate=release.built_at,
            updateddate=changed(release),
            author_name=release.dataset.org,
            categories=(for_xml(release.dataset.license),),
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=TYPE)
    if newest := max(map(changed, releases), default=None):
        response.headers["Last-Modified"] = newest.strftime("%a, %d %b %Y %H:%M:%S GMT")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def changed(release: Release) -> datetime:
    """Return when a version was built, or withdrawn."""
    return release.withdrawn.withdrawn_at if hasattr(release, "withdrawn") else release.built_at or release.created_at


def said_of(release: Release) -> Sequence[str]:
    """Return what a version brings, in plain lines."""
    change = release.frozen["changelog"][0]
    lines = [_("%(n)d stories, %(added)d added, %(removed)d no longer in.") % {
        "n": change["stories"], "added": change["added"], "removed": change["removed"],
    }]  # fmt: skip
    if hasattr(release, "withdrawn"):
        lines.insert(0, _("Withdrawn: %(reason)s") % {"reason": release.withdrawn.reason})
    return [*lines, *([release.notes] if release.notes else [])]
