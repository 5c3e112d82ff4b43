"""Writing one review, with everything in it, in one statement."""

import json
from typing import Any
from uuid import UUID

from annotations.models import Assignment, Review
from annotations.models.review import Origin, ReviewKind
from annotations.schema import SpanMark, Submission, raised_safety
from curation.audit.actions import entry, recording
from curation.core.prepared import prepared_cursor
from curation.core.spans import make_span
from curation.standards.behaviour import backfires
from curation.standards.spec import RubricSpec
from curation.webhooks.emitting import telling, told, wake_worker

# The item is locked first, so that of two reviewers who finish a story together the second sees the first's review.
# Compare-and-set on the assignment decides whether anything is written at all.
WRITE = telling(
    recording(
        """
WITH item AS MATERIALIZED (
  SELECT id FROM annotations_item WHERE id = %(item)s FOR NO KEY UPDATE
), ended AS (
  UPDATE annotations_assignment SET state = %(after)s, ended_at = clock_timestamp()
  WHERE id = %(assignment)s AND reviewer_id = %(actor)s AND state = ANY(%(before)s::text[])
    AND EXISTS (SELECT FROM item)
  RETURNING id, story_id, reviewer_id, rubric_id
), review AS (
  INSERT INTO annotations_review (assignment_id, story_id, reviewer_id, rubric_id, kind, out_of_scope, themes, comment,
    active_seconds, origin, blind, idempotency_key, submitted_at, reason, asks_curator, attempt)
  SELECT id, story_id, reviewer_id, rubric_id, %(kind)s, %(out_of_scope)s, %(themes)s, %(comment)s,
    %(active_seconds)s, %(origin)s, %(blind)s, %(key)s, clock_timestamp(), '', %(asks_curator)s, 1 + (
      SELECT count(*) FROM annotations_review r WHERE r.assignment_id = ended.id AND r.kind = 'commit') FROM ended
  RETURNING id, submitted_at
), rating AS (
  INSERT INTO annotations_rating (review_id, criterion_id, value)
  SELECT review.id, part.criterion, part.value
  FROM review, jsonb_to_recordset(%(ratings)s::jsonb) AS part(criterion bigint, value smallint)
), flag AS (
  INSERT INTO annotations_reviewflag (review_id, flag_id)
  SELECT review.id, part FROM review, unnest(%(flags)s::bigint[]) AS part
), span AS (
  INSERT INTO annotations_span (review_id, criterion_id, flag_id, start, "end", quote, prefix, suffix,
    conduct, intent, portrayal, backfire)
  SELECT review.id, part.* FROM review, jsonb_to_recordset(%(spans)s::jsonb) AS part(criterion bigint, flag bigint,
    start integer, "end" integer, quote text, prefix text, suffix text, conduct text, intent text, portrayal text,
    backfire boolean)
), entry AS (ENTRY), TELL
SELECT id, submitted_at, (SELECT count(*) FROM delivery) FROM review
""",
        "SELECT review.id, jsonb_build_object('story', ended.story_id) FROM review, ended",
    ),
    "SELECT review.id, jsonb_build_object('story', ended.story_id, 'queue', queue.slug) FROM review, ended, "
    "annotations_item place JOIN annotations_queue queue ON queue.id = place.queue_id WHERE place.id = %(item)s",
)


VERBS = {ReviewKind.COMMIT: "review.submitted", ReviewKind.EXTRA: "review.kept_as_extra"}
# The states an assignment may be in, and the one it ends in. An extra review leaves no seat behind.
STATES_BY_KIND = {ReviewKind.COMMIT: (["active"], "submitted"), ReviewKind.EXTRA: (["expired", "closed"], "closed")}


def write(
    assignment: Assignment,
    submission: Submission,
    spec: RubricSpec,
    key: UUID,
    kind: ReviewKind = ReviewKind.COMMIT,
    *,
    origin: Origin = Origin.HERE,
    blind: bool = True,
) -> Review | None:
    """Store the review if the assignment is active, end it and record both; else None.

    An extra one is of an assignment that is over. Its caller looks that nothing but a review that was taken back is of
    it already.

    Holds the item's lock until the transaction ends. Raises `IntegrityError` for a key that another review has.
    """
    before, after = STATES_BY_KIND[kind]
    criteria = {criterion.key: criterion.id for criterion in spec.criteria}
    flags = {flag.key: flag.id for flag in spec.flags}
    ratings = [{"criterion": criteria[k], "value": value} for k, value in (submission.ratings or {}).items()]
    spans = [span_row(assignment.story.text, span, criteria, flags) for span in submission.spans]
    values: dict[str, Any] = {
        "item": assignment.item_id,
        "assignment": assignment.pk,
        "out_of_scope": submission.out_of_scope,
        "themes": list(submission.themes),
        "comment": submission.comment,
        "active_seconds": submission.active_seconds,
        "origin": origin.value,
        "blind": blind,
        "key": key,
        "kind": kind,
        "before": before,
        "after": after,
        "ratings": json.dumps(ratings),
        "flags": [flags[flag] for flag in submission.flags],
        "spans": json.dumps(spans),
        "asks_curator": bool(raised_safety(submission, spec)),
        **entry(actor_id=assignment.reviewer_id, verb=VERBS[kind], model=Review),
        **told(event="review.submitted", thing="review"),
    }
    with prepared_cursor() as cursor:
        cursor.execute(WRITE, values)
        row = cursor.fetchone()
    if row is None:
        return None
    wake_worker(row[2])
    review = Review(
        pk=row[0],
        submitted_at=row[1],
        assignment=assignment,
        story=assignment.story,
        reviewer_id=assignment.reviewer_id,
        rubric=assignment.rubric,
        kind=kind,
        out_of_scope=submission.out_of_scope,
        themes=list(submission.themes),
        comment=submission.comment,
        active_seconds=submission.active_seconds,
        origin=origin,
        blind=blind,
        idempotency_key=key,
        asks_curator=values["asks_curator"],
    )
    review._state.adding = False
    # Nobody has taken back what is new, and so nobody needs to ask.
    review._state.fields_cache["withdrawal"] = None
    return review


def span_row(text: str, span: SpanMark, criteria: dict[str, int], flags: dict[str, int]) -> dict[str, Any]:
    """Return the columns of one passage; `criterion` and `flag` are the ids that the two maps give."""
    passage = make_span(text, span.start, span.end)
    return {
        "criterion": criteria[span.criterion] if span.criterion else None,
        "flag": flags[span.flag] if span.flag else None,
        "start": passage.start,
        "end": passage.end,
        "quote": passage.quote,
        "prefix": passage.prefix,
        "suffix": passage.suffix,
        "conduct": span.conduct,
        "intent": span.intent,
        "portrayal": span.portrayal,
        "backfire": backfires(span),
    }
