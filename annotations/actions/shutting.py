"""Taking a story out of review for good: it is purged."""

from django.db import transaction
from django.db.models.functions import Now

from annotations.actions import seats
from annotations.models import Assignment, Finalization
from annotations.models.assignment import AssignmentState
from curation.accounts.actors import SYSTEM, Actor
from curation.stories.actions import advance
from curation.stories.models import Stage
from curation.stories.stages import State


def shut_story(*, story_id: int, actor: Actor = SYSTEM) -> None:
    """Have nobody read, review or decide this story any more, whatever queues it is in. Again changes nothing.

    The assignments of who reads it end, and reviews are not withdrawn any more. The caller has asked whether it may.
    """
    with transaction.atomic():
        # Items before stages, as a review that decides its story locks them.
        items = seats.lock_story(story_id)
        Stage.objects.select_for_update().get(story=story_id)
        advance(stories=[story_id], to=State.PURGED, actor=actor)
        seats.close(items, AssignmentState.CLOSED)
        waiting = Assignment.objects.filter(story=story_id, state=AssignmentState.EXPIRED)
        waiting.update(state=AssignmentState.CLOSED, ended_at=Now())
        Finalization.objects.bulk_create([Finalization(story_id=story_id)], ignore_conflicts=True)
