"""After the commit: taking it back, or revising it."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotations import actions
from annotations.queries.history import load_review
from curation.accounts.models import User


@require_POST
def withdraw(request: HttpRequest, review_id: int) -> HttpResponse:
    """Take the review back, and go to the story with everything still marked."""
    user = cast(User, request.user)
    mine = load_review(user, review_id)
    actions.withdraw(reviewer=user, review=mine, reason=request.POST.get("reason", ""))
    messages.success(
        request, _("Your review of “%(title)s” is taken back, and open again for you.") % {"title": mine.story}
    )
    return redirect("review", mine.assignment.item.queue.slug)
