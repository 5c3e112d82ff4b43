"""The review room: the next story, its draft, its submission, and what comes after."""

import uuid
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations import actions
from annotations.actions.consenting import ConsentMissing
from annotations.actions.practising import NotPractised
from annotations.actions.resuming import SeatTaken
from annotations.actions.submitting import TAKEN_BACK
from annotations.forms import CONDUCT_WORDS, posted, rating_form_of
from annotations.models import Assignment, Draft, Review
from annotations.models.assignment import AssignmentState
from annotations.models.review import ReviewKind
from annotations.permissions import can_revise, can_withdraw
from annotations.queries import load_assignment, queue_access, themes_of
from annotations.queries.blindness import withheld
from annotations.queries.history import load_review, marks_of
from annotations.queries.reading import MANY, left_behind_by, surroundings
from annotations.queries.status import ReviewStatus
from annotations.queries.today import read_today
from annotations.queries.work import least_seconds
from annotations.schema import parse_submission
from annotations.views.sheets import blank_sheet
from annotations.visibility import drawn_to_compare, may_compare
from curation.accounts.models import User
from curation.core.errors import Conflict, ExemplaError, InvalidInput
from curation.core.plain_text import parse_json
from curation.core.problems import wants_json
from curation.standards.spec import spec_for_reader, spec_of

# How long a submitted review can be taken back before it is sent.
UNDO_SECONDS = 4
# Digits of a key in an address.
LONGEST_KEY = 18

# Kept in English, so that a curator can read the reason in a language of their own.
PASS_REASONS = (
    gettext_noop("I would rather not read about this"),
    gettext_noop("I know this story or who made it"),
    gettext_noop("I cannot judge its language or subject"),
    gettext_noop("The text is broken"),
)


# What the page's script says.
WORDS = {
    "saved": gettext_lazy("Saved"),
    "unsaved": gettext_lazy("Not saved yet, trying again"),
    "signed_out": gettext_lazy("You are signed out. Sign in again in another tab; what you marked stays here."),
    "rated": gettext_lazy("{done} of {all} rated"),
    "submit": gettext_lazy("Submit"),
    "sending": gettext_lazy("Sending…"),
    "coming": gettext_lazy("Bringing the next story…"),
    "undone": gettext_lazy("Taken back. Everything is as you marked it."),
    "passage": gettext_lazy("{n} passage"),
    "passages": gettext_lazy("{n} passages"),
    "linked": gettext_lazy("Linked to {name}: {quote}"),
    "remove": gettext_lazy("Remove the passage for {name}"),
    "removed": gettext_lazy("Passage removed"),
    "left": gettext_lazy("Evidence left"),
    "mark_flag": gettext_lazy("Select the passage that shows “{flag}”."),
    "mark_by_key": gettext_lazy("Or press {key} to pick it by sentence."),
    "said": CONDUCT_WORDS,
    "hasty_one": gettext_lazy("This story has been open for 1 second."),
    "hasty": gettext_lazy("This story has been open for {n} seconds."),
    "next": gettext_lazy("next: {name}"),
    "read": gettext_lazy("Just read"),
    "rate": gettext_lazy("Rate"),
    "say_conduct": gettext_lazy("Say conduct, intent and portrayal for this passage."),
    "backfire": gettext_lazy("That is a backfire: wrong in deed or intent, and shown as good. It counts as that flag."),
    "say_why": gettext_lazy("Say in a sentence why you see it differently now."),
    "marked": gettext_lazy("marked"),
    "unmarked": gettext_lazy("not marked"),
    "all": gettext_lazy("All criteria"),
    "fewer": gettext_lazy("Less"),
}


@require_GET
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """The story this person is reading in this queue, or the next one, or a kind word when none is left.

    `passed` names an assignment that they have just passed on, which the page offers to take back.
    """
    user = cast(User, request.user)
    access = queue_access(user, slug)
    if not access.answered:
        return redirect(f"{reverse('consent')}?{urlencode({'queue': slug})}")
    try:
        assignment = actions.claim(reviewer=user, queue=access.queue)
    except NotPractised as error:
        return render(request, "annotations/practice/needed.html", {"queue": access.queue}, status=error.status)
    if assignment is None:
        stories, words = read_today(user)
        left_behind = left_behind_by(user).filter(item__queue=access.queue)
        context = {"queue": access.queue, "stories": stories, "words": words, "left_behind": left_behind}
        context["withheld"] = withheld(user, access.queue)
        context["passed"] = _just_passed(request)
        return render(request, "annotations/review/nothing.html", context)
    return _page(request, assignment, _kept(assignment), version=_version(assignment))


