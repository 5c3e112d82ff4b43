"""The pages that fetch a dataset from an Argilla server: which it has, and how far the fetching is. For curators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.argilla.faults import ArgillaTrouble
from curation.core.errors import ExemplaError
from curation.ratings_import.actions.fetches import cancel_fetch, start_fetch
from curation.ratings_import.fetching import DatasetThere, datasets_there, fetch_fault_in_words
from curation.ratings_import.models import DatasetFetchState
from curation.ratings_import.queries import fetches_for, is_kept, load_fetch, server_for
from curation.ratings_import.uploads import fetched_token
from curation.ratings_import.views.caller import curator


@require_http_methods(["GET", "POST"])
def ratings_import_server(request: HttpRequest, pk: int) -> HttpResponse:
    """List the datasets of a server, and have one be fetched."""
    actor = curator(request)
    server = server_for(actor, pk)
    problem, status = "", 200
    if request.method == "POST":
        try:
            fetching = start_fetch(actor=actor, server=server, name=request.POST.get("dataset", ""))
        except ExemplaError as error:
            problem, status = error.message, error.status
        else:
            if fetching.created_by_id != actor.pk:
                messages.info(request, _("Somebody else has it fetched already. This is that fetch."))
            return redirect("dataset_fetch", fetching.pk)
    datasets: list[DatasetThere] = []
    out_of_reach = ""
    try:
        datasets = datasets_there(server)
    except ArgillaTrouble as error:
        out_of_reach = fetch_fault_in_words(error.words)
    context = {
        "server": server,
        "datasets": datasets,
        "out_of_reach": out_of_reach,
        "problem": problem,
        "fetches": fetches_for(actor).filter(server=server)[:10],
    }
    return render(request, "ratings_import/server.html", context, status=status)


@require_GET
def dataset_fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a fetch is; the part that changes is polled, and leads on to the mapping once all of it is here."""
    actor = curator(request)
    fetching = load_fetch(actor, pk)
    kept = is_kept(fetching)
    further = reverse("ratings_import_map", args=[fetched_token(actor, fetching)]) if kept else ""
    partial = bool(getattr(request, "htmx", False))
    if partial and further:
        return HttpResponse(headers={"HX-Redirect": further})
    context = {
        "fetch": fetching,
        "fault": fetch_fault_in_words(fetching.error),
        "under_way": fetching.state in {DatasetFetchState.PENDING, DatasetFetchState.RUNNING},
        "further": further,
        "gone": fetching.state == DatasetFetchState.DONE and not kept,
    }
    return render(request, "ratings_import/_fetch.html" if partial else "ratings_import/fetch.html", context)


@require_POST
def dataset_fetch_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End a fetch."""
    actor = curator(request)
    cancel_fetch(actor=actor, fetching=load_fetch(actor, pk))
    return redirect("dataset_fetch", pk)
