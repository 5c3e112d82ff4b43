"""Making queues out of a curator's wish."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from annotations.actions import add_items, add_member, create_queue, recuse_from
from annotations.models import Queue, Saw
from annotations.permissions import check_can_run_queues
from annotations.queries.blindness import reads
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput
from curation.stories.models import Story
from curation.triage.queries import Wish, choose, matching

NOTHING = gettext_lazy("No story fits that choice. Widen it, or wait until imported stories are checked.")
READING = gettext_lazy(
    "You are reading one of these stories yourself, so you cannot have them put in an order by scores. "
    "Submit or pass on your review first, or choose another order."
)


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
    """Put the stories that fit a wish into a queue, in its order; return how many. `InvalidInput` when none fits.

    An order by scores tells its maker how all stories that it was made over stand to each other, so they are recused
    from them. Raises `Conflict` while they are reading one of them.
    """
    check_can_run_queues(actor=actor)
    with transaction.atomic():
        if wish.by_score:
            recuse_from_order(actor, matching(wish, queue=queue))
        chosen = choose(wish, queue.rubric, queue=queue)
        if not chosen.story_ids:
            raise InvalidInput(NOTHING)
        # By their numbers where the priorities order them: those of the items are no secret.
        stories = sorted(chosen.story_ids) if wish.by_score else chosen.story_ids
        return add_items(actor=actor, queue=queue, stories=stories, priorities=chosen.priorities)


def recuse_from_order(actor: User, stories: QuerySet[Story]) -> None:
    """Keep whoever has these stories put in an order by scores from reviewing them blind; they may settle them."""
    if stories.filter(reads(actor, "pk")).exists():
        raise Conflict(READING)
    recuse_from(user=actor, stories=stories.values_list("pk", flat=True), saw=Saw.ORDER)
