"""Webhooks: where messages go, which were delivered, and which were given up. For admins."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput
from curation.core.paging import page_of
from curation.webhooks.actions import (
    change_endpoint,
    create_endpoint,
    pause_endpoint,
    remove_endpoint,
    replay,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    try_endpoint,
)
from curation.webhooks.faults import fault_in_words
from curation.webhooks.forms import EndpointForm, SecretForm
from curation.webhooks.models import Delivery, Endpoint
from curation.webhooks.permissions import check_can_keep_webhooks
from curation.webhooks.queries import (
    A_PAGE,
    dead_letters,
    deliveries_of,
    endpoints_with_state,
    load_delivery,
    load_endpoint,
)
from curation.webhooks.timetable import TRIES

RECENT = 10


@require_GET
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Where messages go, and how that does."""
    _admin(request)
    rows = endpoints_with_state()
    return render(request, "webhooks/webhook_list.html", {"rows": rows, "dead": sum(row.dead for row in rows)})


@require_http_methods(["GET", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """Add an endpoint. Its secret is shown once, in the answer."""
    actor = _admin(request)
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            endpoint, secret = create_endpoint(actor=actor, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            return render(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret.value, "hours": 0})
    return render(request, "webhooks/webhook_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One endpoint: what it wants to hear of, and what it was last sent."""
    actor, found = _admin(request), load_endpoint(pk)
    form = EndpointForm(request.POST if request.method == "POST" else None, endpoint=found)
    if form.is_valid():
        try:
            change_endpoint(actor=actor, endpoint=found, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Kept. It counts from the next message on."))
            return redirect("webhook", pk)
    return _page(request, found, form=form, status=422 if form.errors else 200)


@require_POST
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message now, and show what it answered."""
    actor, found = _admin(request), load_endpoint(pk)
    tested = try_endpoint(actor=actor, endpoint=found)
    context: dict[str, Any] = {"tested": tested, "fault": fault_in_words(tested.outcome.error)}
    if getattr(request, "htmx", False):
        return render(request, "webhooks/_tested.html", context)
    return _page(request, found, form=EndpointForm(endpoint=found), **context)


@require_POST
def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it another secret, which is shown once, in the answer."""
    actor, found = _admin(request), load_endpoint(pk)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=EndpointForm(endpoint=found), secret_form=form, status=422)
    hours = form.cleaned_data["overlap_hours"]
    found, secret = rotate_secret(actor=actor, endpoint=found, overlap_hours=hours)
    hours = hours if found.former_until else 0
    return render(request, "webhooks/secret.html", {"endpoint": found, "secret": secret.value, "hours": hours})


@require_POST
def webhook_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause it, let it go on, or remove it."""
    actor, found = _admin(request), load_endpoint(pk)
    move = request.POST.get("move")
    if move == "pause":
        pause_endpoint(actor=actor, endpoint=found)
        messages.success(request, _("%(name)s is paused. What happens meanwhile waits for it.") % {"name": found.name})
    elif move == "resume":
        resume_endpoint(actor=actor, endpoint=found)
        messages.success(request, _("%(name)s goes on.") % {"name": found.name})
    elif move == "remove":
        remove_endpoint(actor=actor, endpoint=found)
        messages.success(request, _("%(name)s is removed, and its secret forgotten.") % {"name": found.name})
        return redirect("webhook_list")
    else:
        raise InvalidInput(_("Choose what to do with it."))
    return redirect("webhook", pk)


@require_GET
def webhook_deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that was sent to an endpoint or waits for it, newest first."""
    _admin(request)
    found = load_endpoint(pk)
    context = {"endpoint": found, **_paged(request, deliveries_of(found))}
    return render(request, "webhooks/webhook_deliveries.html", context)


@require_GET
def webhook_dead(request: HttpRequest) -> HttpResponse:
    """What was given up, wherever it was to go."""
    _admin(request)
    return render(request, "webhooks/webhook_dead.html", {"tries": TRIES, **_paged(request, dead_letters())})


@require_POST
def webhook_dead_replay(request: HttpRequest) -> HttpResponse:
    """Send everything again that was given up."""
    count = replay_dead(actor=_admin(request))
    said = ngettext("%(n)s message is sent again.", "%(n)s messages are sent again.", count)
    messages.success(request, said % {"n": count})
    return redirect("webhook_dead")


@require_POST
def webhook_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message to one endpoint again."""
    actor, found = _admin(request), load_delivery(pk)
    replay(actor=actor, delivery=found)
    messages.success(request, _("The message is sent again, with the same id."))
    if request.POST.get("back") == "dead":
        return redirect("webhook_dead")
    return redirect("webhook_deliveries", found.endpoint_id)


def _page(request: HttpRequest, found: Endpoint, *, status: int = 200, **context: object) -> HttpResponse:
    recent = list(deliveries_of(found)[:RECENT])
    shown = {"endpoint": found, "secret_form": SecretForm(), "rows": _told(recent)}
    return render(request, "webhooks/webhook.html", {**shown, **context}, status=status)


def _paged(request: HttpRequest, rows: "QuerySet[Delivery]") -> dict[str, object]:
    page, links = page_of(request, rows, A_PAGE)
    return {"rows": _told(list(page)), "count": page.paginator.count, **links}


def _told(rows: list[Delivery]) -> list[tuple[Delivery, str]]:
    """Deliveries, each with what went wrong in the reader's language."""
    return [(row, fault_in_words(row.error)) for row in rows]


def _admin(request: HttpRequest) -> User:
    user = cast(User, request.user)
    check_can_keep_webhooks(actor=user)
    return user
