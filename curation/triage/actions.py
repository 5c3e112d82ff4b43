"""Making queues out of a curator's wish."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from annotations.actions import add_items, add_member, create_queue
from annotations.models import Queue
from annotations.permissions import check_can_run_queues
from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.triage.queries import Wish, choose

NOTHING = "No story fits that choice. Widen it, or wait until imported stories are checked."


def make_queue(*, actor: User, wish: Wish, members: Collection[User], **fields: Any) -> tuple[Queue, int]:
    """Make a queue with its reviewers and its first stories, all or nothing; return it and the number of stories.

    `fields` are those of `annotations.actions.create_queue`. Raises `InvalidInput` when no story fits.
    """
    with transaction.atomic():
        queue = create_queue(actor=actor, **fields)
        for member in members:
            add_member(actor=actor, queue=queue, user=member)
        return queue, fill_queue(actor=actor, queue=queue, wish=wish)


def fill_queue(*, actor: User, queue: Queue, wish: Wish) -> int:
    """Put the stories that fit a wish into a queue, in its order; return how many. `InvalidInput` when none fits."""
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        chosen = choose(wish, queue.rubric, queue=queue)
        if not chosen.story_ids:
            raise InvalidInput(NOTHING)
        return add_items(actor=actor, queue=queue, stories=chosen.story_ids, priorities=chosen.priorities)
