"""How an import goes, and how far its stories have come since."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.accounts.models import User
from curation.scoring.queries import awaiting_scores
from curation.stories.models import Story
from curation.stories.models.imports import ImportState
from curation.stories.permissions import check_can_import
from curation.stories.queries import earlier_import, load_import, steps_of

ISSUES_SHOWN = 50


@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how an import goes or went; polled until nothing changes by itself, only the part that changes."""
    actor = cast(User, request.user)
    check_can_import(actor=actor)
    run = load_import(actor, pk)
    steps = steps_of(run)
    reading = run.state in {ImportState.PENDING, ImportState.RUNNING}
    following = steps.checked < steps.stored or awaiting_scores(Story.objects.filter(import_run=run)).exists()
    context = {
        "run": run,
        "steps": steps,
        "under_way": reading,
        "polled": reading or following,
        "unscored": not following and steps.scored + steps.blocked < steps.stored,
        "issues": list(run.issues.order_by("row")[:ISSUES_SHOWN]),
        "nothing_new": run.state == ImportState.DONE and not run.created and run.duplicates > 0,
        "earlier": earlier_import(run.file_sha256, before=run.pk),
    }
    partial = bool(getattr(request, "htmx", False))
    return render(request, "stories/_import_progress.html" if partial else "stories/import_detail.html", context)
