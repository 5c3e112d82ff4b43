"""What waits for a second person: approved, declined, or taken back by whoever asked."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.releases.actions.announcing import announce_built
from curation.releases.models import Approval, Dataset, Release
from curation.releases.models.approval import ApprovalKind, ApprovalState
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.permissions import check_can_decide, check_can_release
from curation.releases.queries.publishable import refuse_unless_publishable

LONGEST_REASON = 2_000


def approve(*, actor: Actor, approval: Approval) -> None:
    """Let happen what was asked for.

    Raises `NotAllowed` for who asked for it and for anybody who may not release the dataset, and `Conflict` when it
    has been decided meanwhile, or can no longer be.
    """
    check_can_decide(actor=actor, approval=approval)
    with transaction.atomic():
        # Before the request, as whoever asks locks them too.
        dataset = Dataset.objects.select_for_update(no_key=True).get(pk=approval.dataset_id)
        locked = _waiting(approval)
        if locked.what == ApprovalKind.PUBLICATION:
            refuse_unless_publishable(dataset)
        _decide(locked, actor, ApprovalState.APPROVED)
        if locked.release is None:
            dataset.visibility = Visibility.PUBLIC
            dataset.save(update_fields=["visibility"])
            asked_by = locked.asked_by_id
            record(actor=actor, verb="dataset.made_public", target=dataset, asked_by=asked_by)
        else:
            Release.objects.filter(pk=locked.release.pk).update(state=ReleaseState.BUILT, built_at=Now())
            record(actor=actor, verb="release.approved", target=locked.release, asked_by=locked.asked_by_id)
            announce_built(locked.release, locked.release.manifest_sha256)


def decline(*, actor: Actor, approval: Approval, reason: str) -> None:
    """Refuse what was asked for, with the reason that whoever asked is shown. A release is abandoned then.

    Raises as `approve`, and `InvalidInput` without a reason.
    """
    check_can_decide(actor=actor, approval=approval)
    reason = checked_reason(reason)
    with transaction.atomic():
        locked = _waiting(approval)
        _decide(locked, actor, ApprovalState.DECLINED, reason)
        record(actor=actor, verb="approval.declined", target=locked.release or locked.dataset, reason=reason[:200])
        _abandon(locked.release, reason)


def take_back(*, actor: Actor, approval: Approval, reason: str) -> None:
    """Ask for it no longer. Anybody who may release the dataset may; a release is abandoned then."""
    check_can_release(actor=actor, dataset=approval.dataset)
    reason = checked_reason(reason)
    with transaction.atomic():
        locked = _waiting(approval)
        _decide(locked, actor, ApprovalState.TAKEN_BACK, reason)
        record(actor=actor, verb="approval.taken_back", target=locked.release or locked.dataset, reason=reason[:200])
        _abandon(locked.release, reason)


def checked_reason(reason: str) -> str:
    """Return the reason without space around it; `InvalidInput` for none and for a long one."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Say why, in a sentence or two."))
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(_("A reason has up to %(most)d characters.") % {"most": LONGEST_REASON})
    return reason


def _waiting(approval: Approval) -> Approval:
    found = Approval.objects.filter(pk=approval.pk, state=ApprovalState.WAITING)
    locked = found.select_for_update(of=("self",)).select_related("dataset", "release__dataset").first()
    if locked is None:
        raise Conflict(_("This has been decided meanwhile, or was taken back."))
    return locked


def _decide(approval: Approval, actor: Actor, state: ApprovalState, reason: str = "") -> None:
    Approval.objects.filter(pk=approval.pk).update(state=state, decided_by_id=actor.pk, decided_at=Now(), reason=reason)


def _abandon(release: Release | None, reason: str) -> None:
    if release is not None:
        Release.objects.filter(pk=release.pk).update(state=ReleaseState.ABANDONED, error=reason)
