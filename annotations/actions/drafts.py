"""Keeping what a reviewer has marked so far."""

import json
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Assignment, Draft
from annotations.models.assignment import AssignmentState
from annotations.queries.assignments import NOT_ASSIGNED
from annotations.schema import storable
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.core.prepared import is_key, prepared_cursor

LARGEST_DRAFT = 500_000
# Saved is what starts from the version that is kept, or from none; the lease is renewed with it. `renewed` waits for
# whoever ends the assignment this moment and looks again, which `theirs` does not.
SAVE = """
WITH theirs AS (
  SELECT a.id, a.state, q.lease_minutes FROM annotations_assignment a
  JOIN annotations_item i ON i.id = a.item_id JOIN annotations_queue q ON q.id = i.queue_id
  WHERE a.id = %(assignment)s AND a.reviewer_id = %(reviewer)s
), renewed AS (
  UPDATE annotations_assignment a SET lease_until = clock_timestamp() + make_interval(mins => theirs.lease_minutes)
  FROM theirs WHERE a.id = theirs.id AND a.state = 'active' RETURNING a.id
), going AS (
  SELECT id FROM renewed UNION SELECT id FROM theirs WHERE state = 'expired'
), saved AS (
  UPDATE annotations_draft d SET data = %(data)s::jsonb, version = d.version + 1, updated_at = clock_timestamp()
  FROM going WHERE d.assignment_id = going.id AND d.version = %(version)s RETURNING d.version
), begun AS (
  INSERT INTO annotations_draft AS d (assignment_id, data, version, updated_at)
  SELECT id, %(data)s::jsonb, 1, clock_timestamp() FROM going WHERE %(version)s = 0
  ON CONFLICT (assignment_id) DO NOTHING RETURNING d.version
)
SELECT coalesce((SELECT version FROM saved), (SELECT version FROM begun)) FROM theirs
"""


def save_draft(*, reviewer: User, assignment: Assignment, data: dict[str, Any], version: int) -> Draft:
    """Save what a reviewer has marked so far, and renew the lease; return the draft with its new version.

    `version` is that of the draft the page started from, 0 for none. A lease that ran out does not matter: the draft
    stays the reviewer's. Drafts are scratch and change every few seconds, so the audit log does not list them, and all
    of it is one statement, which needs no more of the assignment than its key. Raises `NotFound` for one that is not
    theirs, `Conflict` when it is over or, with its `version` as data, a newer draft exists; `InvalidInput` for
    data that is no object or too large.
    """
    if not isinstance(data, dict) or len(json.dumps(data)) > LARGEST_DRAFT:
        raise InvalidInput(_("This draft is too large to be kept. Shorten the comment or remove some passages."))
    kept = json.dumps(storable(data))
    # No draft has a version that a column of versions cannot hold.
    known = version if 0 <= version < 2**31 else -1
    row = None
    if is_key(assignment.pk):
        sent: dict[str, Any] = {"assignment": assignment.pk, "reviewer": reviewer.pk, "version": known, "data": kept}
        with prepared_cursor() as cursor:
            cursor.execute(SAVE, sent)
            row = cursor.fetchone()
    if row is None:
        raise NotFound(NOT_ASSIGNED)
    if row[0] is not None:
        return Draft(assignment=assignment, data=data, version=row[0])
    _check_going(Assignment.objects.get(pk=assignment.pk))
    newest = Draft.objects.filter(assignment=assignment).values_list("version", flat=True).first()
    raise Conflict(
        _("A newer draft of this review was saved in another window. Reload the page to go on from there."),
        data={"version": newest},
    )


def _check_going(assignment: Assignment) -> None:
    if assignment.state in {AssignmentState.ACTIVE, AssignmentState.EXPIRED}:
        return
    if assignment.state == AssignmentState.SUBMITTED:
        raise Conflict(_("This review is submitted. Go on to the next story."))
    raise Conflict(_("Your turn at this story is over. Your draft is kept; go on to the next story."))
