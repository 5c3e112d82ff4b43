"""Queues that are reviewed on an Argilla server: how each link stands, and what to do about what waits."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.permissions import check_can_run_queues
from curation.accounts.models import User
from curation.argilla.actions import create_link, end_link, sync_link
from curation.argilla.forms import LinkForm
from curation.argilla.models import LinkState
from curation.argilla.permissions import can_keep_servers
from curation.argilla.queries import by_the_minute, counts_of, links, load_link, servers, waiting
from curation.argilla.telling import reason_in_words
from curation.core.errors import ExemplaError, InvalidInput


@require_GET
def argilla_links(request: HttpRequest) -> HttpResponse:
    """The links, and how each stands."""
    user = cast(User, request.user)
    check_can_run_queues(actor=user)
    context = {"links": links(), "any_server": servers().exists(), "may_keep": can_keep_servers(actor=user)}
    return render(request, "argilla/link_list.html", context)


@require_http_methods(["GET", "POST"])
def argilla_link_new(request: HttpRequest) -> HttpResponse:
    """Link a queue."""
    user = cast(User, request.user)
    check_can_run_queues(actor=user)
    form = LinkForm(request.POST if request.method == "POST" else None, initial={"queue": request.GET.get("queue")})
    if form.is_valid():
        try:
            made = create_link(actor=user, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s is made there in a moment.") % {"name": made.name})
            return redirect("argilla_link", made.pk)
    return render(request, "argilla/link_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def argilla_link(request: HttpRequest, pk: int) -> HttpResponse:
    """How a link stands, and each answer that waits, with what it waits for."""
    link = load_link(cast(User, request.user), pk)
    context = {
        "link": link,
        "fault": reason_in_words(link.error),
        "by_the_minute": reason_in_words(by_the_minute(link)),
        "counts": counts_of(link),
        "waiting": [(one, reason_in_words(one.reason)) for one in waiting(link)],
        "over": link.state == LinkState.CLOSED,
    }
    return render(request, "argilla/link.html", context)


@require_POST
def argilla_link_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Sync a link at once, or end it."""
    user = cast(User, request.user)
    link = load_link(user, pk)
    if request.POST.get("move") == "sync":
        sync_link(actor=user, link=link)
        messages.success(request, _("%(name)s is synced in a moment.") % {"name": link.name})
    elif request.POST.get("move") == "end":
        end_link(actor=user, link=link)
        messages.success(request, _("%(name)s is not synced any more.") % {"name": link.name})
    else:
        raise InvalidInput(_("Choose what to do with it."))
    return redirect("argilla_link", pk)
