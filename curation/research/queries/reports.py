"""Reports: whose to see, which are open, and which answers their reporters have not read."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigIntegerField, CharField, Exists, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, RPad, Substr
from django.utils.translation import gettext as _

from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.core.errors import NotAllowed, NotFound
from curation.releases.models import Dataset
from curation.research.models import ReportState, RowReport
from curation.stories.models import Story

WITH = ("release__dataset", "reporter", "answered_by")
# A story is named by the first digits of its hash; in versions of schema 1 and 2 by its key.
DIGITS = len("story-") + 1
KEY = r"^story-0*([1-9][0-9]{0,17})$"
HASH = 64


def kept_from(user: User) -> Q:
    """The condition for reports of others about stories that this person has yet to judge blind.

    Whoever reports a row writes of its ratings.
    """
    digits = Substr(OuterRef("story_id"), DIGITS)
    key = Func(OuterRef("story_id"), Value(KEY), function="substring", arg_joiner=" from ", output_field=CharField())
    blind = Story.objects.filter(to_judge_blind(user, "pk"))
    of_hash = blind.filter(normal_sha256__range=(RPad(digits, HASH, Value("0")), RPad(digits, HASH, Value("f"))))
    of_key = blind.filter(pk=Cast(key, BigIntegerField()))
    return (Q(Exists(of_hash)) | Q(Exists(of_key))) & ~Q(reporter__isnull=False, reporter=user)


def reports_to_answer(user: User) -> QuerySet[RowReport]:
    """Return the open reports that this person answers, the newest first: a curator's, within their limits.

    Those about stories that they have yet to judge blind are left to others.
    """
    if not user.is_curator:
        return RowReport.objects.none()
    open_ones = RowReport.objects.filter(
        state=ReportState.OPEN, release__dataset__in=Dataset.objects.within_limits_of(user)
    )
    return open_ones.exclude(kept_from(user)).select_related(*WITH).order_by("-id")


def reports_on(dataset: Dataset) -> QuerySet[RowReport]:
    """Return all reports on a dataset, open ones first, then the newest first."""
    return RowReport.objects.filter(release__dataset=dataset).select_related(*WITH).order_by("-state", "-id")


def reports_for(user: User, dataset: Dataset, *, answers: bool) -> QuerySet[RowReport]:
    """Return the reports on a dataset that this person may read: to who `answers` all but those kept from them, to
    others their own."""
    return reports_on(dataset).exclude(kept_from(user)) if answers else reports_on(dataset).filter(reporter=user)


def kept_back(user: User, dataset: Dataset) -> int:
    """Count the open reports on a dataset that are left to others, as this person has yet to judge their stories."""
    return reports_on(dataset).filter(kept_from(user), state=ReportState.OPEN).count()


def answers_for(user: User) -> QuerySet[RowReport]:
    """Return this person's reports that were answered and not put away."""
    told = RowReport.objects.filter(reporter=user, state=ReportState.ANSWERED, seen_at__isnull=True)
    return told.select_related(*WITH).order_by("-id")


def load_report(user: User | AnonymousUser, dataset: Dataset, uuid: UUID, *, answers: bool) -> RowReport:
    """Return a report: to whoever sent it, to who `answers` the dataset's reports, and a stranger's to who has its
    address. `NotFound` otherwise, and `NotAllowed` while they have yet to judge its story blind."""
    found = reports_on(dataset).filter(uuid=uuid).first()
    if found is None or not (answers or found.reporter_id in {None, user.pk}):
        raise NotFound(_("There is no such report, or it is not yours."))
    if isinstance(user, User) and RowReport.objects.filter(kept_from(user), pk=found.pk).exists():
        raise NotAllowed(_("You may still review this story, so another curator answers its reports."))
    return found
