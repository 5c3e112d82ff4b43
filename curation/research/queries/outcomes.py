"""Outcomes: which are listed, and which wait for a curator."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.releases.models import Dataset
from curation.research.models import OutcomeState, TrainingOutcome


def outcomes_of(dataset: Dataset, user: User | AnonymousUser, *, decides: bool) -> QuerySet[TrainingOutcome]:
    """Return the outcomes of a dataset that this person is shown, the newest first: listed ones, their own, and to who
    `decides` all."""
    found = TrainingOutcome.objects.filter(release__dataset=dataset).select_related(
        "release__dataset", "sent_by", "decided_by"
    )
    if not decides:
        mine = Q(sent_by=user) if isinstance(user, User) else Q()
        found = found.filter(Q(state=OutcomeState.LISTED) | mine if mine else Q(state=OutcomeState.LISTED))
    return found.order_by("-id")


def outcomes_to_decide(user: User) -> QuerySet[TrainingOutcome]:
    """Return the outcomes that wait for this person: a curator's, within their limits, the newest first."""
    if not user.is_curator:
        return TrainingOutcome.objects.none()
    waiting = TrainingOutcome.objects.filter(
        state=OutcomeState.WAITING, release__dataset__in=Dataset.objects.within_limits_of(user)
    )
    return waiting.select_related("release__dataset", "sent_by").order_by("-id")


def load_outcome(found: QuerySet[TrainingOutcome], pk: int) -> TrainingOutcome:
    """Return one of these outcomes, or raise `NotFound`."""
    outcome = found.filter(pk=pk).first()
    if outcome is None:
        raise NotFound(_("There is no such outcome, or it is not open to you."))
    return outcome
