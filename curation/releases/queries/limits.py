"""To which datasets a person is limited."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from curation.accounts.models import Role, User
from curation.releases.models import Dataset, DatasetLimit


@dataclass(frozen=True)
class Limits:
    """The organisations, in lower case, and the datasets that a person works with."""

    orgs: list[str]
    datasets: list[Dataset]

    @property
    def names(self) -> list[str]:
        """What people call them: `org/*` for all datasets of an organisation, those to come included."""
        return [*(f"{org}/*" for org in self.orgs), *map(str, self.datasets)]


def limits_of(user: User) -> Limits | None:
    """Return what binds this person, or None for somebody who is not limited, as no admin is."""
    return None if user.role == Role.ADMIN else kept_limits(user)


def kept_limits(user: User) -> Limits | None:
    """Return what is kept of this person's limits, whether it binds them in their role or not; None for nothing."""
    rows = list(DatasetLimit.objects.filter(user=user).select_related("dataset"))
    orgs = sorted(row.org for row in rows if row.org)
    datasets = sorted((row.dataset for row in rows if row.dataset), key=str)
    return Limits(orgs, datasets) if rows else None


def with_limits(people: QuerySet[User]) -> QuerySet[User]:
    """Annotate people with `limited`: whether anything is kept of their limits."""
    return people.annotate(limited=Exists(DatasetLimit.objects.filter(user=OuterRef("pk"))))
