"""Making a queue and adding stories to one."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.models import Queue
from annotations.permissions import check_can_run_queues
from annotations.queries import queue_of
from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput
from curation.triage.actions import dismiss_fill, fill_queue, make_queue, retry_fill, set_queue_judges
from curation.triage.forms import QueueForm, QueueJudgesForm, SelectionForm
from curation.triage.models import Fill
from curation.triage.queries import fills_of, load_fill, matching

MOVES = {"retry": retry_fill, "dismiss": dismiss_fill}


@require_http_methods(["GET", "POST"])
def queue_new(request: HttpRequest) -> HttpResponse:
    """Make a queue over some stories."""
    actor = _curator(request)
    queue_form, judges_form = QueueForm(request.POST or None), QueueJudgesForm(request.POST or None)
    selection_form = SelectionForm(request.POST or None, initial=_chosen(request))
    forms = (queue_form, selection_form, judges_form)
    if request.method == "POST" and sum(form.is_valid() for form in forms) == len(forms):
        fields = {**queue_form.cleaned_data, **judges_form.cleaned_data}
        fields["rubric"] = fields["policy"].rubric
        try:
            queue, fill = make_queue(actor=actor, selection=selection_form.selection(), **fields)
        except ExemplaError as error:
            queue_form.add_error(None, error.message)
        else:
            return _asked(request, queue, fill)
    status = 422 if any(form.errors for form in forms) else 200
    context = {"queue_form": queue_form, "selection_form": selection_form, "judges_form": judges_form}
    return render(request, "triage/queue_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def queue_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add more stories to a queue."""
    actor = _curator(request)
    queue, form = queue_of(actor, slug), SelectionForm(request.POST or None, initial=_chosen(request))
    if request.method == "POST" and form.is_valid():
        try:
            fill = fill_queue(actor=actor, queue=queue, selection=form.selection())
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            return _asked(request, queue, fill)
    context = {"queue": queue, "selection_form": form}
    return render(request, "triage/queue_add.html", context, status=422 if form.errors else 200)


@require_GET
def queue_preview(request: HttpRequest) -> HttpResponse:
    """Say how many stories fit what the form says so far; a fragment."""
    actor = _curator(request)
    queue = queue_of(actor, request.GET["queue"]) if request.GET.get("queue") else None
    form = SelectionForm(request.GET)
    selection = form.selection() if form.is_valid() else None
    context = {
        "selection": selection,
        "count": matching(selection, queue=queue, reader=actor).count() if selection else 0,
    }
    return render(request, "triage/_preview.html", context)


@require_GET
def queue_fills(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far the stories are that were asked for; once they are all in, ask the page to load anew."""
    queue = queue_of(_curator(request), slug)
    fills = fills_of(queue)
    response = render(request, "triage/_fills.html", {"queue": queue, "fills": fills})
    if not fills:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def queue_fill(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Have a fill that has stopped go on, or leave it at what is in."""
    actor = _curator(request)
    queue, move = queue_of(actor, slug), MOVES.get(request.POST.get("move", ""))
    if move is None:
        raise InvalidInput(_("Choose whether it goes on or is left at these."))
    move(actor=actor, fill=load_fill(queue, pk))
    return redirect("queue_detail", slug=queue.slug)


@require_POST
def queue_judges(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose whose scores order the queue from now on, and whose are shown after a commit."""
    actor = _curator(request)
    queue, form = queue_of(actor, slug), QueueJudgesForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Choose judges that there are."))
    chosen = {"orders": None, "shows": None} | form.cleaned_data
    reordered = set_queue_judges(actor=actor, queue=queue, **chosen)
    said = _("The judges are chosen. The stories of the queue are being put in their new order.")
    messages.success(request, said if reordered else _("The judges are chosen."))
    return redirect("queue_detail", slug=queue.slug)


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Return what the page before has chosen: an import, or stories one by one."""
    run, stories = request.GET.get("run", ""), request.GET.getlist("story")
    chosen = {"run": [run], "stories": stories}
    return {
        name: ",".join(ids)
        for name, ids in chosen.items()
        if ids and all(one.isascii() and one.isdigit() and len(one) < 19 for one in ids)
    }


def _asked(request: HttpRequest, queue: Queue, fill: Fill) -> HttpResponse:
    words = ngettext("%(n)d story is being put in.", "%(n)d stories are being put in.", fill.total)
    messages.success(request, words % {"n": fill.total})
    return redirect("queue_detail", slug=queue.slug)


def _curator(request: HttpRequest) -> User:
    actor = cast(User, request.user)
    check_can_run_queues(actor=actor)
    return actor
