"""The files of a version."""

import re

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from curation.accounts.models import User
from curation.hub.callers import Caller, for_clients
from curation.hub.describing import etag_of
from curation.hub.finding import destroyed, find_release, headers_of, no_file
from curation.releases.views.files import send_file

SLASHES = re.compile("/+")


@require_safe
@for_clients
def resolve(request: HttpRequest, caller: Caller, org: str, name: str, revision: str, path: str) -> HttpResponseBase:
    """Send a file, or the part of it that a `Range` header asks for. It is noted who fetches rows, if known."""
    release = find_release(caller, org, name, revision)
    path = SLASHES.sub("/", path).strip("/")
    file = release.files.select_related("blob__purged").filter(path=path).first()
    if file is None:
        raise no_file(release, path)
    if file.is_purged:
        raise destroyed(release, file)
    user = caller if isinstance(caller, User) else None
    response = send_file(request, file, release=release, user=user, tag=etag_of(file))
    for header, value in headers_of(release).items():
        response.headers[header] = value
    return response
