"""Who opens the rows of a release: strangers where it is open to them, and people on record, who are asked first where
reading takes something from them."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import ExemplaError, Gone, Unavailable
from curation.core.own_pages import ask_first, is_from_elsewhere
from curation.core.storage import FileMissing
from curation.releases.actions import note_download
from curation.releases.models import Release
from curation.releases.views.files import built
from curation.releases.views.opening import open_to_strangers
from curation.research.queries.stakes import has_read, stories_at_stake


def for_readers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the release after the request. The rows hold what others said of its stories: who is signed in is
    noted, as with a download, and who would no longer be given stories to review is asked before."""

    @open_to_strangers
    @wraps(view)
    def guarded(request: HttpRequest, org: str, name: str, version: str, **named: Any) -> HttpResponseBase:
        release = built(request, org, name, version)
        if isinstance(request.user, User) and not has_read(request.user, release):
            if stake := stories_at_stake(request.user, release):
                return ask_reader(request, release, stake)
            if is_from_elsewhere(request):
                return ask_first(request)
            response = shown(request, release, **named)
            # What is refused or not there shows nothing.
            if response.status_code < HTTPStatus.BAD_REQUEST:
                note_download(user=request.user, release=release)
            return response
        return shown(request, release, **named)

    def shown(request: HttpRequest, release: Release, **named: Any) -> HttpResponseBase:
        try:
            return view(request, release, **named)
        except FileMissing as error:
            raise missing_file(release) from error

    return guarded


def ask_reader(request: HttpRequest, release: Release, stake: int) -> HttpResponseBase:
    """Say what reading the rows takes from somebody who reviews, with a button to read them all the same."""
    context = {"release": release, "dataset": release.dataset, "stake": stake, "address": request.get_full_path()}
    return render(request, "research/ask_reader.html", context)


def missing_file(release: Release) -> ExemplaError:
    """Return what is told where a file of a version is not in the storage: `Gone` after a purge, else `Unavailable`."""
    if release.files.filter(blob__purged__isnull=False).exists():
        text = _("Files of this version were destroyed with a story that they had. A later version has the others.")
        return Gone(text)
    return Unavailable(_("A file of this version is missing. Ask a curator to verify it."))
