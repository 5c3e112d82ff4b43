"""My work: what a reviewer did, for their own eyes."""

from collections.abc import Iterator
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from annotations.models.decision import Outcome
from annotations.permissions import can_revise, can_withdraw, check_can_review
from annotations.queries.alike import alike
from annotations.queries.chart import pace_chart
from annotations.queries.export import as_csv, as_jsonl
from annotations.queries.history import load_review, marks_of, revisions_of
from annotations.queries.reading import left_behind_by
from annotations.queries.second_looks import changed_criteria
from annotations.queries.status import ReviewStatus
from annotations.queries.today import read_today
from annotations.queries.work import QUICK, HistoryFilter, days, history, last, pace_of, passes_of, queues_of, timed
from curation.accounts.models import User

PERIODS = [("today", gettext_lazy("Today")), ("week", gettext_lazy("7 days")), ("month", gettext_lazy("30 days"))]
OUTCOMES = [(outcome.value, outcome.label) for outcome in Outcome if outcome != Outcome.REOPENED]


@require_GET
def my_work(request: HttpRequest) -> HttpResponse:
    """Show the reviewer's own history, pace, daily dose, agreement and passes."""
    user = _reviewer(request)
    wanted = _wanted(request)
    entries, older = history(user, wanted)
    context = {
        "entries": entries,
        "wanted": wanted,
        "filtered": wanted != HistoryFilter(before=wanted.before),
        "queues": queues_of(user),
        "periods": PERIODS,
        "outcomes": OUTCOMES,
        "newer_url": _page_url(request, 0) if wanted.before else "",
        "older_url": _page_url(request, older) if older else "",
    }
    if getattr(request, "htmx", False):
        return render(request, "annotations/work/_history.html", context)
    stories, words = read_today(user)
    context |= {
        "stories": stories,
        "words": words,
        "days": days(user),
        "pace": pace_chart([(review, pace_of(review)) for review in timed(user)]),
        "quick": QUICK,
        "alike": alike(user),
        "passes": passes_of(user),
        "left_behind": left_behind_by(user),
    }
    return render(request, "annotations/work/work.html", context)


@require_GET
def my_review(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show one of the reviewer's own reviews as they wrote it."""
    user = _reviewer(request)
    review = load_review(user, review_id)
    context = {
        "review": review,
        "story": review.story,
        "queue": review.assignment.item.queue,
        "status": ReviewStatus.of(review),
        "may_withdraw": can_withdraw(actor=user, review=review),
        "may_revise": can_revise(actor=user, review=review),
        "marks": marks_of(review),
        "revisions": [(one, changed_criteria(review, one)) for one in revisions_of(review)],
    }
    return render(request, "annotations/work/review.html", context)


@require_GET
def last_reviews(request: HttpRequest) -> HttpResponse:
    """The reviewer's last 10 reviews, as the part of a page that the review room shows over the story."""
    return render(request, "annotations/work/_last.html", {"entries": last(_reviewer(request))})


@require_GET
def export_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send all of the reviewer's own reviews as a table."""
    return _file(as_csv(_reviewer(request)), "text/csv; charset=utf-8", "my-reviews.csv")


@require_GET
def export_jsonl(request: HttpRequest) -> StreamingHttpResponse:
    """Send all of the reviewer's own reviews as JSON lines."""
    return _file(as_jsonl(_reviewer(request)), "application/jsonl; charset=utf-8", "my-reviews.jsonl")


def _file(parts: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(parts, content_type=kind, headers=headers)


def _reviewer(request: HttpRequest) -> User:
    user = cast(User, request.user)
    check_can_review(actor=user)
    return user


def _wanted(request: HttpRequest) -> HistoryFilter:
    asked = request.GET
    before = asked.get("before", "")
    outcome, period = asked.get("outcome", ""), asked.get("period", "")
    return HistoryFilter(
        queue=asked.get("queue", "").replace("\x00", "")[:60],
        outcome=outcome if outcome in dict(OUTCOMES) else "",
        period=period if period in dict(PERIODS) else "",
        flagged=asked.get("flagged") == "on",
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0,
    )


def _page_url(request: HttpRequest, before: int) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    if before:
        query["before"] = str(before)
    return f"?{query.urlencode()}#history"
