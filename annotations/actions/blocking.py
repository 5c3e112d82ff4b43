"""What a check finds after a story was let through: the story leaves review, and what people have done is kept."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from annotations import rules
from annotations.actions import deciding, seats
from annotations.actions.entering import enter
from annotations.models import Item
from annotations.models.decision import Outcome
from annotations.models.queue import ItemKind, QueueState
from annotations.queries.decisions import newest_decision
from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.models import User
from curation.core.errors import InvalidInput
from curation.stories.actions import advance
from curation.stories.actions import unblock as lift_block
from curation.stories.models import Check, Stage, Story
from curation.stories.models.check import CheckVerdict
from curation.stories.stages import TRANSITIONS, State

LONGEST_REASON = 300
OPEN_STATES = [state for state, following in TRANSITIONS.items() if State.BLOCKED in following]


@dataclass(frozen=True)
class Hit:
    """What a check found in a story: its kind, the reason in words, and the passage at `start` to `end`, if it is one.

    `index_version` says what it was held against; the same kind and version again is the same check.
    """

    kind: str
    reason: str
    index_version: str
    start: int | None = None
    end: int | None = None


def block_later(*, story: Story, hit: Hit, actor: Actor = SYSTEM) -> State:
    """Keep what a check has found, and take the story out of review; return where it stands then.

    An undecided story is blocked until a curator lets it go on. One that is accepted is put before a curator, whoever
    accepted it. One that was rejected, or sent to be rewritten, stays where it is. Nobody is offered the story any
    more; whoever is reading it keeps their draft, and can go on once it is let through. Doing it again changes nothing.
    Raises `InvalidInput` for a hit without a reason, or whose passage is not in the text.
    """
    reason = hit.reason.replace("\x00", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(_("Say what was found in up to %(most)s characters.") % {"most": LONGEST_REASON})
    passage = None if hit.start is None or hit.end is None else story.text[hit.start : hit.end]
    if passage is not None and (not passage or not 0 <= (hit.start or 0) < (hit.end or 0) <= len(story.text)):
        raise InvalidInput(_("That passage is not in the story."))
    with transaction.atomic():
        # Items before stages, as a review that decides its story locks them.
        items = seats.lock_story(story.pk)
        state = State(Stage.objects.select_for_update().get(story=story).state)
        check = Check(
            story=story,
            kind=hit.kind,
            verdict=CheckVerdict.BLOCK,
            reason=reason,
            start=hit.start,
            end=hit.end,
            quote=passage or "",
            index_version=hit.index_version,
        )
        if Check.objects.filter(story=story, kind=hit.kind, index_version=hit.index_version).exists():
            return state
        check.save()
        if state in OPEN_STATES:
            advance(stories=[story.pk], to=State.BLOCKED, actor=actor)
        elif state == State.ACCEPTED:
            _ask_curator(story, reason, actor)
        seats.close(items)
    return State(Stage.objects.get(story=story).state)


def _ask_curator(story: Story, reason: str, actor: Actor) -> None:
    """Put an accepted story before a curator, on the same reviews and values."""
    advance(stories=[story.pk], to=State.ADJUDICATION, only_from=[State.ACCEPTED], actor=actor)
    before = newest_decision(story.pk)
    if before is None:
        return
    enter(
        story=story,
        queue_id=before.queue_id,
        policy_id=before.policy_id,
        outcome=Outcome.ADJUDICATE,
        reasons=[rules.found_reason(reason), *before.reasons],
        values=before.values,
        themes=before.themes,
        review_ids=before.review_ids,
        flag_verdicts=before.flag_verdicts,
        supersedes=before,
    )


def unblock(*, actor: User, story: Story) -> None:
    """Let a blocked story go on from where it was: a curator read what was found, and found it harmless.

    One that waited for a curator waits again; one that was in review gets its free seats back, and whoever was reading
    it can go on. Raises `NotAllowed` or `Conflict` with the reason why not.
    """
    with transaction.atomic():
        items = [item for item in seats.lock_story(story.pk) if item.kind == ItemKind.NORMAL]
        lift_block(actor=actor, story=story)
        if newest_decision(story.pk) is not None:
            advance(stories=[story.pk], to=State.ADJUDICATION, actor=actor)
        elif items:
            _offer_again(items)
            advance(stories=[story.pk], to=State.QUEUED, actor=actor)
            deciding.decide(story_id=story.pk)


def _offer_again(items: list[Item]) -> None:
    """Give locked items of queues that are not closed all their seats back."""
    offered = Item.objects.filter(pk__in=[item.pk for item in items]).exclude(queue__state=QueueState.CLOSED)
    for item in offered.select_related("queue"):
        Item.objects.filter(pk=item.pk).update(seats=item.queue.overlap, seats_left=item.queue.overlap)
    seats.recount(items)
    seats.pull_back(items)
