"""Adjudicating what the policy could not decide. Model scores are never shown here."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.actions import adjudicate, open_to_adjudicate, recuse_from, undo_adjudication
from annotations.actions.adjudicating import ADJUDICATED
from annotations.models import Decision, Review, Saw
from annotations.models.decision import FlagVerdict, Outcome
from annotations.permissions import check_can_adjudicate, check_can_read_decisions
from annotations.queries import awaiting_adjudication, decisions_of
from annotations.queries.decisions import in_use, just_adjudicated, next_to_adjudicate, scores_seen
from annotations.queries.second_looks import dangers_of, reasons_of, second_looks
from annotations.queries.side_by_side import SideBySide, side_by_side
from annotations.telling import told_reasons
from curation.accounts.models import User
from curation.core.errors import ExemplaError, InvalidInput, NotFound

MOST_SHOWN = 200
KEYS = {Outcome.ACCEPT: "a", Outcome.REJECT: "r", Outcome.REWRITE: "w"}
# Before the key of a flag: the name of the field with what is said of it.
FLAG = "flag-"


@require_GET
def adjudication_list(request: HttpRequest) -> HttpResponse:
    """Show the stories that wait to be adjudicated, oldest first, and note whose readers' words this person saw."""
    user = _curator(request)
    waiting = list(awaiting_adjudication(user)[:MOST_SHOWN])
    stories = [decision.story_id for decision in waiting]
    recuse_from(user=user, stories=stories, saw=Saw.REVIEWS)
    seen = scores_seen(user, stories)
    asked, dangers = reasons_of(stories), dangers_of(stories)
    rows = [
        {
            "decision": decision,
            "recused": decision.story_id in seen,
            "asked": asked.get(decision.story_id, []),
            "dangers": dangers.get(decision.story_id, []),
        }
        for decision in waiting
    ]
    context = {"rows": rows, "total": awaiting_adjudication(user).count(), "undoable": just_adjudicated(user)}
    return render(request, "annotations/adjudication_list.html", context)


@require_http_methods(["GET", "POST"])
def adjudication(request: HttpRequest, story_id: int) -> HttpResponse:
    """Show one story with its reviews beside each other, and adjudicate it. It is noted that this person saw them."""
    user = _curator(request)
    own, decision = open_to_adjudicate(actor=user, story_id=story_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            return _adjudicate(request, user, decision)
        except InvalidInput as error:
            problem, status = error.message, error.status
    decisions = list(decisions_of(decision.story))
    sides, looks = side_by_side(decision), second_looks(decision)
    adjudicated = decision.story.stage.state != "adjudication"
    waiting, why_not = bool(looks) or not adjudicated, _why_not(user, decision)
    verdicts = _verdicts(request) or decision.flag_verdicts
    context = {
        "decision": decision,
        "story": decision.story,
        "sides": sides,
        "looks": [(_reader(look.review, sides), look) for look in looks],
        "decisions": decisions,
        "why": [reason for reason in told_reasons(decision) if not reason["passed"]],
        "waiting": waiting,
        "stands": adjudicated,
        "in_use": adjudicated and in_use(story_id),
        "why_not": why_not,
        "own": own,
        "choices": [(outcome.value, outcome.label, KEYS[outcome]) for outcome in ADJUDICATED],
        "keys": user.settings.keys_on,
        "open": waiting and not why_not,
        "next": next_to_adjudicate(user, after=decision.pk),
        "undoable": just_adjudicated(user),
        "confirmed": [key for key, said in verdicts.items() if said == FlagVerdict.CONFIRMED],
        "dismissed": [key for key, said in verdicts.items() if said == FlagVerdict.DISMISSED],
        "chosen": request.POST.get("outcome", ""),
        "note": request.POST.get("note", ""),
        "problem": problem,
    }
    return render(request, "annotations/adjudication.html", context, status=status)


@require_POST
def undo(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Take back the decision that this person has just made, and show its story again."""
    user = _curator(request)
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NotFound(_("There is no such decision of yours."))
    undo_adjudication(actor=user, decision=decision)
    messages.success(request, _("Taken back. The story waits for your decision again."))
    return redirect("adjudicate", decision.story_id)


def _adjudicate(request: HttpRequest, user: User, decision: Decision) -> HttpResponse:
    """Adjudicate the story, and go on to the next that this person may adjudicate; the page there offers to undo it."""
    adjudicate(
        actor=user,
        story=decision.story,
        outcome=request.POST.get("outcome", ""),
        note=request.POST.get("note", ""),
        verdicts=_verdicts(request),
    )
    following = next_to_adjudicate(user, after=decision.pk)
    return redirect("adjudicate", following) if following else redirect("adjudication_list")


def _verdicts(request: HttpRequest) -> dict[str, str]:
    return {name.removeprefix(FLAG): str(said) for name, said in request.POST.items() if name.startswith(FLAG) and said}


def _reader(review: Review, sides: SideBySide) -> int:
    """The number that the page gives to the reader who asks; 0 for one whose review the decision does not rest on."""
    numbers = {review.pk: number for number, review in enumerate(sides.reviews, start=1)}
    return numbers.get(review.revises_id or 0, 0)


def _why_not(user: User, decision: Decision) -> str:
    try:
        check_can_adjudicate(actor=user, story=decision.story)
    except ExemplaError as error:
        return error.message
    return ""


def _curator(request: HttpRequest) -> User:
    user = cast(User, request.user)
    check_can_read_decisions(actor=user)
    return user
