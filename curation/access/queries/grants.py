"""Terms of gated datasets, and who asked or was let in."""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from curation.access.models import AccessTerms, Grant, GrantState
from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.releases.models import Dataset

WAITING_FIRST = ["waiting", "granted"]


def terms_of(dataset: Dataset) -> AccessTerms | None:
    """Return the terms that hold, or None before there are any."""
    return AccessTerms.objects.filter(dataset=dataset).order_by("-number").first()


def newest_grant(user: User, dataset: Dataset) -> Grant | None:
    """Return what became of what this person asked for last, or None if they never did."""
    mine = Grant.objects.filter(person=user, dataset=dataset)
    return mine.select_related("dataset", "terms", "decided_by").order_by("-id").first()


def is_shut_out(user: User, dataset: Dataset) -> bool:
    """Whether this person's access was revoked and no curator has let them in since, whatever they asked for after."""
    decided = Grant.objects.filter(person=user, dataset=dataset, decided_by__isnull=False)
    last = decided.exclude(state=GrantState.DECLINED).order_by("-id").values_list("state", flat=True).first()
    return last == GrantState.REVOKED


def grants_of(dataset: Dataset) -> QuerySet[Grant]:
    """Return all that was asked for or accepted, the newest first."""
    found = Grant.objects.filter(dataset=dataset).order_by("-id")
    return found.select_related("dataset", "person", "terms", "decided_by")


def load_grant(dataset: Dataset, pk: int) -> Grant:
    """Return one of them; `NotFound` for any other."""
    found = grants_of(dataset).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Nobody asked for this, or it was for another dataset."))
    return found


def awaiting_decision(user: User) -> QuerySet[Grant]:
    """Return what waits for a decision that this person may take, the longest first."""
    if not user.is_curator:
        return Grant.objects.none()
    found = Grant.objects.filter(state=GrantState.WAITING, dataset__in=Dataset.objects.within_limits_of(user))
    return found.exclude(person=user).select_related("dataset", "person").order_by("id")


def told_lately(user: User) -> QuerySet[Grant]:
    """Return this person's newest requests that others decided, or that a change of terms ended, the newest first."""
    newer = Grant.objects.filter(person=user, dataset=OuterRef("dataset"), pk__gt=OuterRef("pk"))
    told = [GrantState.GRANTED, GrantState.DECLINED, GrantState.REVOKED, GrantState.OUTDATED]
    mine = Grant.objects.filter(~Exists(newer), person=user, state__in=told).exclude(
        state=GrantState.GRANTED, decided_by__isnull=True
    )
    return mine.select_related("dataset").order_by("-decided_at")
