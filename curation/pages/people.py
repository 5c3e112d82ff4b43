"""What the people pages show of accounts: who they are, what they may do, what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from annotations.models import Membership, Queue
from annotations.queries.accounts import described, people_named, queues_by_person
from curation.accounts.models import User
from curation.releases.models import Dataset
from curation.releases.queries.limits import Limits, with_limits

PAGE = 50


@dataclass(frozen=True)
class PersonRow:
    """A person as the list shows them, with the names of their queues."""

    user: User
    queues: list[str]


def page_of(*, words: str, closed: bool, number: int) -> tuple[Sequence[PersonRow], bool]:
    """Return one page of people by name, and whether another follows. Three statements, however many there are.

    `words` is part of a name; closed accounts come only with `closed`. `number` counts from 1.
    """
    start = (number - 1) * PAGE
    people = with_limits(described(people_named(words, closed=closed))).order_by("-is_active", "username", "pk")
    found = list(people[start : start + PAGE + 1])
    queues = queues_by_person(found[:PAGE])
    rows = [PersonRow(user, [queue.name for queue in queues.get(user.pk, [])]) for user in found[:PAGE]]
    return rows, len(found) > PAGE


def queues_of(user: User) -> list[tuple[Queue, bool]]:
    """Return the queues that are not closed, or that this person is in, each with whether they are in it."""
    inside = Exists(Membership.objects.filter(user=user, queue=OuterRef("pk")))
    found = Queue.objects.annotate(inside=inside).filter(Q(inside=True) | ~Q(state="closed")).order_by("name")
    return [(queue, bool(queue.inside)) for queue in found]


@dataclass(frozen=True)
class OrganisationChoice:
    """An organisation as the page of a person offers it, with its datasets; each with whether it was chosen."""

    org: str
    chosen: bool
    datasets: list[tuple[Dataset, bool]]


def datasets_for(limits: Limits | None) -> list[OrganisationChoice]:
    """Return every organisation that has a dataset or is among these limits, with its datasets, by name."""
    orgs: dict[str, list[tuple[Dataset, bool]]] = {org: [] for org in limits.orgs} if limits else {}
    chosen = {dataset.pk for dataset in limits.datasets} if limits else set()
    for dataset in Dataset.objects.order_by("org", "name"):
        orgs.setdefault(dataset.org.lower(), []).append((dataset, dataset.pk in chosen))
    return [OrganisationChoice(org, limits is not None and org in limits.orgs, orgs[org]) for org in sorted(orgs)]
