"""Who may ask for a gated dataset, and who decides."""

from django.utils.translation import gettext as _

from curation.access.models import Grant
from curation.accounts.actors import Actor, System
from curation.core.errors import NotAllowed
from curation.core.permissions import asked
from curation.releases.models import Dataset
from curation.releases.models.dataset import Visibility
from curation.releases.permissions import can_release, check_can_release


def check_can_ask(*, actor: Actor, dataset: Dataset) -> None:
    """Raise `NotAllowed` unless this is a gated dataset, and `actor` a person who does not have it by their role."""
    if dataset.visibility != Visibility.GATED:
        raise NotAllowed(_("This dataset is not gated: there is nothing to ask for."))
    if isinstance(actor, System):
        raise NotAllowed(_("Only a person can accept terms."))
    if can_release(actor=actor, dataset=dataset):
        raise NotAllowed(_("You make this dataset's releases, so you have access already."))


def check_can_let_in(*, actor: Actor, grant: Grant) -> None:
    """Raise `NotAllowed` unless `actor` may decide on this access: who releases the dataset, and not for themselves."""
    check_can_release(actor=actor, dataset=grant.dataset)
    if actor.pk == grant.person_id:
        raise NotAllowed(_("You asked for it yourself: another curator or admin decides."))


can_ask = asked(check_can_ask)
can_let_in = asked(check_can_let_in)