def _just_passed(request: HttpRequest) -> Assignment | None:
    key = request.GET.get("passed", "")
    if not (key.isascii() and key.isdigit() and len(key) < LONGEST_KEY):
        return None
    mine = Assignment.objects.filter(pk=int(key), reviewer=cast(User, request.user), state=AssignmentState.PASSED)
    return mine.select_related("story", "item__queue").defer("story__text").first()


@require_GET
def next_story(request: HttpRequest, slug: str) -> HttpResponse:
    """The story after the one being read (`after`, an assignment), leased ahead; 204 when there is none.

    It is the part of the room that changes with the story, for the page's script to keep until it is wanted. The sheet
    is left out while it is blank and the page has it, by the name in `sheet`.
    """
    user = cast(User, request.user)
    after = request.GET.get("after", "")
    reading = int(after) if after.isascii() and after.isdigit() and len(after) < LONGEST_KEY else 0
    access = queue_access(user, slug)
    if not access.answered:
        raise ConsentMissing(_("There is a question to answer first. Open the queue again."))
    assignment = actions.claim(reviewer=user, queue=access.queue, ahead_of=reading)
    if assignment is None:
        return HttpResponse(status=204)
    has = request.GET.get("sheet", "") if not _kept(assignment) else ""
    room = _room(user, assignment, _kept(assignment), version=_version(assignment), reading=reading, has=has)
    return render(request, "annotations/review/next.html", room)


@require_GET
def one_assignment(request: HttpRequest, slug: str, assignment: int) -> HttpResponse:
    """A story whose lease ran out: to go on with, or with all of it and what can be done if its place is taken."""
    user = cast(User, request.user)
    mine = load_assignment(user, assignment)
    try:
        actions.resume(reviewer=user, assignment=mine)
    except Conflict as error:
        if mine.state != AssignmentState.EXPIRED:
            raise
        return _page(request, mine, _kept(mine), version=_version(mine), problem=error)
    return redirect("review", slug)


@require_POST
def draft(request: HttpRequest, slug: str, assignment: int) -> JsonResponse:
    """Keep what has been marked so far. JSON in: `data`, `version`; out: the new `version`.

    409 when something newer is kept: `version` then says which, so that the page can let the person choose.
    """
    user = cast(User, request.user)
    try:
        sent = parse_json(request.body)
        data, version = sent["data"], int(sent["version"])
    except (ValueError, KeyError, TypeError, RawPostDataException) as error:
        load_assignment(user, assignment)
        raise InvalidInput(_("A draft is JSON with data and version.")) from error
    mine = Assignment(pk=assignment)
    kept = actions.save_draft(reviewer=user, assignment=mine, data=data, version=version)
    return JsonResponse({"version": kept.version})


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, slug: str, assignment: int) -> HttpResponse:
    """Commit the review and bring the next story; on a problem show the page again with everything that was sent.

    A script that asks for JSON learns only that the review is in, or what is wrong with it. Who comes here by the
    browser's Back, or from signing in again, is taken to the review page.
    """
    if request.method != "POST":
        return redirect("review", slug)
    user = cast(User, request.user)
    mine = load_assignment(user, assignment)
    data: dict[str, Any] = {}
    in_background = wants_json(request)
    try:
        key = uuid.UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        key = uuid.uuid4()
    try:
        data = posted(request.POST, spec_of(mine.rubric), mine.story.text)
        submission = parse_submission(data, mine.rubric)
        committed = actions.submit(
            reviewer=user,
            assignment=mine,
            submission=submission,
            idempotency_key=key,
            or_extra=request.POST.get("extra") == "on",
        )
    except (InvalidInput, Conflict) as error:
        if in_background:
            raise
        if mine.state == AssignmentState.SUBMITTED:
            # An old page that the browser kept, or a second tab.
            text = _("Your review of “%(title)s” is in already, as you sent it first. This one was not kept.")
            messages.info(request, text % {"title": mine.story})
            return redirect("review", slug)
        # What the browser holds under this key is over once it brings a review; one that did before brings no other.
        is_used = Review.objects.filter(idempotency_key=key).exists()
        shown = data or _kept(mine)
        return _page(request, mine, shown, version=_version(mine), key=None if is_used else key, problem=error)
    if in_background:
        return JsonResponse({"saved": True})
    if hasattr(committed, "withdrawal"):
        messages.info(request, TAKEN_BACK)
        return redirect("review", slug)
    if _may_compare(user, committed):
        return redirect("review_done", committed.pk)
    messages.success(request, _("Thank you. Your review of “%(title)s” is in.") % {"title": mine.story})
    return redirect("review", slug)


