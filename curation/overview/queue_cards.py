"""Somebody's open queues, with how far each is."""

from dataclasses import dataclass

from annotations.models import Queue
from annotations.queries import queues_for
from annotations.queries.people import Mine, memberships_of, mine_in
from annotations.queries.progress import QueueProgress, progress_of
from curation.accounts.models import User


@dataclass(frozen=True)
class QueueCard:
    """One queue with how far it is and what this person did in it."""

    queue: Queue
    progress: QueueProgress
    mine: Mine
    member: bool


def cards_for(user: User) -> list[QueueCard]:
    """Return this person's open queues, those they review in first."""
    queues = list(queues_for(user).filter(state="open"))
    far, mine, inside = progress_of(queues, user), mine_in(user, queues), memberships_of(user)
    cards = [QueueCard(queue, far[queue.pk], mine[queue.pk], queue.pk in inside) for queue in queues]
    return sorted(cards, key=lambda card: (not card.member, card.progress.stories_left == 0, card.queue.name))
