"""The pages that bring a dataset from Argilla in: its file, what becomes of it, how far that is. For curators."""

from typing import IO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.actions import recuse_from
from annotations.models import Saw
from annotations.permissions import refuse_while_blind
from annotations.queries.blindness import involvement_of
from curation.core.errors import ExemplaError, InvalidInput
from curation.core.paging import page_of
from curation.core.uploads import refusal
from curation.ratings_import.actions import resume_ratings_import, start_ratings_import
from curation.ratings_import.forms import AnnotatedDatasetForm, ChosenMapping, SourceForm
from curation.ratings_import.looking import look
from curation.ratings_import.models import RatingsImportState
from curation.ratings_import.queries import (
    earlier_ratings,
    fetches_for,
    imported_reviews,
    load_ratings_import,
    not_kept_in_short,
    not_kept_lines,
    ratings_imports_for,
    servers_for,
)
from curation.ratings_import.rehearsing import rehearse
from curation.ratings_import.uploads import upload_token, uploaded
from curation.ratings_import.views.caller import curator
from curation.stories.actions import source_named
from curation.stories.files import keep_upload, on_disk
from curation.stories.models.imports import ImportState
from curation.stories.queries import load_story


@require_http_methods(["GET", "POST"])
def ratings_import_new(request: HttpRequest) -> HttpResponse:
    """Take a file, and go on to what becomes of it."""
    actor = curator(request)
    sent = request.method == "POST"
    form = AnnotatedDatasetForm(request.POST, request.FILES) if sent else AnnotatedDatasetForm()
    if sent:
        if reason := refusal(request):
            form.errors.clear()
            form.add_error("file", reason)
        elif form.is_valid():
            upload = cast("UploadedFile[bytes]", form.cleaned_data["file"])
            name = upload.name or "upload"
            try:
                kept = keep_upload(cast(IO[bytes], upload.file))
                with on_disk(kept.sha256) as path:
                    look(path, name)
            except ExemplaError as error:
                form.add_error("file", error.message)
            else:
                return redirect("ratings_import_map", upload_token(actor, kept, name))
    status = 413 if sent and refusal(request) else 422 if form.errors else 200
    context = {
        "form": form,
        "servers": servers_for(actor),
        "fetches": fetches_for(actor)[:5],
        "imports": ratings_imports_for(actor)[:5],
        "limit_mb": settings.MAX_UPLOAD_MB,
    }
    return render(request, "ratings_import/new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def ratings_import_map(request: HttpRequest, upload: str) -> HttpResponse:
    """Ask what becomes of a dataset, and show what that would bring; confirmed, workers carry it out."""
    actor = curator(request)
    kept, name = uploaded(actor, upload)
    starts = request.method == "POST" and "start" in request.POST
    with on_disk(kept.sha256) as path:
        found = look(path, name)
        earlier = earlier_ratings(kept.sha256)
        stem = earlier.name if earlier else name.rpartition(".")[0] or name
        chosen = ChosenMapping(found, stem, request.POST or None, rubric=earlier.rubric if earlier else None)
        form = SourceForm(request.POST or None, initial={"source": earlier.run.source.name if earlier else stem})
        problem = ""
        if starts and form.is_valid():
            try:
                data = form.cleaned_data
                source = source_named(actor=actor, name=data["source"], file=stem, license=data["license"])
                ratings = start_ratings_import(
                    actor=actor,
                    source=source,
                    kept=kept,
                    file_name=name,
                    name=chosen.name,
                    look=found,
                    rubric=chosen.rubric,
                    plan=chosen.plan,
                    defaults={key: data[key] for key in ("license", "language", "generator")},
                    blind=data["blind"],
                )
            except InvalidInput as error:
                problem = error.message
            else:
                return redirect("ratings_import", ratings.pk)
        context = {
            "look": found,
            "chosen": chosen,
            "form": form,
            "problem": problem,
            "name": name,
            "earlier": earlier,
            "rehearsal": rehearse(path, name, found, chosen.plan),
        }
    status = 422 if problem or (starts and form.errors) else 200
    return render(request, "ratings_import/map.html", context, status=status)


@require_GET
def ratings_import_list(request: HttpRequest) -> HttpResponse:
    """List the imports of datasets with ratings, newest first."""
    page, links = page_of(request, ratings_imports_for(curator(request)), 50)
    return render(request, "ratings_import/list.html", {"page": page, **links})


@require_GET
def ratings_import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far an import is, what it brought and what was not kept; the part that changes is polled."""
    ratings = load_ratings_import(curator(request), pk)
    under_way = ratings.state in {RatingsImportState.PENDING, RatingsImportState.RUNNING}
    stories_failed = under_way and ratings.run.state == ImportState.FAILED
    context = {
        "ratings": ratings,
        "run": ratings.run,
        "under_way": under_way and not stories_failed,
        "stories_failed": stories_failed,
        "stories_done": ratings.run.state == ImportState.DONE,
        "not_kept": not_kept_in_short(ratings),
    }
    partial = bool(getattr(request, "htmx", False))
    return render(request, "ratings_import/_progress.html" if partial else "ratings_import/detail.html", context)


@require_POST
def ratings_import_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a failed import go on."""
    actor = curator(request)
    resume_ratings_import(actor=actor, ratings=load_ratings_import(actor, pk))
    return redirect("ratings_import", pk)


@require_GET
def ratings_import_not_kept(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download all that was not kept of an import as CSV."""
    ratings = load_ratings_import(curator(request), pk)
    return StreamingHttpResponse(
        not_kept_lines(ratings),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="import-{ratings.run_id}-not-kept.csv"'},
    )


@require_GET
def imported_reviews_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the imported reviews of a story. It goes on record, as whoever sees them reviews the story no more."""
    actor = curator(request)
    story = load_story(actor, pk)
    refuse_while_blind(own=involvement_of(actor, story.pk))
    reviews = list(imported_reviews(story.pk))
    if reviews:
        recuse_from(user=actor, stories=[story.pk], saw=Saw.REVIEWS)
    return render(request, "ratings_import/reviews.html", {"story": story, "reviews": reviews})
