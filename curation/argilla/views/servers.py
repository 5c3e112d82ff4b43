"""Argilla servers: which there are, and whether they answer. For admins."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.accounts.models import User
from curation.argilla.actions import create_server, remove_server, replace_key, try_server
from curation.argilla.forms import KeyForm, ServerForm
from curation.argilla.permissions import check_can_keep_servers
from curation.argilla.queries import load_server, servers
from curation.core.errors import ExemplaError, InvalidInput


@require_GET
def argilla_list(request: HttpRequest) -> HttpResponse:
    """The servers that are spoken to."""
    check_can_keep_servers(actor=cast(User, request.user))
    return render(request, "argilla/server_list.html", {"servers": servers()})


@require_http_methods(["GET", "POST"])
def argilla_new(request: HttpRequest) -> HttpResponse:
    """Add a server."""
    user = cast(User, request.user)
    check_can_keep_servers(actor=user)
    form = ServerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = create_server(actor=user, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s is added. Try whether it answers.") % {"name": made.name})
            return redirect("argilla_server", made.pk)
    return render(request, "argilla/server_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def argilla_server(request: HttpRequest, pk: int) -> HttpResponse:
    """A server, and what can be done with it."""
    server = load_server(cast(User, request.user), pk)
    return render(request, "argilla/server.html", {"server": server, "form": KeyForm()})


@require_POST
def argilla_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a server whether it answers and takes the key."""
    user = cast(User, request.user)
    server = load_server(user, pk)
    try:
        found = try_server(actor=user, server=server)
    except ExemplaError as error:
        messages.error(request, error.message)
    else:
        about = {"version": found.version, "username": found.username, "role": found.role}
        messages.success(
            request, _("It answers: Argilla %(version)s, with the key of %(username)s (%(role)s).") % about
        )
    return redirect("argilla_server", pk)


@require_POST
def argilla_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a server another key, or remove it."""
    user = cast(User, request.user)
    server = load_server(user, pk)
    if request.POST.get("move") == "key":
        form = KeyForm(request.POST)
        if not form.is_valid():
            raise InvalidInput(_("Enter a key of that server."))
        replace_key(actor=user, server=server, **form.cleaned_data)
        messages.success(request, _("%(name)s has another key.") % {"name": server.name})
        return redirect("argilla_server", pk)
    if request.POST.get("move") == "remove":
        remove_server(actor=user, server=server)
        messages.success(request, _("%(name)s is removed, and its key forgotten.") % {"name": server.name})
        return redirect("argilla_list")
    raise InvalidInput(_("Choose what to do with it."))
