"""A reviewer's own work, for their own eyes: history, pace, daily dose, passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncDate

from annotations.models import Assignment, Queue, Review, ReviewFlag
from annotations.models.assignment import AssignmentState
from annotations.queries.history import own_reviews
from annotations.queries.status import ReviewStatus, with_outcome_told
from annotations.queries.today import midnight
from curation.accounts.models import User

PAGE, PACED, DAYS, PASSES, LAST = 20, 40, 7, 20, 10
PERIODS = {"today": 0, "week": 6, "month": 29}
# Words a minute. Faster than QUICK, a text is rather skimmed or known; only its reader is told. Nobody reads a new text
# at IMPLAUSIBLE, so the page then asks before it sends; a short one is not worth the question.
QUICK = 400
IMPLAUSIBLE = 3 * QUICK
SHORTEST_ASKED = 10


@dataclass(frozen=True)
class HistoryFilter:
    """What of the history to show. `outcome` is one that may be told, or empty; `period` a key of `PERIODS`."""

    queue: str = ""
    outcome: str = ""
    period: str = ""
    flagged: bool = False
    before: int = 0


@dataclass(frozen=True)
class ReviewRow:
    """One review of the history with how it stands."""

    review: Review
    status: ReviewStatus

    @property
    def pace(self) -> int:
        """Words per minute of active time; 0 when no time was measured."""
        return pace_of(self.review)


def pace_of(review: Review) -> int:
    """Words of the story per minute of active time; 0 when no time was measured."""
    return round(review.story.n_words * 60 / review.active_seconds) if review.active_seconds else 0


def least_seconds(n_words: int) -> int:
    """Return the seconds below which nobody has read a story of so many words; 0 for one too short to ask about."""
    seconds = n_words * 60 // IMPLAUSIBLE
    return seconds if seconds >= SHORTEST_ASKED else 0


def history(user: User, wanted: HistoryFilter) -> tuple[list[ReviewRow], int]:
    """Return one page of this person's reviews, newest first, and the key that the next page starts before, or 0."""
    rows = own_reviews(user).select_related("withdrawal", "story", "assignment__item__queue").defer("story__text")
    rows = rows.annotate(revised=Exists(Review.objects.filter(revises=OuterRef("pk"))))
    rows = matching_reviews(rows, wanted)
    if wanted.before:
        rows = rows.filter(pk__lt=wanted.before)
    found = list(rows[: PAGE + 1])
    entries = [ReviewRow(review, ReviewStatus.of(review)) for review in found[:PAGE]]
    return entries, found[PAGE - 1].pk if len(found) > PAGE else 0


def matching_reviews(rows: QuerySet[Review], wanted: HistoryFilter) -> QuerySet[Review]:
    """Return those of a person's reviews (`history.own_reviews`) that fit."""
    if wanted.queue:
        rows = rows.filter(assignment__item__queue__slug=wanted.queue)
    if wanted.outcome:
        rows = with_outcome_told(rows, wanted.outcome)
    if wanted.period in PERIODS:
        rows = rows.filter(submitted_at__gte=midnight() - timedelta(days=PERIODS[wanted.period]))
    if wanted.flagged:
        rows = rows.filter(Exists(ReviewFlag.objects.filter(review=OuterRef("pk"))))
    return rows


def last(user: User) -> list[ReviewRow]:
    """Return the newest reviews of this person, up to 10, newest first."""
    rows = own_reviews(user).select_related("withdrawal", "story", "assignment__item__queue").defer("story__text")
    return [ReviewRow(review, ReviewStatus.of(review)) for review in rows[:LAST]]


def queues_of(user: User) -> QuerySet[Queue]:
    """Return the queues this person has reviewed in."""
    there = Assignment.objects.filter(reviewer=user, item__queue=OuterRef("pk"), reviews__isnull=False)
    return Queue.objects.filter(Exists(there)).order_by("name")


def timed(user: User) -> list[Review]:
    """Return the newest readings with a measured time, oldest first."""
    rows = Review.objects.read().filter(reviewer=user, active_seconds__gt=0)
    newest = rows.select_related("story").defer("story__text").order_by("-id")[:PACED]
    return list(newest)[::-1]


@dataclass(frozen=True)
class Day:
    """What was read on one day."""

    day: date
    stories: int
    words: int


def days(user: User) -> Sequence[Day]:
    """Return the days of the last week on which this person read, newest first."""
    rows = (
        Review.objects.read()
        .filter(reviewer=user, submitted_at__gte=midnight() - timedelta(days=DAYS - 1))
        .values(day=TruncDate("submitted_at"))
        .annotate(stories=Count("pk"), words=Sum("story__n_words"))
        .order_by("-day")
    )
    return [Day(row["day"], row["stories"], row["words"]) for row in rows]


def passes_of(user: User) -> list[Assignment]:
    """Return the newest assignments this person passed on, with their stories."""
    assignments = Assignment.objects.filter(reviewer=user, state=AssignmentState.PASSED)
    return list(assignments.select_related("story", "item__queue").defer("story__text").order_by("-ended_at")[:PASSES])
