"""How far the pre-scoring is, how good the judges are, and what failed. For curators and admins."""

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from curation.accounts.models import User
from curation.calibration.permissions import check_can_read_judges
from curation.calibration.queries import Trust, trust_in_each
from curation.core.errors import NotFound
from curation.scoring.actions import retry_failed
from curation.scoring.models import JudgeVersion
from curation.scoring.queries import (
    LEAST_LABELS,
    MANY_LABELS,
    ScoringProgress,
    failed_jobs,
    progress,
    retrying_jobs,
    stalled,
)
from curation.scoring.queries import versions as all_versions


@dataclass(frozen=True)
class JudgeVersionRow:
    """An active version with how far it is, and what it can be trusted with."""

    progress: ScoringProgress
    trust: Trust


def curator(request: HttpRequest) -> User:
    """The signed-in curator; `NotAllowed` for everybody else."""
    user = cast(User, request.user)
    check_can_read_judges(actor=user)
    return user


@require_safe
def scoring_progress(request: HttpRequest) -> HttpResponse:
    """The page, or its moving part when it asks again by itself."""
    curator(request)
    under_way = progress()
    waiting = any(one.open for one in under_way)
    trusted = trust_in_each([one.version for one in under_way])
    context = {
        "rows": [JudgeVersionRow(one, trusted[one.version.pk]) for one in under_way],
        "waiting": waiting,
        "stalled": waiting and stalled(),
        "failed": failed_jobs(),
        "retrying": retrying_jobs(),
        "earlier": list(all_versions().filter(active=False)[:20]),
        "least": LEAST_LABELS,
        "many": MANY_LABELS,
    }
    partial = getattr(request, "htmx", False)
    return render(request, "scoring/_state.html" if partial else "scoring/progress.html", context)


@require_POST
def scoring_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the failed jobs of one version again."""
    actor = curator(request)
    version = JudgeVersion.objects.filter(pk=pk, active=True).first()
    if version is None:
        raise NotFound(_("There is a newer version of this judge by now. Go back to the scoring page."))
    count = retry_failed(actor=actor, version=version)
    said = ngettext("%(n)d story will be tried again.", "%(n)d stories will be tried again.", count) % {"n": count}
    messages.success(request, said)
    return redirect("scoring_progress")
