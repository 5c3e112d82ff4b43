"""What people said blind, what they said afterwards, and what the model had told them in between."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection
from django.db.models import Avg, Exists, F, Max, OuterRef, Q, Subquery
from numpy.typing import NDArray

from annotations.models import Review
from annotations.models.queue import ItemKind
from annotations.models.review import ReviewKind
from annotations.queries.decisions import in_review
from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED, packing, unpack
from annotations.visibility import drawn_to_compare
from curation.calibration.models import Exposure
from curation.core.statistics import Floats
from curation.scoring.models import JudgeVersion, Score

COMPARISON = "comparison"
RATINGS = "SELECT g.review_id, {packing} FROM annotations_rating g WHERE g.review_id = ANY(%s) GROUP BY g.review_id"


@dataclass(frozen=True)
class Revisable:
    """Blind commits in queues that let people compare, as arrays over reviews (r).

    `committed` and `later` (r, criteria) are the ratings of the commit and of its newest revision, or of the commit
    again without one; `judged` is what the judge had said when the reviewer looked, or else when they committed. NaN
    is no rating. `reviewers` (r); `seen` whether they have looked, `revised` whether they revised after it, and `drawn`
    whether the queue draws who is shown the comparison, and `shown` what was drawn.
    """

    reviewers: list[int]
    committed: Floats
    later: Floats
    judged: Floats
    seen: NDArray[np.bool_]
    revised: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    shown: NDArray[np.bool_]


def revisable(version: JudgeVersion, *, newest: int) -> Revisable:
    """The `newest` blind commits whose writers can or could have been shown what the judge said; four statements.

    Only normal items (`annotations.visibility.may_compare`) of queues in which somebody was shown this judge, and of
    stories that nobody has yet to judge.
    """
    whose = Q(judge=version.judge_id) | Q(judge=None)
    told = {"recusal__user": OuterRef("reviewer"), "recusal__story": OuterRef("story")}
    looked = Exposure.objects.filter(whose, **told, where=COMPARISON)
    revisions = Review.objects.filter(revises=OuterRef("pk"), kind=ReviewKind.REVISION).order_by("-id")
    commits = Review.objects.live_commits().filter(
        rubric=version.rubric_id, assignment__item__queue__reveal=True, assignment__item__kind=ItemKind.NORMAL
    )
    shown_in = commits.filter(Exists(looked)).values("assignment__item__queue")
    commits = commits.filter(assignment__item__queue__in=shown_in).exclude(in_review("story"))
    found = commits.annotate(
        looked_at=Subquery(looked.values("created_at")[:1]),
        revision=Subquery(revisions.values("pk")[:1]),
        revised_at=Subquery(revisions.values("submitted_at")[:1]),
        share=F("assignment__item__queue__comparison_share"),
    )
    columns = ("pk", "reviewer", "story", "assignment", "submitted_at", "looked_at", "revision", "revised_at", "share")
    rows = list(found.order_by("-id").values_list(*columns, named=True)[:newest])
    criteria = dict(version.rubric.criteria.values_list("pk", "key"))
    said = ratings_of([pk for row in rows for pk in (row.pk, row.revision) if pk], list(criteria))
    nothing = np.full(len(criteria), np.nan)
    committed = [said.get(row.pk, nothing) for row in rows]
    later = [said.get(row.revision, nothing) if row.revision else own for row, own in zip(rows, committed, strict=True)]
    return Revisable(
        reviewers=[row.reviewer for row in rows],
        committed=np.array(committed).reshape(-1, len(criteria)),
        later=np.array(later).reshape(-1, len(criteria)),
        judged=told_at(version, [(row.story, row.looked_at or row.submitted_at) for row in rows], list(criteria)),
        seen=np.array([row.looked_at is not None for row in rows], bool),
        revised=np.array(
            [bool(row.looked_at and row.revised_at and row.revised_at > row.looked_at) for row in rows], bool
        ),
        drawn=np.array([0 < row.share < 100 for row in rows], bool),
        shown=np.array([drawn_to_compare(assignment=row.assignment, share=row.share) for row in rows], bool),
    )


def ratings_of(reviews: list[int], criteria: list[int]) -> dict[int, Floats]:
    """Review id -> its ratings in the order of `criteria`, NaN where it says nothing or N/A."""
    columns = packing(criteria)
    with connection.cursor() as cursor:
        cursor.execute(RATINGS.format(packing=", ".join(columns)), [reviews])
        rows = cursor.fetchall()
    packed = unpack(np.array([row[1:] for row in rows], np.int64).reshape(-1, len(columns)), len(criteria))
    values = np.where(np.isin(packed, (NOT_RATED, NOT_APPLICABLE)), np.nan, packed.astype(np.float64))
    return {row[0]: values[place] for place, row in enumerate(rows)}


def told_at(version: JudgeVersion, when: Iterable[tuple[int, datetime]], criteria: list[int]) -> Floats:
    """What the judge of `version` had said of each story by then, shape (r, criteria): its newest version that had."""
    asked = list(when)
    scores = Score.objects.filter(
        judge_version__judge=version.judge_id,
        judge_version__rubric=version.rubric_id,
        story__in={story for story, _at in asked},
    )
    known: dict[tuple[int, int], list[tuple[datetime, float]]] = {}
    rows = scores.values_list("story_id", "criterion_id", "judge_version__number")
    means = rows.annotate(at=Max("created_at"), mean=Avg("value")).order_by("judge_version__number")
    for story, criterion, _number, at, mean in means.filter(mean__isnull=False).iterator(chunk_size=5_000):
        known.setdefault((story, criterion), []).append((at, mean))
    table = np.full((len(asked), len(criteria)), np.nan)
    for place, (story, by) in enumerate(asked):
        for column, criterion in enumerate(criteria):
            before = [value for at, value in known.get((story, criterion), ()) if at <= by]
            if before:
                table[place, column] = before[-1]
    return table
