"""How often a reviewer and another reader of the same story agree."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import QuerySet

from annotations.counting import Use
from annotations.models import Rating, Review
from annotations.models.decision import Outcome
from annotations.queries.status import with_outcome_told, with_status
from curation.accounts.models import User
from curation.core.statistics import Estimate, proportion
from curation.standards.models import Criterion

MOST = 2000


@dataclass(frozen=True)
class Alike:
    """Of the stories both rated on one criterion, the share rated the same, and the share at most one point apart."""

    criterion: Criterion
    exact: Estimate
    near: Estimate


def comparable(user: User) -> QuerySet[Review]:
    """Return this person's reviews of stories that are adjudicated, and of which they may be told so."""
    mine = with_status(Review.objects.live_commits().filter(reviewer=user))
    return with_outcome_told(mine, Outcome.ACCEPT, Outcome.REJECT, Outcome.REWRITE)


def alike(user: User) -> list[Alike]:
    """Return, per criterion in the rubric's order, how this person and the first other reader agree; four statements.

    One other reader per story, so that the stories are independent and the interval (95 percent) means what it says. A
    criterion that one of the two did not rate, or rated N/A, leaves the story out for that criterion. Up to the 2,000
    newest of their reviews.
    """
    mine = dict(comparable(user).order_by("-id").values_list("pk", "story_id")[:MOST])
    others = Review.objects.counting(Use.AGREEMENT).filter(story__in=mine.values()).exclude(reviewer=user)
    other: dict[int, int] = {}
    for review, story in others.order_by("id").values_list("pk", "story_id"):
        other.setdefault(story, review)
    rated = Rating.objects.filter(review__in=[*mine, *other.values()], value__isnull=False)
    values: dict[int, dict[int, int]] = defaultdict(dict)
    for review, criterion, value in rated.values_list("review_id", "criterion_id", "value"):
        values[review][criterion] = value or 0
    gaps: dict[int, list[int]] = defaultdict(list)
    for review, story in mine.items():
        theirs = values[other[story]] if story in other else {}
        for criterion in values[review].keys() & theirs.keys():
            gaps[criterion].append(abs(values[review][criterion] - theirs[criterion]))
    ordered = Criterion.objects.filter(pk__in=gaps).select_related("rubric").order_by("rubric_id", "position", "id")
    return [
        Alike(
            criterion,
            proportion(sum(gap == 0 for gap in gaps[criterion.pk]), len(gaps[criterion.pk])),
            proportion(sum(gap <= 1 for gap in gaps[criterion.pk]), len(gaps[criterion.pk])),
        )
        for criterion in ordered
    ]
