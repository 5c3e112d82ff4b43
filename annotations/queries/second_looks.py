"""What reviewers ask curators to look at again, with a revision or a safety flag. It shows where and why, and no value.

Whoever revises may have seen a model's score, and whoever adjudicates the story must not be led by it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Decision, Review, ReviewFlag
from annotations.queries.history import in_full
from curation.standards.models import Criterion, Flag
from curation.standards.translating import name_for_reader


@dataclass(frozen=True)
class SecondLook:
    """One request that no curator has answered: a revision, or a first review that raised a safety flag.

    `changed` holds the criteria that a revision rates otherwise, `dangers` the safety flags that the review raises.
    """

    review: Review
    changed: list[Criterion]
    dangers: list[Flag]


def open_requests() -> QuerySet[Review]:
    """Return the reviews that ask for a look, and whose story no curator has adjudicated since, and left so."""
    since = Decision.objects.filter(
        story=OuterRef("story_id"), decided_by__isnull=False, undo=False, created_at__gt=OuterRef("submitted_at")
    ).exclude(superseded_by__undo=True)
    return Review.objects.asking().exclude(Exists(since))


def reasons_of(story_ids: Collection[int]) -> dict[int, list[str]]:
    """Return, by story, what reviewers wrote with their open requests, oldest first, in one statement."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = open_requests().filter(story__in=story_ids).exclude(reason="").order_by("id")
    for story, reason in rows.values_list("story_id", "reason"):
        found[story].append(reason)
    return dict(found)


def dangers_of(story_ids: Collection[int]) -> dict[int, list[str]]:
    """Return, by story, the names of the safety flags that no curator has looked at, in one statement."""
    found: dict[int, list[str]] = defaultdict(list)
    flags = ReviewFlag.objects.filter(review__in=open_requests().filter(story__in=story_ids), flag__safety=True)
    name = name_for_reader(Flag, "flag__")
    rows = flags.order_by("flag__position").values_list("review__story_id", name).distinct()
    for story, name in rows:
        found[story].append(name)
    return dict(found)


def second_looks(decision: Decision) -> list[SecondLook]:
    """Return the open requests about a decided story, oldest first, in a fixed number of statements.

    A safety flag of a review that the decision rests on is among its reasons, and not named again.
    """
    asking = open_requests().filter(story=decision.story_id).exclude(revises=None, pk__in=decision.review_ids)
    reviews = list(in_full(asking).order_by("id"))
    firsts = in_full(Review.objects.filter(pk__in=[review.revises_id for review in reviews])).in_bulk()
    return [
        SecondLook(
            review,
            changed_criteria(firsts[review.revises_id], review) if review.revises_id else [],
            [raised.flag for raised in review.flags.all() if raised.flag.safety],
        )
        for review in reviews
    ]


def changed_criteria(first: Review, revision: Review) -> list[Criterion]:
    """Return the criteria that one of two loaded reviews rates otherwise than the other, in the rubric's order."""
    before = {rating.criterion: rating.value for rating in first.ratings.all()}
    after = {rating.criterion: rating.value for rating in revision.ratings.all()}
    asked = sorted(before.keys() | after.keys(), key=lambda criterion: (criterion.position, criterion.pk))
    return [c for c in asked if (c in before) != (c in after) or before.get(c) != after.get(c)]
