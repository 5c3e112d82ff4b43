"""Making a queue and adding stories to one."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from annotations.models import Queue
from annotations.permissions import check_can_run_queues
from annotations.queries import queue_of
from curation.accounts.models import User
from curation.core.errors import ExemplaError
from curation.triage.actions import fill_queue, make_queue
from curation.triage.forms import QueueForm, WishForm
from curation.triage.queries import matching


@require_http_methods(["GET", "POST"])
def queue_new(request: HttpRequest) -> HttpResponse:
    """Make a queue over some stories."""
    actor = _curator(request)
    queue_form, wish_form = QueueForm(request.POST or None), WishForm(request.POST or None, initial=_chosen(request))
    if request.method == "POST" and queue_form.is_valid() & wish_form.is_valid():
        fields = dict(queue_form.cleaned_data)
        fields["rubric"] = fields["policy"].rubric
        try:
            queue, count = make_queue(actor=actor, wish=wish_form.wish(), **fields)
        except ExemplaError as error:
            queue_form.add_error(None, error.message)
        else:
            return _done(request, queue, count)
    status = 422 if queue_form.errors or wish_form.errors else 200
    context = {"queue_form": queue_form, "wish_form": wish_form}
    return render(request, "triage/queue_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def queue_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add more stories to a queue."""
    actor = _curator(request)
    queue, form = queue_of(actor, slug), WishForm(request.POST or None, initial=_chosen(request))
    if request.method == "POST" and form.is_valid():
        try:
            count = fill_queue(actor=actor, queue=queue, wish=form.wish())
        except ExemplaError as error:
            form.add_error(None, error.message)
        else:
            return _done(request, queue, count)
    context = {"queue": queue, "wish_form": form}
    return render(request, "triage/queue_add.html", context, status=422 if form.errors else 200)


@require_GET
def queue_preview(request: HttpRequest) -> HttpResponse:
    """Say how many stories fit what the form says so far; a fragment."""
    actor = _curator(request)
    queue = queue_of(actor, request.GET["queue"]) if request.GET.get("queue") else None
    form = WishForm(request.GET)
    wish = form.wish() if form.is_valid() else None
    context = {"wish": wish, "count": matching(wish, queue=queue, reader=actor).count() if wish else 0}
    return render(request, "triage/_preview.html", context)


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Return what the page before has chosen: an import, or stories one by one."""
    run, stories = request.GET.get("run", ""), request.GET.getlist("story")
    chosen = {"run": [run], "stories": stories}
    return {
        name: ",".join(ids)
        for name, ids in chosen.items()
        if ids and all(one.isascii() and one.isdigit() and len(one) < 19 for one in ids)
    }


def _done(request: HttpRequest, queue: Queue, count: int) -> HttpResponse:
    words = ngettext("%(n)d story is in the queue.", "%(n)d stories went into the queue.", count)
    messages.success(request, words % {"n": count})
    return redirect("queue_detail", slug=queue.slug)


def _curator(request: HttpRequest) -> User:
    actor = cast(User, request.user)
    check_can_run_queues(actor=actor)
    return actor
