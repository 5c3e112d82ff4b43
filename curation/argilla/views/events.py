"""Where Argilla servers call. Nobody is signed in; what is said counts by its signature alone."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from curation.argilla.hearing import MOST_BYTES, is_signed, listener_at, may_be_signed, take_in

PLAIN = "text/plain"


@csrf_exempt  # No browser sends this: who does has no session here, and shows a signature instead.
@login_not_required
@require_POST
def argilla_event(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take in what an Argilla server tells of. The body is read once address, headers and length may be right."""
    listener = listener_at(uuid)
    if listener is None:
        return HttpResponse("Nobody listens here.", status=404, content_type=PLAIN)
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return HttpResponse("Say how long it is.", status=411, content_type=PLAIN)
    if len(length) > 18 or int(length) > MOST_BYTES:
        return HttpResponse("It is too long.", status=413, content_type=PLAIN)
    if not may_be_signed(request.headers) or not is_signed(listener, request.headers, request.body):
        return HttpResponse("The signature does not hold.", status=401, content_type=PLAIN)
    take_in(listener, request.headers, request.body)
    return HttpResponse(status=204)
