"""The queues: what there is to read, how far it is, and who reads it."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from annotations import actions
from annotations.models import Queue, Saw
from annotations.models.decision import Outcome
from annotations.queries import progress, queue_of, queues_for
from annotations.queries.blindness import withheld
from annotations.queries.people import could_join, members_of, memberships_of, mine_in, passes_in
from annotations.queries.progress import QueueProgress, progress_of
from curation.accounts.models import User
from curation.core.errors import InvalidInput, NotFound
from curation.core.own_pages import ask_first, is_from_elsewhere

MOVES = {"pause": actions.pause_queue, "close": actions.close_queue, "reopen": actions.reopen_queue}
MOST_PASSES = 50
TONES = {Outcome.ACCEPT: "good", Outcome.REWRITE: "info", Outcome.ADJUDICATE: "warn", Outcome.REJECT: "bad"}


@require_GET
def queue_list(request: HttpRequest) -> HttpResponse:
    """Show this person's queues, and to curators every queue."""
    user = cast(User, request.user)
    queues = list(queues_for(user))
    far, mine, inside = progress_of(queues, user), mine_in(user, queues), memberships_of(user)
    cards = [
        {"queue": queue, "progress": far[queue.pk], "mine": mine[queue.pk], "member": queue.pk in inside}
        for queue in sorted(queues, key=lambda queue: (queue.state != "open", queue.pk not in inside, queue.name))
    ]
    return render(request, "annotations/queue_list.html", {"cards": cards})


@require_GET
def queue_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one queue; curators also run it from here."""
    user = cast(User, request.user)
    queue = queue_of(user, slug)
    found = progress(queue, user)
    context = {
        "queue": queue,
        "progress": found,
        "mine": mine_in(user, [queue])[queue.pk],
        "member": queue.pk in memberships_of(user),
        "withheld": withheld(user, queue),
    }
    if user.is_curator:
        members, passes = list(members_of(queue)), list(passes_in(queue, user)[:MOST_PASSES])
        if passes and is_from_elsewhere(request):
            return ask_first(request)
        actions.recuse_from(user=user, stories=[assignment.story_id for assignment in passes], saw=Saw.REVIEWS)
        context |= {
            "outcomes": outcome_parts(found),
            "members": members,
            "open_members": sum(person.is_active for person in members),
            "others": could_join(queue),
            "passes": passes,
        }
    return render(request, "annotations/queue_detail.html", context)


def outcome_parts(found: QueueProgress) -> list[dict[str, str | int]]:
    """Return the stories of a queue by what became of them, for a bar of counts."""
    parts: list[dict[str, str | int]] = [
        {"label": str(outcome.label), "value": found.outcomes[outcome], "tone": tone} for outcome, tone in TONES.items()
    ]
    undecided = found.stories - sum(found.outcomes.values())
    return [*parts, {"label": _("Not decided yet"), "value": max(0, undecided), "tone": "rest"}]


@require_POST
def queue_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause, close or reopen a queue."""
    user = cast(User, request.user)
    queue, move = queue_of(user, slug), MOVES.get(request.POST.get("move", ""))
    if move is None:
        raise InvalidInput(_("Choose pause, close or reopen."))
    move(actor=user, queue=queue)
    messages.success(request, _("The queue is now %(state)s.") % {"state": queue.get_state_display().lower()})
    return redirect("queue_detail", slug=slug)


@require_POST
def queue_practice(request: HttpRequest, slug: str) -> HttpResponse:
    """Require the practice round of everyone who reads here, or no longer."""
    user = cast(User, request.user)
    queue, required = queue_of(user, slug), request.POST.get("required") == "yes"
    actions.set_practice(actor=user, queue=queue, required=required)
    if required:
        messages.success(request, _("Stories now go only to those who have passed the practice round."))
    else:
        messages.success(request, _("The practice round is no longer asked for here."))
    return redirect("queue_detail", slug=slug)


@require_POST
def member_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a person review in this queue."""
    user = cast(User, request.user)
    queue = queue_of(user, slug)
    person = _person(could_join(queue).filter(username=request.POST.get("user", "")).first())
    actions.add_member(actor=user, queue=queue, user=person)
    messages.success(request, _("%(name)s can now review in this queue.") % {"name": person.shown_name})
    return redirect("queue_detail", slug=slug)


@require_POST
def member_remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a person out of this queue; their reviews stay."""
    user = cast(User, request.user)
    queue: Queue = queue_of(user, slug)
    person = _person(members_of(queue).filter(username=request.POST.get("user", "")).first())
    actions.remove_member(actor=user, queue=queue, user=person)
    messages.success(request, _("%(name)s is no longer in this queue.") % {"name": person.shown_name})
    return redirect("queue_detail", slug=slug)


def _person(found: User | None) -> User:
    if found is None:
        raise NotFound(_("There is no such person to choose. Reload the page and choose again."))
    return found
