"""After the blind commit: what the reviewer said beside what the judge had said."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from annotations.models import Review, Span
from annotations.permissions import can_revise, can_withdraw
from annotations.queries.history import load_review
from annotations.queries.status import ReviewStatus
from annotations.visibility import may_compare
from curation.accounts.models import User
from curation.calibration.actions import record_exposure
from curation.core.errors import NotAllowed, NotFound
from curation.core.nearness import nearness
from curation.scoring.queries import StoryScore, scores_for_story

# The drawn scale: rating 1 stands at LEFT, each point is POINT wide.
LEFT, POINT = 10, 25


@dataclass(frozen=True)
class Line:
    """One criterion: the reviewer's own value (None where they did not rate it) and passages, and the judge's."""

    score: StoryScore
    rated: bool
    own: int | None
    spans: Sequence[Span]

    @property
    def level(self) -> str:
        """How near the judge's value is to one's own (`nearness`); empty where there is no value of one's own."""
        return nearness(self.own, self.score.value) if self.own else ""

    @property
    def drawn(self) -> dict[str, float]:
        """Where the marks stand on the scale: the judge's value, the two ends of its spread, the own value."""
        low, high = max(1.0, self.score.value - self.score.spread), min(5.0, self.score.value + self.score.spread)
        return {
            "value": place(self.score.value),
            "low": place(low),
            "width": place(high) - place(low),
            "own": place(self.own) if self.own else 0.0,
        }


@dataclass(frozen=True)
class Compared:
    """All criteria of one review: `apart` where the two are apart, `rest` the others.

    `in_order` holds those with two values to compare, as they stand in the rubric.
    """

    apart: list[Line]
    rest: list[Line]
    in_order: list[Line]

    @property
    def both(self) -> int:
        """How many criteria have two values to compare."""
        return len(self.in_order)

    @property
    def close(self) -> int:
        """How many of those are the same or near."""
        return self.both - len(self.apart)

    @property
    def apart_on(self) -> str:
        """The names of the criteria that are apart."""
        return ", ".join(line.score.name for line in self.apart)


def compare(review: Review, scores: Sequence[StoryScore]) -> Compared:
    """Lay the scores beside a review that is loaded in full."""
    own = {rating.criterion.key: rating.value for rating in review.ratings.all()}
    spans = list(review.spans.all())
    lines = [
        Line(
            score,
            score.key in own,
            own.get(score.key),
            [span for span in spans if span.criterion and span.criterion.key == score.key],
        )
        for score in scores
    ]
    return Compared(
        apart=[line for line in lines if line.level == "apart"],
        rest=[line for line in lines if line.level != "apart"],
        in_order=[line for line in lines if line.level],
    )


def place(rating: float) -> float:
    """Where a rating stands on the drawn scale."""
    return round(LEFT + (rating - 1) * POINT, 1)


def own_commit(user: object, pk: int) -> Review:
    """The person's own blind commit; `NotFound` for anybody else's, or none."""
    review = load_review(user, pk) if isinstance(user, User) else None
    if review is None or not ReviewStatus.of(review).live:
        raise NotFound(_("There is no such review of yours."))
    return review


@require_GET
def comparison(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show the comparison where the queue allows it, and record that the reviewer has now seen scores of the story."""
    review = own_commit(request.user, review_id)
    item = review.assignment.item
    if not may_compare(own=True, committed=True, reveal=item.queue.reveal, kind=item.kind):
        raise NotAllowed(_("This queue does not show what the model said. Your review is in and counts as it is."))
    scores = scores_for_story(review.story_id, review.rubric)
    if scores:
        record_exposure(user=review.reviewer, story=review.story, where="comparison")
    context = {
        # Whoever sees scores can revise from now on, and not take back.
        "may_withdraw": not scores and can_withdraw(actor=review.reviewer, review=review),
        "may_revise": bool(scores) or can_revise(actor=review.reviewer, review=review),
        "review": review,
        "compared": compare(review, scores) if scores else None,
        "version": scores[0].version if scores else None,
    }
    partial = getattr(request, "htmx", False)
    return render(request, "scoring/_comparison.html" if partial else "scoring/comparison.html", context)
