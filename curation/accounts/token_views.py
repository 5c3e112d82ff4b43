"""A person's own tokens: make one, see it once, revoke it."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from curation.accounts.models import Token, User
from curation.accounts.token_forms import TokenForm
from curation.accounts.tokens import create_token, revoke_token, tokens_of
from curation.core.errors import ExemplaError, NotFound

MOST_SHOWN = 200


@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of who is signed in, and a form for another; what was just made is shown this once."""
    user = cast(User, request.user)
    form = TokenForm(user, request.POST or None)
    made, secret, status = None, "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made, secret = create_token(actor=user, user=user, **form.cleaned_data)
                form, status = TokenForm(user), 201
            except ExemplaError as error:
                form.add_error(None, error.message)
                status = error.status
    answer = render(
        request,
        "accounts/tokens.html",
        {"form": form, "made": made, "secret": secret, "tokens": tokens_of(user)[:MOST_SHOWN]},
        status=status,
    )
    if secret:
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens, or as an admin one of somebody else's."""
    user = cast(User, request.user)
    token = Token.objects.revocable_by(user).filter(pk=pk).first()
    if token is None:
        raise NotFound(_("You have no such token."))
    revoke_token(actor=user, token=token)
    messages.success(
        request, _("“%(name)s” is revoked. Whatever still uses it is refused from now on.") % {"name": token}
    )
    return redirect("tokens") if token.user_id == user.pk else redirect("person", token.user_id)
