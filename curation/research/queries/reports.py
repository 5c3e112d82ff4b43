"""Reports: whose to see, which are open, and which answers their reporters have not read."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.releases.models import Dataset
from curation.research.models import ReportState, RowReport

WITH = ("release__dataset", "reporter", "answered_by")


def reports_to_answer(user: User) -> QuerySet[RowReport]:
    """Return the open reports that this person answers, the newest first: a curator's, within their limits."""
    if not user.is_curator:
        return RowReport.objects.none()
    open_ones = RowReport.objects.filter(
        state=ReportState.OPEN, release__dataset__in=Dataset.objects.within_limits_of(user)
    )
    return open_ones.select_related(*WITH).order_by("-id")


def reports_on(dataset: Dataset) -> QuerySet[RowReport]:
    """Return all reports on a dataset, open ones first, then the newest first."""
    return RowReport.objects.filter(release__dataset=dataset).select_related(*WITH).order_by("-state", "-id")


def reports_for(user: User, dataset: Dataset, *, answers: bool) -> QuerySet[RowReport]:
    """Return the reports on a dataset that this person may read: to who `answers` all, to others their own."""
    return reports_on(dataset) if answers else reports_on(dataset).filter(reporter=user)


def answers_for(user: User) -> QuerySet[RowReport]:
    """Return this person's reports that were answered and not put away."""
    told = RowReport.objects.filter(reporter=user, state=ReportState.ANSWERED, seen_at__isnull=True)
    return told.select_related(*WITH).order_by("-id")


def load_report(user: User | AnonymousUser, dataset: Dataset, uuid: UUID, *, answers: bool) -> RowReport:
    """Return a report: to whoever sent it, to who `answers` the dataset's reports, and a stranger's to who has its
    address. `NotFound` otherwise."""
    found = reports_on(dataset).filter(uuid=uuid).first()
    if found is None or not (answers or found.reporter_id in {None, user.pk}):
        raise NotFound(_("There is no such report, or it is not yours."))
    return found
