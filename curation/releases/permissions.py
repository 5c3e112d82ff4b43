"""Who may make datasets and create releases, and with which datasets."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor, System
from curation.core.errors import NotAllowed
from curation.core.permissions import asked
from curation.releases.models import Approval, Dataset
from curation.releases.queries.limits import limits_of


def check_can_release(*, actor: Actor, dataset: Dataset) -> None:
    """Raise `NotAllowed` unless `actor` may create releases of this dataset, and change what can change of it."""
    _check_is_curator(actor)
    if isinstance(actor, System) or Dataset.objects.within_limits_of(actor).filter(pk=dataset.pk).exists():
        return
    raise NotAllowed(_("You work with other datasets: %(names)s. An admin can change that.") % {"names": _mine(actor)})


def check_can_create_dataset(*, actor: Actor, org: str | None) -> None:
    """Raise `NotAllowed` unless `actor` may make a dataset: of the organisation `org`, or of any with None."""
    _check_is_curator(actor)
    if isinstance(actor, System) or (limits := limits_of(actor)) is None:
        return
    if org.lower() in limits.orgs if org is not None else limits.orgs:
        return
    text = _("You can make none here, because you work with these datasets: %(names)s. An admin can change that.")
    raise NotAllowed(text % {"names": _mine(actor)})


def check_can_decide(*, actor: Actor, approval: Approval) -> None:
    """Raise `NotAllowed` unless `actor` is a second person who may release the dataset: a person, and not who asked."""
    check_can_release(actor=actor, dataset=approval.dataset)
    if isinstance(actor, System):
        raise NotAllowed(_("A person has to approve this, on its page."))
    if actor.pk == approval.asked_by_id:
        raise NotAllowed(_("You asked for it: another curator or admin has to look at it."))


def _check_is_curator(actor: Actor) -> None:
    if not actor.is_curator:
        raise NotAllowed(_("Curators make releases. Ask one if you need a new version."))


def _mine(actor: Actor) -> str:
    limits = None if isinstance(actor, System) else limits_of(actor)
    return ", ".join(limits.names) if limits else ""


can_release = asked(check_can_release)
can_create_dataset = asked(check_can_create_dataset)
can_decide = asked(check_can_decide)
