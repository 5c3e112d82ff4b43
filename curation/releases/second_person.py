"""The rule of two people: what one asked for waits until another has approved it, where a setting says so."""

from django.conf import settings
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.core.errors import InvalidInput
from curation.releases.models import Dataset
from curation.releases.models.approval import ApprovalKind
from curation.releases.models.dataset import Visibility

SETTINGS = {
    ApprovalKind.RELEASE: "SECOND_PERSON_FOR_PUBLIC_RELEASES",
    ApprovalKind.PUBLICATION: "SECOND_PERSON_FOR_PUBLIC_RELEASES",
}


def needs_second_person(what: ApprovalKind, dataset: Dataset) -> bool:
    """Return whether `what` has to be approved by somebody else than who asks: a release only of a public dataset."""
    if what == ApprovalKind.RELEASE and dataset.visibility != Visibility.PUBLIC:
        return False
    return bool(getattr(settings, SETTINGS[what]))


def check_somebody_asks(*, actor: Actor, what: ApprovalKind, dataset: Dataset) -> None:
    """Raise `InvalidInput` where `what` needs a second person and no first one is known."""
    if isinstance(actor, System) and needs_second_person(what, dataset):
        text = _("A second person has to approve this, so it has to be known who asks: name them with --as.")
        raise InvalidInput(text)
