"""Revising a review that stays: its sheet in the review room, filled with what the reviewer said last."""

import uuid
from types import SimpleNamespace
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations import actions
from annotations.forms import posted, rating_form_of
from annotations.models import Review
from annotations.permissions import check_can_revise
from annotations.queries.assignments import themes_of
from annotations.queries.history import as_data, load_review, revisions_of
from annotations.queries.reading import surroundings
from annotations.queries.status import ReviewStatus
from annotations.schema import parse_submission
from annotations.views.review import WORDS
from annotations.visibility import ReviewsStay
from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.standards.spec import spec_for_reader, spec_of


@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show the story with what the reviewer said last, and keep what they say now beside their first review."""
    user = cast(User, request.user)
    review = load_review(user, review_id)
    check_can_revise(actor=user, review=review)
    if request.method == "GET":
        said = [review, *revisions_of(review)][-1]
        return _room(request, review, as_data(said) | {"active_seconds": 0})
    data: dict[str, Any] = {}
    try:
        data = posted(request.POST, spec_of(review.rubric), review.story.text)
        revision = actions.revise(
            reviewer=user,
            review=review,
            submission=parse_submission(data, review.rubric),
            reason=request.POST.get("reason", ""),
            ask_curator=request.POST.get("ask_curator") == "on",
            idempotency_key=_key(request),
        )
    except InvalidInput as error:
        return _room(request, review, data, error)
    if revision.asks_curator:
        messages.success(request, _("Your revision is kept, and a curator is asked to look at the story again."))
    else:
        messages.success(request, _("Your revision is kept beside your first review."))
    return redirect("my_review", review.pk)


def what_asking_does(review: Review) -> str:
    """Say what becomes of a request about this review's story."""
    status = ReviewStatus.of(review)
    if not status.outcome:
        return _("A curator looks at it once its other reviews are in. Your new ratings change nothing by themselves.")
    if status.stay == ReviewsStay.IN_USE:
        return _("The story is in a release. What is out stays as it is; a curator decides for the next version.")
    if status.stay == ReviewsStay.BY_CURATOR:
        return _("A curator has adjudicated the story. That holds until somebody has looked again.")
    return _("The story then waits for a curator. Your new ratings change nothing by themselves.")


def _key(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        return uuid.uuid4()


def _room(
    request: HttpRequest, review: Review, data: dict[str, Any], problem: InvalidInput | None = None
) -> HttpResponse:
    tagged, spec = themes_of(review.assignment), spec_for_reader(review.rubric)
    context = {
        "revising": review,
        "story": review.story,
        # What the room's templates read of a queue and an assignment. As with `reveal`, no story is fetched ahead and
        # the plain form goes.
        "queue": SimpleNamespace(slug=review.assignment.item.queue.slug, lease_minutes=60, reveal=True),
        "assignment": SimpleNamespace(pk=f"revision-{review.pk}", rubric_id=review.rubric_id),
        "around": surroundings(review.assignment),
        "spec": spec,
        "sheet": rating_form_of(spec, data, tagged, getattr(problem, "missing", ())),
        "data": data,
        "version": 0,
        "key": uuid.uuid4(),
        "problem": problem,
        "words": WORDS,
        "draft_url": "",
        "action": reverse("review_revise", args=[review.pk]),
        "leave": reverse("my_review", args=[review.pk]),
        "reason": request.POST.get("reason", ""),
        "ask_curator": request.POST.get("ask_curator") == "on",
        "what_asking_does": what_asking_does(review),
    }
    return render(request, "annotations/review/revise.html", context, status=problem.status if problem else 200)
