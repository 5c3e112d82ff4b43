"""What reviewers ask curators to look at again, with a revision. It shows where and why, and no value.

Whoever revises may have seen a model's score, and whoever settles the story must not be led by it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Decision, Review
from annotations.queries.history import in_full
from curation.standards.models import Criterion


@dataclass(frozen=True)
class SecondLook:
    """One request that no curator has answered. `changed` holds the criteria that the revision rates otherwise."""

    revision: Review
    changed: list[Criterion]


def open_requests() -> QuerySet[Review]:
    """Return the revisions that ask for a look, and whose story no curator has settled since."""
    since = Decision.objects.filter(
        story=OuterRef("story_id"), decided_by__isnull=False, created_at__gt=OuterRef("submitted_at")
    )
    return Review.objects.asking().exclude(Exists(since))


def reasons_of(story_ids: Collection[int]) -> dict[int, list[str]]:
    """Return, by story, the reasons of the open requests, oldest first, in one statement."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = open_requests().filter(story__in=story_ids).order_by("id")
    for story, reason in rows.values_list("story_id", "reason"):
        found[story].append(reason)
    return dict(found)


def second_looks(story_id: int) -> list[SecondLook]:
    """Return the open requests about one story, oldest first, in a fixed number of statements."""
    revisions = list(in_full(open_requests().filter(story=story_id)).order_by("id"))
    firsts = in_full(Review.objects.filter(pk__in=[revision.revises_id for revision in revisions])).in_bulk()
    return [
        SecondLook(revision, changed_criteria(firsts[revision.revises_id], revision))
        for revision in revisions
        if revision.revises_id
    ]


def changed_criteria(first: Review, revision: Review) -> list[Criterion]:
    """Return the criteria that one of two loaded reviews rates otherwise than the other, in the rubric's order."""
    before = {rating.criterion: rating.value for rating in first.ratings.all()}
    after = {rating.criterion: rating.value for rating in revision.ratings.all()}
    asked = sorted(before.keys() | after.keys(), key=lambda criterion: (criterion.position, criterion.pk))
    return [c for c in asked if (c in before) != (c in after) or before.get(c) != after.get(c)]
