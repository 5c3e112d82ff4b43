"""What the people pages show of accounts: who they are, what they may do, what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from annotations.material import consent_version
from annotations.models import Assignment, Consent, Membership, PracticeAttempt, Queue
from annotations.models.assignment import AssignmentState
from curation.accounts.models import User
from curation.audit.models import Entry
from curation.releases.models import Dataset, DatasetLimit
from curation.releases.queries.limits import Limits

PAGE = 50


@dataclass(frozen=True)
class Row:
    """A person as the list shows them, with the names of their queues."""

    user: User
    queues: list[str]


def described(people: QuerySet[User]) -> QuerySet[User]:
    """Annotate people with `practised`, `publishing` (None without an answer to the consent as it reads now), `limited`
    to some datasets, `last_seen` and `reading`, how many stories they hold."""
    mine = OuterRef("pk")
    answer = Consent.objects.filter(user=mine, version=consent_version()).order_by("-id").values("publish")[:1]
    deed = Entry.objects.filter(actor=mine).order_by("-at").values("at")[:1]
    held = Assignment.objects.filter(reviewer=mine, state=AssignmentState.ACTIVE).order_by().values("reviewer")
    return people.annotate(
        practised=Exists(PracticeAttempt.objects.filter(user=mine, passed=True)),
        publishing=Subquery(answer),
        limited=Exists(DatasetLimit.objects.filter(user=mine)),
        last_seen=Greatest("last_login", Subquery(deed)),
        reading=Subquery(held.annotate(n=Count("pk")).values("n")),
    )


def page_of(*, words: str, closed: bool, number: int) -> tuple[Sequence[Row], bool]:
    """Return one page of people by name, and whether another follows. Three statements, however many there are.

    `words` is part of a name; closed accounts come only with `closed`. `number` counts from 1.
    """
    people = User.objects.all() if closed else User.objects.filter(is_active=True)
    if words:
        people = people.filter(Q(username__icontains=words) | Q(display_name__icontains=words))
    start = (number - 1) * PAGE
    found = list(described(people).order_by("-is_active", "username", "pk")[start : start + PAGE + 1])
    queues: dict[int, list[str]] = {}
    inside = Membership.objects.filter(user__in=found[:PAGE]).order_by("queue__name")
    for user, name in inside.values_list("user", "queue__name"):
        queues.setdefault(user, []).append(name)
    return [Row(user, queues.get(user.pk, [])) for user in found[:PAGE]], len(found) > PAGE


def queues_of(user: User) -> list[tuple[Queue, bool]]:
    """Return the queues that are not closed, or that this person is in, each with whether they are in it."""
    inside = Exists(Membership.objects.filter(user=user, queue=OuterRef("pk")))
    found = Queue.objects.annotate(inside=inside).filter(Q(inside=True) | ~Q(state="closed")).order_by("name")
    return [(queue, bool(queue.inside)) for queue in found]


@dataclass(frozen=True)
class Choice:
    """An organisation as the page of a person offers it, with its datasets; each with whether it was chosen."""

    org: str
    chosen: bool
    datasets: list[tuple[Dataset, bool]]


def datasets_for(limits: Limits | None) -> list[Choice]:
    """Return every organisation that has a dataset or is among these limits, with its datasets, by name."""
    orgs: dict[str, list[tuple[Dataset, bool]]] = {org: [] for org in limits.orgs} if limits else {}
    chosen = {dataset.pk for dataset in limits.datasets} if limits else set()
    for dataset in Dataset.objects.order_by("org", "name"):
        orgs.setdefault(dataset.org.lower(), []).append((dataset, dataset.pk in chosen))
    return [Choice(org, limits is not None and org in limits.orgs, orgs[org]) for org in sorted(orgs)]