@require_http_methods(["GET", "POST"])
def pass_on(request: HttpRequest, slug: str, assignment: int) -> HttpResponse:
    """Hand the story back without penalty."""
    if request.method != "POST":
        return redirect("review", slug)
    user = cast(User, request.user)
    mine = load_assignment(user, assignment)
    reason = request.POST.get("other", "").strip() or request.POST.get("reason", "").strip()
    actions.pass_on(reviewer=user, assignment=mine, reason=reason[:300])
    return redirect(f"{reverse('review', args=[slug])}?{urlencode({'passed': mine.pk})}")


@require_POST
def take_pass_back(request: HttpRequest, slug: str, assignment: int) -> HttpResponse:
    """Undo a pass, and go to the story again; or say why that is no longer possible."""
    user = cast(User, request.user)
    mine = load_assignment(user, assignment)
    try:
        actions.take_pass_back(reviewer=user, assignment=mine)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect("review", slug)


@require_GET
def done(request: HttpRequest, review_id: int) -> HttpResponse:
    """After the commit, where the queue allows it: one's own ratings beside the model's, and the way on."""
    user = cast(User, request.user)
    committed = load_review(user, review_id)
    status = ReviewStatus.of(committed)
    return render(
        request,
        "annotations/review/done.html",
        {
            "review": committed,
            "assignment": committed.assignment,
            "marks": marks_of(committed),
            "story": committed.story,
            "queue": committed.assignment.item.queue,
            "may_compare": _may_compare(user, committed) and not status.withdrawn,
            "may_withdraw": can_withdraw(actor=user, review=committed),
            "may_revise": can_revise(actor=user, review=committed),
        },
    )


def _may_compare(user: User, committed: Review) -> bool:
    item = committed.assignment.item
    own = committed.reviewer_id == user.pk
    blind = committed.kind == ReviewKind.COMMIT
    drawn = drawn_to_compare(assignment=committed.assignment_id, share=item.queue.comparison_share)
    return may_compare(own=own, committed=blind, reveal=item.queue.reveal, drawn=drawn, kind=item.kind)


def _page(
    request: HttpRequest,
    assignment: Assignment,
    data: dict[str, Any],
    *,
    version: int,
    key: uuid.UUID | None = None,
    problem: ExemplaError | None = None,
) -> HttpResponse:
    room = _room(cast(User, request.user), assignment, data, version=version, key=key, problem=problem)
    return render(
        request,
        "annotations/review/page.html",
        room | {"words": WORDS, "passed": _just_passed(request)},
        status=problem.status if problem else 200,
    )


def _room(
    user: User,
    assignment: Assignment,
    data: dict[str, Any],
    *,
    version: int,
    reading: int = 0,
    has: str = "",
    key: uuid.UUID | None = None,
    problem: ExemplaError | None = None,
) -> dict[str, Any]:
    queue, tagged = assignment.item.queue, themes_of(assignment)
    spec = spec_for_reader(assignment.rubric)
    around = surroundings(assignment, reading=reading)
    blank = blank_sheet(assignment.rubric, user)
    missing = problem.data.get("missing", ()) if problem else ()
    return {
        "assignment": assignment,
        "queue": queue,
        "story": assignment.story,
        "around": around,
        "left_behind": [one for one in around.left_behind if one["pk"] != assignment.pk],
        "many": MANY,
        "spec": spec,
        "blank": blank,
        "sheet": None if blank and has == blank else rating_form_of(spec, data, tagged, missing),
        "tagged": sorted(tagged),
        "data": data,
        "version": version,
        "key": key or uuid.uuid4(),
        "problem": problem,
        "may_be_extra": isinstance(problem, SeatTaken),
        "undo_seconds": UNDO_SECONDS,
        "least_seconds": least_seconds(assignment.story.n_words),
        "pass_reasons": PASS_REASONS,
        "draft_url": reverse("review_draft", args=[queue.slug, assignment.pk]),
        "action": reverse("review_submit", args=[queue.slug, assignment.pk]),
    }


def _kept(assignment: Assignment) -> dict[str, Any]:
    draft: Draft | None = getattr(assignment, "draft", None)
    return draft.data if draft else {}


def _version(assignment: Assignment) -> int:
    draft: Draft | None = getattr(assignment, "draft", None)
    return draft.version if draft else 0
