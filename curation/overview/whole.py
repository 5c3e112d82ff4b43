"""All of it, as the home page of curators shows it and the API tells it."""

from collections.abc import Sequence
from dataclasses import dataclass

from curation.accounts.models import User
from curation.overview.next_steps import NextStep, next_steps
from curation.overview.queue_cards import QueueCard, cards_for
from curation.overview.reviewers import ReviewerShare, reviewing
from curation.overview.states import counts_by_state
from curation.overview.under_way import Work, under_way
from curation.stories.stages import State


@dataclass(frozen=True)
class Overview:
    """Where the stories stand (`by_state`), what to do next, what is under way or stopped, and how reviewing goes."""

    by_state: list[tuple[State, int]]
    cards: Sequence[QueueCard]
    steps: list[NextStep]
    work: list[Work]
    reviewers: list[ReviewerShare]


def overview_of(curator: User, cards: Sequence[QueueCard] | None = None) -> Overview:
    """Return what this curator may know of it all; `cards` are their open queues, where those were asked for already.

    Nothing in it tells of a story that they have yet to judge blind, and of releases it has those that they may open.
    """
    by_state = counts_by_state(curator)
    cards, work = cards_for(curator) if cards is None else cards, work_for(curator, by_state)
    steps = next_steps(curator, work=work, cards=cards, counts=dict(by_state))
    return Overview(by_state, cards, steps, work, reviewing(curator))


def work_for(curator: User, by_state: Sequence[tuple[State, int]]) -> list[Work]:
    """Return what is under way or stopped."""
    counts = dict(by_state)
    return under_way(curator, stored=counts.get(State.STORED, 0), stories=sum(counts.values()))
