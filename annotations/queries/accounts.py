"""What there is to know of people's accounts: what they have done here, what they hold, where they review."""

from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from annotations.material import consent_version
from annotations.models import Assignment, Consent, Membership, PracticeAttempt, Queue
from annotations.models.assignment import AssignmentState
from curation.accounts.models import User
from curation.audit.models import Entry


def described(people: QuerySet[User]) -> QuerySet[User]:
    """Annotate people with `practised`, `publishing` (None without an answer to the consent as it reads now),
    `last_seen` and `reading`, how many stories they hold."""
    mine = OuterRef("pk")
    answer = Consent.objects.filter(user=mine, version=consent_version()).order_by("-id").values("publish")[:1]
    deed = Entry.objects.filter(actor=mine).order_by("-at").values("at")[:1]
    held = Assignment.objects.filter(reviewer=mine, state=AssignmentState.ACTIVE).order_by().values("reviewer")
    return people.annotate(
        practised=Exists(PracticeAttempt.objects.filter(user=mine, passed=True)),
        publishing=Subquery(answer),
        last_seen=Greatest("last_login", Subquery(deed)),
        reading=Subquery(held.annotate(n=Count("pk")).values("n")),
    )


def people_named(words: str, *, closed: bool) -> QuerySet[User]:
    """Return the people of whose names `words` are a part, all with none; closed accounts come only with `closed`."""
    people = User.objects.all() if closed else User.objects.filter(is_active=True)
    if words:
        people = people.filter(Q(username__icontains=words) | Q(display_name__icontains=words))
    return people


def queues_by_person(people: Collection[User]) -> dict[int, list[Queue]]:
    """Return the queues that each of these people reviews in, by the queues' names; those in none are left out."""
    found: dict[int, list[Queue]] = {}
    inside = Membership.objects.filter(user__in=people).select_related("queue").order_by("queue__name")
    for one in inside:
        found.setdefault(one.user_id, []).append(one.queue)
    return found
