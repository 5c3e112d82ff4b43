"""Erasing a person."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.erasure.actions import erase_person
from curation.erasure.forms import ErasureForm
from curation.erasure.permissions import check_can_erase


@require_http_methods(["GET", "POST"])
def person_erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is destroyed and what stays, and forget a person once their name is written. For admins."""
    actor = cast(User, request.user)
    check_can_erase(actor=actor)
    person = User.objects.select_related("erasure").filter(pk=pk).first()
    if person is None:
        raise NotFound(_("There is no such person."))
    if actor.pk == person.pk:
        raise Conflict(_("You cannot erase yourself. Another admin can."))
    if hasattr(person, "erasure"):
        raise Conflict(_("This person is erased already."))
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            erase_person(
                actor=actor, user=person, with_comments=data["comments"] == "destroy", confirmed_name=data["name"]
            )
        except InvalidInput as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, _("This person is erased. Their ratings stay, under their pseudonyms."))
            return redirect("people")
    return render(request, "erasure/person.html", {"person": person, "form": form}, status=422 if form.errors else 200)
