"""Who somebody on an Argilla server is here."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.accounts.models import User
from curation.argilla.actions import map_account
from curation.argilla.forms import AccountForm
from curation.argilla.queries import accounts, load_account, load_link
from curation.core.errors import InvalidInput

MOST = 500


@require_GET
def argilla_people(request: HttpRequest, pk: int) -> HttpResponse:
    """The accounts of a link's server, and who each is."""
    link = load_link(cast(User, request.user), pk)
    members = User.objects.filter(memberships__queue=link.queue_id, is_active=True).order_by("username")
    return render(
        request, "argilla/people.html", {"link": link, "accounts": accounts(link.server)[:MOST], "members": members}
    )


@require_POST
def argilla_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who an account is: a person by their name, or nobody."""
    user = cast(User, request.user)
    account = load_account(user, pk)
    form = AccountForm(request.POST)
    ignored = request.POST.get("move") == "ignore"
    person = None
    if not ignored:
        person = User.objects.filter(username=form.data.get("person", "").strip()).first()
        if person is None or not form.is_valid():
            raise InvalidInput(_("There is nobody of that name here."))
    map_account(actor=user, account=account, person=person, ignored=ignored)
    messages.success(request, _("%(name)s is settled.") % {"name": account})
    back = request.POST.get("link", "")
    return redirect("argilla_people", int(back)) if back.isdecimal() and len(back) < 19 else redirect("argilla_links")
