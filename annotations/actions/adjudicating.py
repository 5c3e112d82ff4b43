"""A curator adjudicates a story that the policy could not."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.deciding import DECIDED_STATES, STATE_AFTER, ask_for_rewrite
from annotations.actions.entering import enter
from annotations.actions.members import recuse_from
from annotations.models import Decision, Saw
from annotations.models.decision import FlagVerdict, Outcome
from annotations.permissions import check_can_adjudicate, check_can_read_decisions, refuse_while_blind
from annotations.queries.blindness import Involvement, involvement_of
from annotations.queries.decisions import flags_raised, just_adjudicated, load_awaiting_adjudication
from annotations.queries.second_looks import open_requests
from annotations.rules import with_verdicts
from annotations.schema import LONGEST_COMMENT
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.core.numbers import grouped
from curation.standards.models import Flag
from curation.stories.actions import advance, withdraw_rewrite
from curation.stories.models import Story
from curation.stories.stages import State

ADJUDICATED = [Outcome.ACCEPT, Outcome.REJECT, Outcome.REWRITE]
ADJUDICATED_ALREADY = gettext_lazy("This story is not waiting to be adjudicated, or somebody has just adjudicated it.")
TOO_LATE = gettext_lazy("It is too late to undo this: some minutes are over, or the story has moved on since.")


def open_to_adjudicate(*, actor: User, story_id: int) -> tuple[Involvement, Decision]:
    """Return the decision that stands on a story, to be shown with its reviews, and the curator's part in the story.

    It is noted that they see the reviews. Raises `NotAllowed` for who has yet to judge the story blind, `NotFound` for
    one that is not decided.
    """
    check_can_read_decisions(actor=actor)
    own = involvement_of(actor, story_id)
    # Before anything is looked up, so that it cannot be told from the answer whether there is a decision.
    refuse_while_blind(own=own)
    decision = load_awaiting_adjudication(story_id)
    recuse_from(user=actor, stories=[story_id], saw=Saw.REVIEWS)
    return own, decision


def adjudicate(
    *, actor: User, story: Story, outcome: str, note: str, verdicts: Mapping[str, str] = MappingProxyType({})
) -> Decision:
    """Adjudicate a story that waits for a curator: accept, reject or rewrite, with a note that says why.

    So is one that a reviewer asks to be looked at again, wherever it stands. The decision supersedes the one before,
    which stays. `verdicts` maps the keys of flags that somebody raised to "confirmed" or "dismissed"; a flag without
    one stays open. Raises `Conflict` when it is adjudicated already, `InvalidInput` for an unknown outcome, no note, a
    verdict on a flag that nobody raised, and for accepting a story with a hard flag confirmed.
    """
    check_can_adjudicate(actor=actor, story=story)
    if outcome not in ADJUDICATED:
        raise InvalidInput(_("Choose accept, reject or rewrite."))
    note = note.replace("\x00", "").strip()
    if not note:
        raise InvalidInput(_("Say why, in a sentence or two: reviewers learn from it."))
    if len(note) > LONGEST_COMMENT:
        raise InvalidInput(_("A note is text of up to %(most)s characters.") % {"most": grouped(LONGEST_COMMENT)})
    with transaction.atomic():
        # Locks the story's stage, so that whoever adjudicated it first is seen below.
        again = advance(stories=[story.pk], to=State.ADJUDICATION, only_from=DECIDED_STATES, actor=actor)
        if again and not open_requests().filter(story=story).exists():
            raise Conflict(ADJUDICATED_ALREADY)
        before = load_awaiting_adjudication(story.pk)
        flags = flags_raised(before)
        _check_verdicts(verdicts, flags, outcome)
        if again and before.outcome == Outcome.REWRITE:
            withdraw_rewrite(story=story, actor=actor)
        if not advance(stories=[story.pk], to=STATE_AFTER[Outcome(outcome)], actor=actor):
            raise Conflict(ADJUDICATED_ALREADY)
        holds = {key: verdict == FlagVerdict.CONFIRMED for key, verdict in verdicts.items()}
        decision = enter(
            story_id=story.pk,
            queue_id=before.queue_id,
            policy_id=before.policy_id,
            outcome=outcome,
            reasons=with_verdicts(before.reasons, holds, flags),
            values=before.values,
            themes=before.themes,
            review_ids=before.review_ids,
            flag_verdicts={**before.flag_verdicts, **verdicts},
            note=note,
            decided_by=actor,
            supersedes=before,
        )
        record(actor=actor, verb="story.adjudicated", target=Story(pk=story.pk), outcome=outcome, flags=dict(verdicts))
        if outcome == Outcome.REWRITE:
            ask_for_rewrite(decision, actor=actor)
    return decision


def _check_verdicts(verdicts: Mapping[str, str], flags: Sequence[Flag], outcome: str) -> None:
    raised = {flag.key: flag for flag in flags}
    for key, verdict in verdicts.items():
        if key not in raised or verdict not in FlagVerdict.values:
            raise InvalidInput(_("Confirm or dismiss the flags that a reader raised."))
        if outcome == Outcome.ACCEPT and raised[key].hard and verdict == FlagVerdict.CONFIRMED:
            raise InvalidInput(
                _("“%(flag)s” is a hard flag. Dismiss it to accept the story, or reject the story.")
                % {"flag": raised[key].name}
            )


def undo_adjudication(*, actor: User, decision: Decision) -> Decision:
    """Take back the decision that this curator has just made; the one before it holds again, and both stay on record.

    The story waits to be adjudicated again, or stands as it stood when a reviewer asked for a second look. Raises
    `NotFound` unless the decision is the actor's own, and `Conflict` once it is too late: after some minutes, or once
    they adjudicated another story, somebody adjudicated this one anew, a release took it, or its rewrite began.
    """
    if decision.decided_by_id != actor.pk or decision.undo:
        raise NotFound(_("There is no such decision of yours."))
    with transaction.atomic():
        back_from = [STATE_AFTER[Outcome(decision.outcome)]]
        if not advance(stories=[decision.story_id], to=State.ADJUDICATION, only_from=back_from, actor=actor):
            raise Conflict(TOO_LATE)
        # The stage is locked now: whoever adjudicated, finalized or began to rewrite the story first has left a trace.
        latest, before = just_adjudicated(actor), decision.supersedes
        if latest is None or latest.pk != decision.pk or before is None:
            raise Conflict(TOO_LATE)
        story = Story(pk=decision.story_id)
        if decision.outcome == Outcome.REWRITE:
            withdraw_rewrite(story=story, actor=actor)
        undone = enter(
            story_id=decision.story_id,
            queue_id=before.queue_id,
            policy_id=before.policy_id,
            outcome=before.outcome,
            reasons=before.reasons,
            values=before.values,
            themes=before.themes,
            review_ids=before.review_ids,
            flag_verdicts=before.flag_verdicts,
            note=before.note,
            decided_by_id=before.decided_by_id,
            supersedes=decision,
            undo=True,
        )
        if before.outcome != Outcome.ADJUDICATE:
            advance(stories=[decision.story_id], to=STATE_AFTER[Outcome(before.outcome)], actor=actor)
        if before.outcome == Outcome.REWRITE:
            ask_for_rewrite(undone, actor=actor)
        record(actor=actor, verb="story.adjudication_undone", target=story, outcome=decision.outcome)
    return undone
