"""A reviewer's own reviews."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from annotations.models import Rating, Review, ReviewFlag, Span
from annotations.models.review import ReviewKind
from annotations.queries.status import with_status
from annotations.schema import SpanMark, Submission
from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.standards.behaviour import CHOICES
from curation.standards.models import Rubric
from curation.standards.translating import words_for_reader


def own_reviews(user: User) -> QuerySet[Review]:
    """Return this person's commits (withdrawn ones too) and extras, with what `ReviewStatus.of` reads, newest first."""
    mine = Review.objects.filter(reviewer=user, kind__in=[ReviewKind.COMMIT, ReviewKind.EXTRA])
    return with_status(mine).order_by("-id")


def in_full(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Load with reviews all that `as_data` and their pages read, in three statements more."""
    ratings = Rating.objects.select_related("criterion").order_by("criterion__position", "criterion_id")
    return reviews.select_related(
        "withdrawal", "story", "rubric", "reviewer", "assignment__item__queue"
    ).prefetch_related(
        Prefetch("ratings", ratings),
        Prefetch("flags", ReviewFlag.objects.select_related("flag")),
        Prefetch("spans", Span.objects.select_related("criterion", "flag")),
    )


def load_review(user: User, pk: int) -> Review:
    """Return one of this person's commits or extras in full, in four statements; `NotFound` for any other."""
    review = in_full(own_reviews(user).filter(pk=pk)).first()
    if review is None:
        raise NotFound(_("There is no such review of yours."))
    return review


def revisions_of(review: Review) -> QuerySet[Review]:
    """Return the revisions of a commit with everything in them, oldest first."""
    return in_full(Review.objects.filter(revises=review)).order_by("id")


def marks_of(review: Review) -> list[dict[str, Any]]:
    """Return the passages of a loaded review, for the marked text."""
    return [
        {
            "start": span.start,
            "end": span.end,
            "group": span.criterion.group if span.criterion else "F",
            "label": name_of(span, review.rubric),
        }
        for span in review.spans.all()
    ]


def name_of(span: Span, rubric: Rubric) -> str:
    """Return the name of what a passage was marked for, in the language of whoever looks."""
    if span.criterion:
        return str(words_for_reader(rubric, span.criterion, "short"))
    return str(words_for_reader(rubric, span.flag, "name")) if span.flag else ""


def as_data(review: Review) -> dict[str, Any]:
    """Return a loaded review in the JSON shape that pages and drafts share."""
    return {
        "themes": list(review.themes),
        "ratings": {rating.criterion.key: rating.value for rating in review.ratings.all()},
        "flags": [raised.flag.key for raised in review.flags.all()],
        "spans": [_span(span) for span in review.spans.all()],
        "out_of_scope": review.out_of_scope,
        "comment": review.comment,
        "active_seconds": review.active_seconds,
    }


def says(review: Review, submission: Submission) -> bool:
    """Whether a loaded review holds what a submission, as `schema.complete` leaves it, says; the time it took aside."""
    said = as_data(review)
    marks = [{**span, "criterion": span["criterion"] or "", "flag": span["flag"] or ""} for span in said["spans"]]
    return (
        said["ratings"] == dict(submission.ratings or {})
        and set(said["themes"]) == set(submission.themes)
        and set(said["flags"]) == set(submission.flags)
        and {SpanMark(**mark) for mark in marks} == set(submission.spans)
        and (said["out_of_scope"], said["comment"]) == (submission.out_of_scope, submission.comment)
    )


def _span(span: Span) -> dict[str, Any]:
    return {
        "criterion": span.criterion.key if span.criterion else None,
        "flag": span.flag.key if span.flag else None,
        "start": span.start,
        "end": span.end,
        "quote": span.quote,
        **{name: getattr(span, name) for name in CHOICES},
    }
