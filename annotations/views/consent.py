"""Reading and answering the consent to have one's ratings published."""

from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations import actions, material
from annotations.queries import queues_for
from annotations.queries.consent import consents_of
from annotations.queries.practice import is_new
from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.core.plain_text import whole_number

ANSWERS = {"yes": True, "no": False}


@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """The consent as it reads now, with this person's answer. With `queue` (its slug) an answer leads on to reading.

    Somebody new chooses first whether to practise.
    """
    user = cast(User, request.user)
    slug = request.POST.get("queue", "") or request.GET.get("queue", "")
    queue = queues_for(user).filter(slug=slug).first() if slug else None
    if request.method == "POST":
        said, read = request.POST.get("publish", ""), whole_number(request.POST.get("version", ""))
        if said not in ANSWERS or read is None:
            raise InvalidInput(_("Choose yes or no; both are fine."))
        language = request.POST.get("language", material.WRITTEN_IN)
        actions.give_consent(user=user, version=read, publish=ANSWERS[said], language=language)
        if queue and is_new(user):
            return redirect(f"{reverse('practice')}?{urlencode({'queue': queue.slug})}")
        if queue:
            return redirect("review", queue.slug)
        messages.success(request, _("Your answer is saved. Releases made from now on follow it."))
        return redirect("consent")
    given, version = list(consents_of(user)[:20]), material.consent_version()
    context = {
        "text": material.read("consent", str(version)),
        "version": version,
        "written_in": material.language_of("consent", str(version)),
        "queue": queue,
        "given": given,
        "latest": given[0] if given else None,
    }
    return render(request, "annotations/consent.html", context)
