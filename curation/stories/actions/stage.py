"""Moving stories along their one way."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.audit.actions import entry, recording
from curation.core import jobs
from curation.core.errors import Conflict
from curation.core.prepared import prepared_cursor
from curation.stories.models import Story
from curation.stories.permissions import check_can_unblock
from curation.stories.stages import TRANSITIONS, State

# The worker's own steps leave rows that say the same: checks and scores.
UNRECORDED = frozenset({State.CHECKED, State.SCORED})
# The rows are locked in order, so that two moves of the same stories wait for each other instead of deadlocking.
MOVE = """
WITH before AS (
  SELECT story_id, state FROM stories_stage
  WHERE story_id = ANY(%(stories)s) AND state = ANY(%(allowed)s) ORDER BY story_id FOR UPDATE
), moved AS (
  UPDATE stories_stage AS stage SET state = %(to)s, changed_at = now()
  FROM before WHERE stage.story_id = before.story_id RETURNING stage.story_id, before.state
)"""
COUNT = "SELECT count(*) FROM moved"
# The parameter's type is not to be guessed where it only becomes JSON.
CHANGED = "SELECT story_id, jsonb_build_object('from', state, 'to', %(to)s::text) FROM moved"
MOVE_AND_RECORD = recording(f"{MOVE}, entry AS (ENTRY) {COUNT}", CHANGED)


def advance(
    *, stories: Collection[int], to: State, only_from: Collection[State] | None = None, actor: Actor = SYSTEM
) -> int:
    """Move those of `stories` (ids) whose present state allows it to `to`, and return how many moved.

    The allowed moves are `stages.TRANSITIONS`; `only_from` allows no more than those it names. A story that stands
    elsewhere stays where it is, so two callers who race move it once. One statement, whatever the number of stories.
    """
    if not stories:
        return 0
    named = State if only_from is None else only_from
    allowed = [state.value for state in named if to in TRANSITIONS[state]]
    recorded = actor is not SYSTEM or to not in UNRECORDED
    values: dict[str, Any] = {"stories": list(stories), "allowed": allowed, "to": to.value}
    values |= entry(actor_id=actor.pk, verb="story.moved", model=Story) if recorded else {}
    with prepared_cursor() as cursor:
        cursor.execute(MOVE_AND_RECORD if recorded else f"{MOVE} {COUNT}", values)
        return int(cursor.fetchone()[0])


def unblock(*, actor: Actor, story: Story) -> None:
    """Let a blocked story go on: a curator read what the checks found and found it harmless."""
    check_can_unblock(actor=actor, story=story)
    with transaction.atomic():
        if not advance(stories=[story.pk], to=State.CHECKED, actor=actor):
            raise Conflict(_("This story is not blocked any more."))
        jobs.nudge("scoring.run")
