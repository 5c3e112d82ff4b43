"""Storing reviews that people wrote in another tool, many at a time. They hold no seat, and decide nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction

from annotations.actions.store import span_row
from annotations.models import Queue, Rating, Review, ReviewFlag, Span
from annotations.models.queue import ItemKind
from annotations.models.review import Origin, ReviewKind
from annotations.permissions import check_can_run_queues
from annotations.schema import Submission
from curation.accounts.actors import Actor
from curation.standards.actions import freeze
from curation.standards.spec import spec_of

# What an imported review says, and of whom, makes its key: the same one again is not stored twice.
SAME = UUID("5b0d5f0e-6f0e-4a5e-9a39-6f2f0a4d8c11")
ITEMS = """
INSERT INTO annotations_item (queue_id, story_id, kind, priority, seats, seats_left)
SELECT %(queue)s, story, %(kind)s, 0, 0, 0 FROM unnest(%(stories)s::bigint[]) AS story ORDER BY story
ON CONFLICT (queue_id, story_id, kind) DO NOTHING
"""
# One row for each person and story without an assignment under this rubric. It is over as it begins.
ASSIGNMENTS = """
INSERT INTO annotations_assignment (item_id, story_id, reviewer_id, rubric_id, seat, is_repeat, state, lease_until,
  claimed_at, ended_at, pass_reason)
SELECT item.id, item.story_id, wanted.reviewer, %(rubric)s, 1, false, 'closed', clock_timestamp(), clock_timestamp(),
  clock_timestamp(), ''
FROM unnest(%(stories)s::bigint[], %(reviewers)s::bigint[]) AS wanted (story, reviewer)
JOIN annotations_item item ON item.story_id = wanted.story AND item.queue_id = %(queue)s AND item.kind = %(kind)s
ORDER BY item.story_id, wanted.reviewer
ON CONFLICT (story_id, reviewer_id, rubric_id) WHERE NOT is_repeat DO NOTHING
RETURNING story_id, reviewer_id, id
"""
THERE = """
SELECT assignment.story_id, assignment.reviewer_id, review.idempotency_key
FROM unnest(%(stories)s::bigint[], %(reviewers)s::bigint[]) AS wanted (story, reviewer)
JOIN annotations_assignment assignment ON assignment.story_id = wanted.story
  AND assignment.reviewer_id = wanted.reviewer AND assignment.rubric_id = %(rubric)s AND NOT assignment.is_repeat
LEFT JOIN annotations_review review ON review.assignment_id = assignment.id AND review.kind = 'imported'
"""


@dataclass(frozen=True)
class NewReview:
    """What somebody said of a story in another tool, in the terms of the queue's rubric. Keys are those of the rubric.

    `text` is the story's, in which the passages lie.
    """

    story: int
    reviewer: int
    text: str
    submission: Submission
    blind: bool


class Became(StrEnum):
    """What became of a review. OTHER: it was imported before and said something else, which stays.

    HERE: its writer has an assignment at the story here, under the same rubric, and cannot count twice.
    """

    STORED = "stored"
    SAME = "same"
    OTHER = "other"
    HERE = "here"


def import_reviews(*, actor: Actor, queue: Queue, origin: Origin, reviews: Sequence[NewReview]) -> list[Became]:
    """Store `reviews` under the rubric of `queue`, and return what became of each, in their order.

    A fixed number of statements. Each person is there once at most for a story. Whoever imports puts it on record.
    """
    check_can_run_queues(actor=actor)
    if not reviews:
        return []
    keys = {(one.story, one.reviewer): _key(queue, one) for one in reviews}
    with transaction.atomic():
        freeze(standard=queue.rubric)
        freeze(standard=queue.policy)
        assignments = _assignments(queue, sorted(keys))
        there = _there(queue, sorted(keys.keys() - assignments.keys()))
        made = [(pair, one) for one in reviews if (pair := _pair(one)) in assignments]
        _write(queue, origin, [(assignments[pair], keys[pair], one) for pair, one in made])
    return [_became(pair, keys[pair], assignments, there) for pair in map(_pair, reviews)]


def _pair(review: NewReview) -> tuple[int, int]:
    return review.story, review.reviewer


def _became(
    pair: tuple[int, int], key: UUID, assignments: dict[tuple[int, int], int], there: dict[tuple[int, int], UUID | None]
) -> Became:
    if pair in assignments:
        return Became.STORED
    earlier = there[pair]
    return Became.HERE if earlier is None else Became.SAME if earlier == key else Became.OTHER


def _key(queue: Queue, review: NewReview) -> UUID:
    said = review.submission
    told = [
        [queue.rubric_id, review.story, review.reviewer],
        sorted((said.ratings or {}).items()),
        [sorted(said.themes), sorted(said.flags), said.out_of_scope, said.comment],
        sorted([span.criterion, span.flag, span.start, span.end] for span in said.spans),
    ]
    return uuid5(SAME, json.dumps(told))


def _assignments(queue: Queue, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
    values = _values(queue, pairs)
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, {**values, "stories": sorted({story for story, _reviewer in pairs})})
        cursor.execute(ASSIGNMENTS, values)
        return {(story, reviewer): assignment for story, reviewer, assignment in cursor.fetchall()}


def _there(queue: Queue, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], UUID | None]:
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(THERE, _values(queue, pairs))
        return {(story, reviewer): key for story, reviewer, key in cursor.fetchall()}


def _values(queue: Queue, pairs: list[tuple[int, int]]) -> dict[str, Any]:
    return {
        "queue": queue.pk,
        "rubric": queue.rubric_id,
        "kind": ItemKind.IMPORTED.value,
        "stories": [story for story, _reviewer in pairs],
        "reviewers": [reviewer for _story, reviewer in pairs],
    }


def _write(queue: Queue, origin: Origin, reviews: Sequence[tuple[int, UUID, NewReview]]) -> None:
    spec = spec_of(queue.rubric)
    criteria = {criterion.key: criterion.id for criterion in spec.criteria}
    flags = {flag.key: flag.id for flag in spec.flags}
    stored = Review.objects.bulk_create(
        Review(
            assignment_id=assignment,
            story_id=one.story,
            reviewer_id=one.reviewer,
            rubric=queue.rubric,
            kind=ReviewKind.IMPORTED,
            origin=origin,
            blind=one.blind,
            out_of_scope=one.submission.out_of_scope,
            themes=list(one.submission.themes),
            comment=one.submission.comment,
            idempotency_key=key,
            asks_curator=False,
        )
        for assignment, key, one in reviews
    )
    ratings: list[Rating] = []
    raised: list[ReviewFlag] = []
    spans: list[Span] = []
    for review, (_assignment, _given, one) in zip(stored, reviews, strict=True):
        said = one.submission
        ratings += [
            Rating(review=review, criterion_id=criteria[k], value=value) for k, value in (said.ratings or {}).items()
        ]
        raised += [ReviewFlag(review=review, flag_id=flags[key]) for key in said.flags]
        for mark in said.spans:
            row = span_row(one.text, mark, criteria, flags)
            spans.append(Span(review=review, criterion_id=row.pop("criterion"), flag_id=row.pop("flag"), **row))
    Rating.objects.bulk_create(ratings)
    ReviewFlag.objects.bulk_create(raised)
    Span.objects.bulk_create(spans)
