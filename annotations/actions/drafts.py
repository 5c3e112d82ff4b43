"""Keeping what a reviewer has marked so far."""

import json
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.models import Assignment, Draft
from annotations.models.assignment import AssignmentState
from annotations.schema import storable
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput

LARGEST_DRAFT = 500_000
GOING = [AssignmentState.ACTIVE, AssignmentState.EXPIRED]


def save_draft(*, reviewer: User, assignment: Assignment, data: dict[str, Any], version: int) -> Draft:
    """Save what a reviewer has marked so far, and renew the lease; return the draft with its new version.

    `version` is that of the draft the page started from, 0 for none. A lease that ran out does not matter: the draft
    stays the reviewer's. Drafts are scratch and change every few seconds, so the audit log does not list them. Raises
    `Conflict` when the turn is over or, with its `version` as data, a newer draft exists; `InvalidInput` for data that
    is no object or too large.
    """
    if not isinstance(data, dict) or len(json.dumps(data)) > LARGEST_DRAFT:
        raise InvalidInput(_("This draft is too large to be kept. Shorten the comment or remove some passages."))
    mine = Assignment.objects.filter(pk=assignment.pk, reviewer=reviewer)
    with transaction.atomic():
        lease = timedelta(minutes=assignment.item.queue.lease_minutes)
        if not mine.filter(state=AssignmentState.ACTIVE).update(lease_until=Now() + lease):
            _check_going(mine.first())
        known = Draft.objects.filter(assignment=assignment, version=version)
        if known.update(data=storable(data), version=F("version") + 1, updated_at=Now()):
            return Draft(assignment=assignment, data=data, version=version + 1)
        if version == 0:
            try:
                with transaction.atomic():
                    return Draft.objects.create(assignment=assignment, data=storable(data), version=1)
            except IntegrityError:
                pass
        newest = Draft.objects.filter(assignment=assignment).values_list("version", flat=True).first()
        raise Conflict(
            _("A newer draft of this review was saved in another window. Reload the page to go on from there."),
            data={"version": newest},
        )


def _check_going(assignment: Assignment | None) -> None:
    if assignment is None or assignment.state in GOING:
        return
    if assignment.state == AssignmentState.SUBMITTED:
        raise Conflict(_("This review is submitted. Go on to the next story."))
    raise Conflict(_("Your turn at this story is over. Your draft is kept; go on to the next story."))
