"""Who agreed to have their ratings published."""

from collections.abc import Collection

from django.db.models import Exists, QuerySet

from annotations.models import Consent
from curation.accounts.models import User


def consents_of(user: User) -> QuerySet[Consent]:
    """Return this person's answers, the latest first."""
    return Consent.objects.filter(user=user).order_by("-id")


def answered(user: int, version: int) -> Exists:
    """Whether this person (an id) has answered a version of the consent, to annotate a query with."""
    return Exists(Consent.objects.filter(user=user, version=version))


def publishing(users: Collection[int]) -> set[int]:
    """Return those of these people (ids) whose latest answer lets their ratings be published, in one statement."""
    latest = Consent.objects.filter(user__in=users).order_by("user_id", "-id").distinct("user_id")
    return {user for user, publish in latest.values_list("user_id", "publish") if publish}
