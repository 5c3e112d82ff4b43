"""How good a release is, by people who rate some of its stories once more."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from curation.accounts.models import User
from curation.core.errors import ExemplaError
from curation.releases.actions import draw_rerating
from curation.releases.forms import ReratingForm
from curation.releases.models import ReratingSample
from curation.releases.permissions import can_release, check_can_release
from curation.releases.queries.find import load_release
from curation.releases.queries.quality import release_quality as quality_of
from curation.releases.views.opening import open_to_strangers


@require_http_methods(["GET", "POST"])
@open_to_strangers
def release_quality(request: HttpRequest, org: str, name: str, version: str) -> HttpResponse:
    """Show what re-ratings say of a release, and to curators its samples and a form to draw another."""
    found = load_release(request.user, org, name, version)
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user = cast(User, request.user)
    may_release = user.is_authenticated and can_release(actor=user, dataset=found.dataset)
    if request.method == "POST":
        check_can_release(actor=user, dataset=found.dataset)
    form = ReratingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            sample = draw_rerating(actor=user, release=found, **form.cleaned_data)
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            said = ngettext(
                "%(n)d story was drawn. Now choose who rates it.",
                "%(n)d stories were drawn. Now choose who rates them.",
                sample.stories,
            )
            messages.success(request, said % {"n": sample.stories})
            return redirect("queue_detail", sample.queue.slug)
    context = {
        "release": found,
        "dataset": found.dataset,
        "quality": quality_of(found),
        "may_draw": may_release and found.state == "built",
        "samples": ReratingSample.objects.filter(release=found).select_related("queue") if may_release else [],
        "form": form,
    }
    return render(request, "releases/release_quality.html", context, status=422 if form.errors else 200)
