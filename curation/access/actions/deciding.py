"""Letting somebody into a gated dataset, declining it, and revoking it."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.access.models import Grant, GrantState
from curation.access.permissions import check_can_let_in
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict
from curation.releases.actions.approving import checked_reason


def grant_access(*, actor: User, grant: Grant) -> None:
    """Let in who waits. Raises `NotAllowed` for who may not decide, and `Conflict` when it was decided meanwhile."""
    _decide(actor, grant, GrantState.WAITING, GrantState.GRANTED, "access.granted")


def decline_access(*, actor: User, grant: Grant, reason: str) -> None:
    """Refuse it, with the reason that the person is shown. Raises as `grant_access`, and `InvalidInput` without one."""
    _decide(actor, grant, GrantState.WAITING, GrantState.DECLINED, "access.declined", checked_reason(reason))


def revoke_access(*, actor: User, grant: Grant, reason: str) -> None:
    """End somebody's access from the next request on (they keep what they downloaded). Raises as `decline_access`."""
    _decide(actor, grant, GrantState.GRANTED, GrantState.REVOKED, "access.revoked", checked_reason(reason))


def _decide(actor: User, grant: Grant, before: GrantState, state: GrantState, verb: str, reason: str = "") -> None:
    check_can_let_in(actor=actor, grant=grant)
    with transaction.atomic():
        waiting = Grant.objects.filter(pk=grant.pk, state=before)
        if not waiting.update(state=state, decided_by=actor, decided_at=Now(), reason=reason):
            raise Conflict(_("This was decided meanwhile, or is no longer asked for."))
        said = {"reason": reason[:200]} if reason else {}
        record(actor=actor, verb=verb, target=grant.dataset, user=grant.person_id, **said)
