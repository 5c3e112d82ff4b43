"""Putting stories into a queue, and into another order there."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations.actions.seats import pull_back
from annotations.models import Item, Queue
from annotations.models.queue import ItemKind, QueueState
from annotations.permissions import check_can_run_queues
from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.standards.actions import freeze
from curation.stories.actions import advance
from curation.stories.models import Story
from curation.stories.stages import State

SLICE = 2000
# In the order that was asked for, which is the order of their ids and so of their turn.
ADD = """
INSERT INTO annotations_item (queue_id, story_id, kind, priority, seats, seats_left)
SELECT %(queue)s, stage.story_id, %(kind)s, (wanted.part ->> 1)::smallint, %(seats)s, %(seats)s
FROM jsonb_array_elements(%(stories)s::jsonb) WITH ORDINALITY AS wanted (part, place)
JOIN stories_stage stage ON stage.story_id = (wanted.part ->> 0)::bigint AND stage.state = ANY(%(states)s)
ORDER BY wanted.place
ON CONFLICT DO NOTHING
RETURNING id, story_id, priority
"""
ORDER = """
UPDATE annotations_item item SET priority = wanted.priority
FROM unnest(%(stories)s::bigint[], %(priorities)s::smallint[]) AS wanted (story_id, priority)
WHERE item.queue_id = %(queue)s AND item.kind = %(kind)s AND item.story_id = wanted.story_id
"""
TO_REVIEW = [State.CHECKED, State.SCORED, State.QUEUED]
NEVER = [State.STORED, State.BLOCKED, State.PURGED]


def add_items(
    *,
    actor: Actor,
    queue: Queue,
    stories: Iterable[Story | int],
    kind: str = ItemKind.NORMAL,
    priorities: Mapping[int, int] | None = None,
    recorded: bool = True,
) -> int:
    """Put stories (rows or ids) into a queue and return how many are new in it. Memory stays flat in their number.

    Stories that cannot be reviewed (unchecked, blocked, or for a normal item already decided) are passed over, and so
    are those in the queue already, and for an audit item those in any audit. `priorities` maps a story's id to -32,768
    to 32,767, larger first, 0 by default. From the first story on, rubric and policy are frozen. Without `recorded` the
    caller puts it on record. Raises `Conflict` for a closed queue.
    """
    check_can_run_queues(actor=actor)
    if kind not in ItemKind.values or kind in {ItemKind.REPEAT, ItemKind.IMPORTED}:
        raise InvalidInput(_("A story goes into a queue as a normal, gold or audit item."))
    with transaction.atomic():
        # One at a time per queue; claims go on meanwhile.
        locked = Queue.objects.select_for_update(no_key=True, of=("self",)).select_related("rubric", "policy")
        queue = locked.get(pk=queue.pk)
        if queue.state == QueueState.CLOSED:
            raise Conflict(_("This queue is closed. Reopen it before adding stories."))
        freeze(standard=queue.rubric)
        freeze(standard=queue.policy)
        added = sum(_add(queue, ids, kind, priorities or {}, actor) for ids in _slices(stories))
        if recorded:
            record(actor=actor, verb="queue.items_added", target=queue, count=added, kind=kind)
    return added


def set_priorities(*, queue: Queue, priorities: Mapping[int, int]) -> int:
    """Give normal items of a queue another priority, by their stories' ids; returns how many there are.

    The caller has asked whether it may, and puts it on record. Who is reading one of the stories goes on reading it.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"queue": queue.pk, "kind": ItemKind.NORMAL.value}
        cursor.execute(ORDER, {**values, "stories": list(priorities), "priorities": list(priorities.values())})
        return int(cursor.rowcount)


def _add(queue: Queue, ids: list[int], kind: str, priorities: Mapping[int, int], actor: Actor) -> int:
    reviewable = TO_REVIEW if kind == ItemKind.NORMAL else [state for state in State if state not in NEVER]
    values: dict[str, Any] = {
        "queue": queue.pk,
        "kind": kind,
        "seats": queue.overlap,
        "states": [state.value for state in reviewable],
        "stories": json.dumps([[pk, priorities.get(pk, 0)] for pk in dict.fromkeys(ids)]),
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
        rows = cursor.fetchall()
    if kind == ItemKind.NORMAL:
        # Not one that was decided since it was looked at: that would open it again.
        new = [story for _item, story, _priority in rows]
        advance(stories=new, to=State.QUEUED, only_from=[State.CHECKED, State.SCORED], actor=actor)
    pull_back([Item(pk=pk, queue=queue, priority=priority) for pk, _story, priority in rows])
    return len(rows)


def _slices(stories: Iterable[Story | int]) -> Iterator[list[int]]:
    if isinstance(stories, QuerySet):
        stories = stories.values_list("pk", flat=True).iterator(chunk_size=SLICE)
    ids = (story if isinstance(story, int) else story.pk for story in stories)
    while part := list(islice(ids, SLICE)):
        yield part
