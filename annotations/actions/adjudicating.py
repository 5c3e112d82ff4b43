"""A curator settles a story that the policy could not."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.deciding import DECIDED_STATES, STATE_AFTER, ask_for_rewrite
from annotations.models import Decision, Recusal
from annotations.models.decision import Outcome
from annotations.queries.decisions import load_unsettled, who_may_settle
from annotations.queries.second_looks import open_requests
from annotations.visibility import may_settle
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, ExemplaError, InvalidInput, NotAllowed
from curation.stories.actions import advance, withdraw_rewrite
from curation.stories.models import Story
from curation.stories.stages import State

SETTLED = [Outcome.ACCEPT, Outcome.REJECT, Outcome.REWRITE]
SETTLED_ALREADY = gettext_lazy("This story is not waiting to be settled, or somebody has just settled it.")


def check_can_adjudicate(*, actor: User, story: Story) -> None:
    """Raise `NotAllowed` with the reason, and with who else may, unless this person may settle this story blind."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators and admins settle stories. Ask one of them."))
    recused = Recusal.objects.filter(user=actor, story=story).exists()
    if may_settle(curator=actor.is_curator, recused=recused):
        return
    others = ", ".join(person.shown_name for person in who_may_settle(story))
    if others:
        who = _("These people may: %(names)s.") % {"names": others}
    else:
        who = _("Nobody else may either: another curator is needed.")
    raise NotAllowed(
        _("You have seen a model's score of this story, so you can no longer settle it blind. %(who)s") % {"who": who}
    )


def can_adjudicate(*, actor: User, story: Story) -> bool:
    """Whether this person may settle this story blind."""
    try:
        check_can_adjudicate(actor=actor, story=story)
    except ExemplaError:
        return False
    return True


def adjudicate(*, actor: User, story: Story, outcome: str, note: str) -> Decision:
    """Settle a story that waits for a curator: accept, reject or rewrite, with a note that says why.

    So is one that a reviewer asks to be looked at again, wherever it stands. The decision supersedes the one before,
    which stays. Raises `Conflict` when it is settled already.
    """
    check_can_adjudicate(actor=actor, story=story)
    if outcome not in SETTLED:
        raise InvalidInput(_("Choose accept, reject or rewrite."))
    note = note.replace("\x00", "").strip()
    if not note:
        raise InvalidInput(_("Say why, in a sentence or two: reviewers learn from it."))
    with transaction.atomic():
        # Locks the story's stage, so that whoever settled it first is seen below.
        again = advance(stories=[story.pk], to=State.ADJUDICATION, only_from=DECIDED_STATES, actor=actor)
        if again and not open_requests().filter(story=story).exists():
            raise Conflict(SETTLED_ALREADY)
        before = load_unsettled(story.pk)
        if again and before.outcome == Outcome.REWRITE:
            withdraw_rewrite(story=story, actor=actor)
        if not advance(stories=[story.pk], to=STATE_AFTER[Outcome(outcome)], actor=actor):
            raise Conflict(SETTLED_ALREADY)
        decision = Decision.objects.create(
            story_id=story.pk,
            queue_id=before.queue_id,
            policy_id=before.policy_id,
            outcome=outcome,
            reasons=before.reasons,
            values=before.values,
            themes=before.themes,
            review_ids=before.review_ids,
            note=note,
            decided_by=actor,
            supersedes=before,
        )
        record(actor=actor, verb="story.settled", target=Story(pk=story.pk), outcome=outcome)
        if outcome == Outcome.REWRITE:
            ask_for_rewrite(decision, actor=actor)
    return decision
