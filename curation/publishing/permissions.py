"""Who may say where versions are published, and who may publish them."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.accounts.models import Role
from curation.core.errors import Conflict, NotAllowed
from curation.core.permissions import asked
from curation.publishing.models import HubTarget
from curation.releases import permissions as releases
from curation.releases.models import Dataset
from curation.releases.models.dataset import Visibility


def check_can_keep_targets(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless this is an admin, who may have this server speak to other hosts."""
    if not isinstance(actor, System) and not (actor.is_active and actor.role == Role.ADMIN):
        raise NotAllowed(_("Admins say where versions may be published, and keep the tokens. Ask one of them."))


def check_can_publish(*, actor: Actor, dataset: Dataset) -> None:
    """Raise `NotAllowed` unless `actor` may release this dataset, and so publish its versions to its targets."""
    releases.check_can_release(actor=actor, dataset=dataset)


def check_can_make_public(*, actor: Actor, target: HubTarget) -> None:
    """Raise `NotAllowed` unless `actor` may publish there; `Conflict` while the dataset is not public here.

    Here a second person may have to approve that; the copy follows.
    """
    check_can_publish(actor=actor, dataset=target.dataset)
    if target.dataset.visibility != Visibility.PUBLIC:
        raise Conflict(
            _("%(dataset)s is not public here. Make it public first, then its copies.") % {"dataset": target.dataset}
        )


can_keep_targets = asked(check_can_keep_targets)
can_publish = asked(check_can_publish)
can_make_public = asked(check_can_make_public)
