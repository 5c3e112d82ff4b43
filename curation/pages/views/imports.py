"""The import pages: upload, preview and mapping, progress, list and report. For curators."""

from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.accounts.models import User
from curation.core.errors import ExemplaError, NotFound
from curation.core.paging import page_of
from curation.core.plain_text import NameTwice
from curation.core.storage import FileMissing, KeptFile
from curation.core.uploads import refusal
from curation.pages.import_forms import ConfirmForm, UploadForm
from curation.scoring.queries import awaiting_scores
from curation.stories.actions import create_source, find_source, resume_import, start_import
from curation.stories.chats import asked, told, turns_of
from curation.stories.columns import cell
from curation.stories.fields import FIELDS
from curation.stories.files import keep_upload, key_of, on_disk
from curation.stories.ingest import Preview, preview, survey
from curation.stories.models import Story
from curation.stories.models.imports import ImportState
from curation.stories.permissions import check_can_import
from curation.stories.queries import earlier_import, imports_for, load_import, steps_of
from curation.stories.readers import ENCODINGS
from curation.stories.report import report_lines
from curation.stories.text import storable

SALT = "stories.uploaded"
UPLOAD_LASTS = 24 * 3600
# Encodings that are shown at once where one must be chosen.
LIKELY = 6
ISSUES_SHOWN = 50


@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Take a file, and go on to its preview."""
    actor = cast(User, request.user)
    check_can_import(actor=actor)
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    if sent:
        if reason := refusal(request):
            form.errors.clear()
            form.add_error("file", reason)
        elif form.is_valid():
            upload = cast("UploadedFile[bytes]", form.cleaned_data["file"])
            try:
                kept = keep_upload(cast(IO[bytes], upload.file))
                with on_disk(kept.sha256) as path:
                    preview(path=path, file_name=upload.name or "upload", sha256=kept.sha256)
            except ExemplaError as error:
                form.add_error("file", error.message)
            else:
                token = signing.dumps([kept.sha256, kept.size, upload.name, actor.pk], salt=SALT)
                return redirect("import_preview", token)
    context = {"form": form, "runs": imports_for(actor)[:5], "limit_mb": settings.MAX_UPLOAD_MB}
    status = 413 if sent and refusal(request) else 422 if form.errors else 200
    return render(request, "stories/import_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def import_preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show the first rows and ask which column is which; confirmed, the worker carries the import out."""
    actor = cast(User, request.user)
    check_can_import(actor=actor)
    try:
        sha256, size, name, owner = signing.loads(token, salt=SALT, max_age=UPLOAD_LASTS)
        if owner != actor.pk:
            raise FileMissing
        with on_disk(sha256) as path:
            return _preview(request, actor, KeptFile(key_of(sha256), sha256, size), name, path)
    except (signing.BadSignature, FileMissing) as error:
        raise NotFound(_("This upload is no longer here. Upload the file again.")) from error


def _preview(request: HttpRequest, actor: User, upload: KeptFile, name: str, path: Path) -> HttpResponse:
    encoding = request.POST.get("encoding") or request.GET.get("encoding", "")
    look = preview(path=path, file_name=name, encoding=encoding, sha256=upload.sha256)
    if look.doubt:
        refused = request.method == "POST"
        context = {
            "look": look,
            "likely": look.choices[:LIKELY],
            "other": look.choices[LIKELY:],
            "name": name,
            "refused": refused,
        }
        return render(request, "stories/import_encoding.html", context, status=422 if refused else 200)
    earlier, stem = earlier_import(upload.sha256), name.rpartition(".")[0] or name
    source = earlier.source if earlier else find_source(stem)
    initial = {"source": source, "new_source": "" if source else stem[:160]}
    form = ConfirmForm(request.POST or None, columns=look.offered, guessed=look.guessed, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        chosen = data["source"] or create_source(actor=actor, name=data["new_source"], license=data["license"])
        run = start_import(
            actor=actor,
            source=chosen,
            kept=upload,
            file_name=name,
            mapping=form.mapping(),
            defaults=form.defaults(),
            encoding=encoding,
        )
        return redirect("import_detail", run.pk)
    given = {
        key.removeprefix("map_"): value
        for key, value in (request.POST or request.GET).items()
        if key.startswith("map_")
    }
    mapping = {name: column for name, column in (given or look.guessed).items() if column in look.offered}
    found = None
    if "text" in mapping:
        found = survey(path=path, file_name=name, mapping=mapping, encoding=encoding, found=look.found)
    if getattr(request, "htmx", False) and request.method == "GET":
        return render(request, "stories/_survey.html", {"survey": found})
    context = {
        "form": form,
        "survey": found,
        "look": look,
        "columns": _columns(look),
        "table": _table(look),
        "name": name,
        "size": upload.size,
        "earlier": earlier,
        "encodings": ENCODINGS.items(),
        "chosen": encoding,
    }
    return render(request, "stories/import_preview.html", context, status=422 if form.errors else 200)


def _columns(look: Preview) -> list[tuple[str, str]]:
    """Columns with the label of the field they are guessed to be; those that are one come first."""
    fields = {column: str(FIELDS[field].label) for field, column in look.guessed.items()}
    return [*fields.items(), *((column, "") for column in look.offered if column not in fields)]


def _table(look: Preview) -> list[tuple[int, str, list[str]]]:
    columns = [column for column, _ in _columns(look)]
    story = look.guessed.get("text")
    return [
        (row.number, row.problem, [_shown(cell(row.values, column), story=column == story) for column in columns])
        for row in look.rows
    ]


def _shown(value: object, *, story: bool = False) -> str:
    """Return the beginning of a cell; of a chat what the assistant says last where it is the story, else the user."""
    try:
        turns = turns_of(value) if story or isinstance(value, (list, dict)) else None
    except NameTwice:
        # The row says that it is rejected for it.
        turns = None
    if turns:
        value = told(turns)[0] if story else asked(turns) or told(turns)[0]
    elif isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    text = storable(" ".join(str("" if value is None else value)[:400].split()))
    return text if len(text) <= 140 else text[:139] + "…"


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


@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """List the imports, newest first."""
    actor = cast(User, request.user)
    check_can_import(actor=actor)
    page, links = page_of(request, imports_for(actor), 50)
    return render(request, "stories/import_list.html", {"page": page, **links})


@require_POST
def import_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a failed import go on."""
    actor = cast(User, request.user)
    check_can_import(actor=actor)
    resume_import(actor=actor, run=load_import(actor, pk))
    return redirect("import_detail", pk)


@require_GET
def import_report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download the rejected rows as CSV."""
    actor = cast(User, request.user)
    check_can_import(actor=actor)
    run = load_import(actor, pk)
    return StreamingHttpResponse(
        report_lines(run),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="import-{run.pk}-rejected.csv"'},
    )
