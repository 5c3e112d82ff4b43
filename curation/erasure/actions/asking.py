"""Asking for a purge, and the second person's answer where a setting asks for one."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.core.jobs import nudge
from curation.erasure.models import Purge
from curation.erasure.models.purge import PurgeKind, PurgeState
from curation.erasure.permissions import check_can_decide_purge, check_can_purge, needs_second_person
from curation.stories.models import Story

TASK = "erasure.purge"
LONGEST_REASON = 2_000


def ask_purge(*, actor: Actor, story: Story, kind: str, reason: str) -> Purge:
    """Have a story destroyed, for good: its words, wherever they are kept, and every file of a release that has them.

    A worker does it, or first a second admin approves it, where the setting says so. Raises `NotAllowed` for anybody
    but an admin, `InvalidInput` without a kind of reason and the reason in words, which must not quote the story, and
    `Conflict` when it is asked for already, or done.
    """
    check_can_purge(actor=actor)
    if kind not in PurgeKind.values:
        raise InvalidInput(_("Choose why: the law asks for it, or it does harm."))
    reason = checked_reason(reason)
    waits = needs_second_person(actor=actor)
    try:
        with transaction.atomic():
            made = Purge.objects.create(
                story=story,
                kind=kind,
                reason=reason,
                state=PurgeState.AWAITING if waits else PurgeState.PENDING,
                second_person=waits,
                asked_by_id=actor.pk,
            )
            record(actor=actor, verb="purge.asked_for", target=story, purge=made.pk, kind=kind, waits=waits)
            nudge(TASK)
    except IntegrityError as error:
        raise Conflict(_("The purge of this story is asked for already.")) from error
    return made


def approve_purge(*, actor: Actor, purge: Purge) -> None:
    """Let a purge begin that somebody else asked for.

    Raises `NotAllowed` for who asked for it and for anybody but an admin, and `Conflict` once it is decided.
    """
    check_can_decide_purge(actor=actor, purge=purge)
    with transaction.atomic():
        _decide(purge, PurgeState.PENDING, actor)
        record(actor=actor, verb="purge.approved", target=purge.story, purge=purge.pk, asked_by=purge.asked_by_id)
        nudge(TASK)


def decline_purge(*, actor: Actor, purge: Purge, reason: str) -> None:
    """Refuse a purge that somebody else asked for, with the reason. Raises as `approve_purge`, and `InvalidInput`."""
    check_can_decide_purge(actor=actor, purge=purge)
    reason = checked_reason(reason)
    with transaction.atomic():
        _decide(purge, PurgeState.DECLINED, actor, reason)
        record(actor=actor, verb="purge.declined", target=purge.story, purge=purge.pk)


def take_purge_back(*, actor: Actor, purge: Purge) -> None:
    """Ask for it no longer. Any admin may, while it awaits approval."""
    check_can_purge(actor=actor)
    with transaction.atomic():
        _decide(purge, PurgeState.TAKEN_BACK, actor)
        record(actor=actor, verb="purge.taken_back", target=purge.story, purge=purge.pk)


def retry_purge(*, actor: Actor, purge: Purge) -> None:
    """Let a failed purge go on from where it was. `Conflict` for one that has not failed."""
    check_can_purge(actor=actor)
    with transaction.atomic():
        failed = Purge.objects.filter(pk=purge.pk, state=PurgeState.FAILED)
        if not failed.update(state=PurgeState.PENDING, error="", attempts=0, next_at=Now()):
            raise Conflict(_("This purge has not failed."))
        record(actor=actor, verb="purge.retried", target=purge.story, purge=purge.pk)
        nudge(TASK)


def checked_reason(reason: str) -> str:
    """Return the reason without space around it; `InvalidInput` for none and for a long one."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Say why, in a sentence or two."))
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(_("A reason has up to %(most)d characters.") % {"most": LONGEST_REASON})
    return reason


def _decide(purge: Purge, state: PurgeState, actor: Actor, because: str = "") -> None:
    waiting = Purge.objects.filter(pk=purge.pk, state=PurgeState.AWAITING)
    if not waiting.update(state=state, decided_by_id=actor.pk, decided_at=Now(), decided_because=because):
        raise Conflict(_("This has been decided meanwhile, or was taken back."))
