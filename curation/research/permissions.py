"""Who may say what of a release, and who answers."""

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.core.errors import NotAllowed
from curation.core.permissions import asked
from curation.releases import permissions as releases
from curation.releases.models import Dataset
from curation.research.models import RowReport


def check_can_answer(*, actor: Actor | AnonymousUser, dataset: Dataset) -> None:
    """Raise `NotAllowed` unless `actor` answers reports on this dataset and decides which outcomes are listed."""
    if isinstance(actor, AnonymousUser):
        raise NotAllowed(_("Sign in first."))
    releases.check_can_release(actor=actor, dataset=dataset)


def check_can_see_what_waits(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` is one of those who answer reports and decide on outcomes, of some dataset."""
    if not actor.is_curator:
        raise NotAllowed(_("Curators answer reports and look at outcomes."))


def check_can_send_outcome(*, actor: Actor | AnonymousUser) -> None:
    """Raise `NotAllowed` for a stranger: somebody stands behind a result."""
    if isinstance(actor, AnonymousUser):
        raise NotAllowed(_("Sign in to add an outcome: somebody stands behind it."))


def check_can_finish_report(*, actor: Actor | AnonymousUser, report: RowReport) -> None:
    """Raise `NotAllowed` for everybody but whoever reported."""
    if isinstance(actor, AnonymousUser) or report.reporter_id is None or actor.pk != report.reporter_id:
        raise NotAllowed(_("Only whoever reported it can put the answer away."))


can_answer = asked(check_can_answer)
can_see_what_waits = asked(check_can_see_what_waits)
can_send_outcome = asked(check_can_send_outcome)
can_finish_report = asked(check_can_finish_report)
