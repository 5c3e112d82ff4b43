"""What waits for a second person, and what came of it."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.releases.models import Approval, Dataset, Release
from curation.releases.models.approval import ApprovalKind, ApprovalState


def approval_of(release: Release) -> Approval | None:
    """Return the request that this release be approved, with who asked and who decided; None where there was none."""
    return release.approvals.select_related("asked_by", "decided_by", "dataset").order_by("-id").first()


def publication_of(dataset: Dataset) -> Approval | None:
    """Return the newest request that this dataset be public, unless it was taken back; None where there is none."""
    found = dataset.approvals.filter(what=ApprovalKind.PUBLICATION).exclude(state=ApprovalState.TAKEN_BACK)
    return found.select_related("asked_by", "decided_by", "dataset").order_by("-id").first()


def waiting_for(user: User) -> QuerySet[Approval]:
    """Return what this person may approve, oldest first: as a curator, within their limits, asked for by another."""
    if not user.is_curator:
        return Approval.objects.none()
    theirs = Approval.objects.filter(state=ApprovalState.WAITING, dataset__in=Dataset.objects.within_limits_of(user))
    return theirs.exclude(asked_by=user).select_related("dataset", "release").order_by("id")


def load_approval(dataset: Dataset, pk: int) -> Approval:
    """Return a request about this dataset, or raise `NotFound`."""
    found = dataset.approvals.filter(pk=pk).select_related("dataset", "release").first()
    if found is None:
        raise NotFound(_("Nothing of that number waits for approval."))
    return found
